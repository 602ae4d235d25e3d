// Committed snapshots of every version are still read: the log before them may be gone.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Behaviour } from '../../../src/actors/behaviour.ts';
import { MarketBehaviour } from '../../../src/actors/match/marketBehaviour.ts';
import { recoverPartition } from '../../../src/actors/recovery.ts';
import { AccountBehaviour } from '../../../src/actors/settlement/accountBehaviour.ts';
import { MemoryBus } from '../../../src/bus/memory/memoryBus.ts';
import { subjectsOf } from '../../../src/bus/subjects.ts';
import { NO_ACCOUNT_LIMITS } from '../../../src/domain/account/limits.ts';
import { RegistryState } from '../../../src/domain/registryState.ts';
import type { Registry } from '../../../src/ports/exchangePort.ts';
import { makeInstrument } from '../../fixtures/fakeExchange.ts';

const symbol = makeInstrument({ symbol: 'S0USDT', baseAsset: 'S0' });
const registry = Object.assign(new RegistryState(), { instrument: () => symbol }) as unknown as Registry;
const shared = { partition: 0, accountPartitions: 1, marketPartitions: 1, registry, onPoison: () => undefined };

async function hashesOf<S, I>(behaviour: Behaviour<S, I>, file: string): Promise<Record<string, string>> {
  const bus = await MemoryBus.open({});
  await bus.ensureStream(behaviour.output, subjectsOf(behaviour.output));
  const data = readFileSync(new URL(`./${file}`, import.meta.url));
  const meta = { version: /v(\d+)/.exec(file)?.[1] ?? '', sequence: '7', entrySequence: '9', positions: 'markets-0=3', parked: '' };
  await bus.putSnapshot({ name: behaviour.output, meta, data });
  const { children, sequence, positions } = await recoverPartition(bus, behaviour);
  expect([sequence, positions.get('markets-0')]).toEqual([7, 3]);
  return Object.fromEntries([...children].map(([key, state]) => [key, behaviour.hash(state)]));
}

test.each(['2', '3'])('version %s: accounts with orders that are open and orders that traded', async (version) => {
  expect(await hashesOf(new AccountBehaviour({ ...shared, limits: NO_ACCOUNT_LIMITS }), `accounts.v${version}.msgpack`)).toEqual({
    0: '0ef44fd882376af9',
    1000: '692a04ef3f844466',
    1001: '434397afad224ebc',
    1002: '1fb95339e1050529',
    1003: 'a3350ecef45117ba',
  });
});

test.each(['2', '3'])('version %s: a market with orders on the book', async (version) => {
  expect(await hashesOf(new MarketBehaviour(shared), `markets.v${version}.msgpack`)).toEqual({ S0USDT: '076ea3bd79a49e80' });
});
