// Demo accounts for the first embedded start: somebody to trade with at once. Their keys stay in the data folder, mode 0600.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiKeyKind } from './domain/accountProfile.ts';
import type { ExchangePort } from './ports/exchangePort.ts';
import { writeFileDurably } from './support/durableFile.ts';

export interface DemoKey {
  readonly name: string;
  readonly accountId: number;
  readonly apiKey: string;
  readonly secret: string;
}

const NAMES = ['alice', 'bob'] as const;
/** Whole units of every asset the venue lists; what is not named here gets OTHER. */
const FUNDS: Readonly<Record<string, bigint>> = {
  USDT: 1_000_000n,
  USDC: 1_000_000n,
  USD: 1_000_000n,
  BTC: 100n,
  ETH: 1_000n,
};
const OTHER = 100_000n;

export function demoFile(dataDir: string): string {
  return join(dataDir, 'demo-keys.json');
}

/** Keys made on an earlier start, without touching the exchange. */
export function readDemoKeys(dataDir: string): readonly DemoKey[] {
  const file = demoFile(dataDir);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly DemoKey[]) : [];
}

/** Makes what is missing; a start that was cut short is completed by the next one. */
export async function ensureDemoAccounts(exchange: ExchangePort, dataDir: string): Promise<readonly DemoKey[]> {
  const known = readDemoKeys(dataDir);
  if (known.length === NAMES.length) return known;
  const keys: DemoKey[] = [];
  for (const name of NAMES) {
    const profile =
      exchange.admin.accounts().find((account) => account.name === `demo ${name}`) ??
      (await exchange.admin.createAccount({ name: `demo ${name}` }));
    const { accountId } = profile;
    for (const asset of exchange.registry.assets()) {
      const units = (FUNDS[asset] ?? OTHER) * 10n ** BigInt(exchange.registry.assetScale(asset) ?? 0);
      const result = await exchange.admin.deposit({ accountId, requestId: `demo-${asset}`, asset, units });
      if (!result.ok) throw new Error(`demo deposit of ${asset} for ${name}: ${result.reason.text}`);
    }
    const made = exchange.registry.apiKeysOf(accountId)[0];
    const key =
      (made === undefined ? undefined : exchange.registry.apiKey(made.apiKey)) ??
      (await exchange.admin.createApiKey({ accountId, kind: ApiKeyKind.HMAC, label: 'demo' }));
    keys.push({ name, accountId, apiKey: key.apiKey, secret: key.secret });
  }
  await writeFileDurably(demoFile(dataDir), `${JSON.stringify(keys, null, 2)}\n`, 0o600);
  return keys;
}
