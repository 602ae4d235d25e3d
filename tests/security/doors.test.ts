// What the owner of the admin log does for a stage that asks by itself, and what it refuses.
import { expect, it } from 'vitest';
import type { AdminAnswer, AdminChange, AdminInput } from '../../src/actors/admin/adminBehaviour.ts';
import { closesDoor } from '../../src/actors/admin/doors.ts';
import { adminEndpoints } from '../../src/actors/distribution/endpoints.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/codec/snapshotCodec.ts';
import { SymbolStatus } from '../../src/domain/orderTerms.ts';

const halt: AdminChange = { kind: 'updateInstrument', symbol: 'BTCUSDT', change: { status: SymbolStatus.HALT, haltReason: 'poison' } };
const freeze: AdminChange = { kind: 'updateAccount', accountId: 1000, change: { frozen: true } };
const token = { tokenId: 'x', name: 'me', role: 4, hash: '', expireUs: 0, ipAllowList: [] } as const;

const REFUSED: readonly AdminChange[] = [
  { kind: 'createToken', token },
  { kind: 'updateToken', tokenId: 'x', change: { revoked: false } },
  { kind: 'updateApiKey', apiKey: 'k', change: { secret: 'mine' } },
  { kind: 'updateInstrument', symbol: 'BTCUSDT', change: { status: SymbolStatus.TRADING } },
  { kind: 'updateInstrument', symbol: 'BTCUSDT', change: { ...halt.change, lotUnits: 1 } },
  { kind: 'updateInstrument', symbol: 'BTCUSDT', change: {} },
  { kind: 'updateAccount', accountId: 1000, change: { frozen: false } },
  { kind: 'updateAccount', accountId: 1000, change: { frozen: true, canWithdraw: true } },
  { kind: 'concludeAction', actionId: 1, change: {} },
];

it('closes doors', () => {
  for (const change of [halt, freeze]) expect(closesDoor(change)).toBe(true);
  for (const change of REFUSED) expect(closesDoor(change)).toBe(false);
});

it('does nothing else for a stage, and everything for an edge', async () => {
  const done: AdminChange[] = [];
  const partition = {
    submit: (_key: string, { change, answer }: AdminInput) => {
      done.push(change);
      answer({ ok: true, id: 'done' });
    },
  } as unknown as Parameters<typeof adminEndpoints>[0];
  const { change: asEdge, close: asStage } = adminEndpoints(partition);
  const ask = async (endpoint: typeof asEdge, change: AdminChange) =>
    decodeSnapshot((await endpoint?.(encodeSnapshot(change))) as Uint8Array) as AdminAnswer;
  for (const change of REFUSED) expect(await ask(asStage, change)).toMatchObject({ ok: false, problem: 'invalid' });
  expect(done).toEqual([]);
  for (const change of [halt, freeze]) expect(await ask(asStage, change)).toMatchObject({ ok: true });
  expect(done).toEqual([halt, freeze]);
  expect(await ask(asEdge, REFUSED[0] as AdminChange)).toMatchObject({ ok: true });
});
