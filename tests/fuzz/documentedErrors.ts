// Every refusal a client can see: its code stands in a table, it says something, and nothing of the command got through.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_DIR } from '../../src/config/config.ts';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import { EdgeReject } from '../../src/http/errors.ts';
import type { FakeCall } from '../fixtures/fakeExchange.ts';
import { UndocumentedError } from './fuzzRun.ts';

/** Codes of Binance's errors.md that our tables do not name. */
const OF_BINANCE = [
  -1001, -1002, -1013, -1014, -1016, -1034, -1104, -1118, -1119, -1122, -1125, -1127, -1131, -1139, -1151, -1155, -1160, -1191, -1194,
  -1220, -2026, -2035, -2036, -2039, -2042, -2043,
];

/** The codes of docs/errors.md and docs/api/binance.md. */
const DOCUMENTED = new Set<number>(documentedCodes());

function documentedCodes(): number[] {
  const codes = [
    ...OF_BINANCE,
    ...Object.values(EdgeReject).map(({ code }) => code),
    ...Object.values(EngineReject).map(({ apiCode }) => apiCode),
  ];
  const folder = join(PACKAGE_DIR, 'docs', 'api');
  for (const file of readdirSync(folder)) {
    for (const [code] of readFileSync(join(folder, file), 'utf8').matchAll(/-[1-4]\d{3}\b/g)) codes.push(Number(code));
  }
  return codes;
}

/** The outcome as a word. Throws where the answer is not one of the documented ones, or a refused request did something. */
export function checkRefusal(status: number, body: unknown, calls: readonly FakeCall[] = []): string {
  const { code, msg } = (body ?? {}) as { code?: unknown; msg?: unknown };
  const shown = `${status} ${JSON.stringify(body)?.slice(0, 200)}`;
  if (typeof code !== 'number' || typeof msg !== 'string' || msg === '') throw new UndocumentedError(`no code and text: ${shown}`);
  if (!DOCUMENTED.has(code)) throw new UndocumentedError(`code ${code} is in no table: ${shown}`);
  if (status < 400 || status >= 500) throw new UndocumentedError(`a refusal of the client's has status 4xx: ${shown}`);
  // What the exchange refuses it was asked; what the edge refuses never got there. (Look-ups change nothing.)
  const commands = calls.filter(({ method }) => !/^(history|accounts)/.test(method));
  if (code > -2000 && code !== -1013 && commands.length > 0)
    throw new UndocumentedError(`refused with ${code}, and ${commands[0]!.method} had been called`);
  if (Object.keys(Object.prototype).length > 0) throw new Error('Object.prototype has been written to');
  return String(code);
}
