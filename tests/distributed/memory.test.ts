// Several processes of one exchange over a bus in memory: placement, routing, hand-over, without a server.
import { afterEach, describe, expect, test } from 'vitest';
import { entriesOf } from '../../src/actors/step.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { ChangeKind, EntityType } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import type { PlaceResult } from '../../src/ports/exchangePort.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order } from '../pipeline/venue.ts';
import { Process } from './processes.ts';

const symbol = 'BTCUSDT';
let bus: MemoryBus;
const processes: Process[] = [];

afterEach(async () => {
  for (const process of processes.splice(0).reverse()) await process.stop();
  await bus.close();
});

async function start(name: string, roles: string): Promise<Process> {
  const process = await Process.start(bus, { name, roles });
  processes.push(process);
  return process;
}

function orderOf(result: PlaceResult) {
  if (!result.ok) throw new Error(result.reason.text);
  return result.report.order;
}

async function fund(process: Process, name: string): Promise<number> {
  const { accountId } = await process.exchange.admin.createAccount({ name });
  for (const asset of ['BTC', 'USDT']) {
    const result = await process.exchange.admin.deposit({ accountId, requestId: `${name}-${asset}`, asset, units: 10n ** 15n });
    expect(result.ok).toBe(true);
  }
  return accountId;
}

describe('an exchange of several processes', () => {
  test('trades: any edge takes any order, balances are right on every edge', async () => {
    bus = await MemoryBus.open({});
    await start('writers', 'admin,settlement');
    await start('books', 'match,kline');
    const one = await start('edge-1', 'acquiring');
    const two = await start('edge-2', 'push');
    await one.exchange.admin.createInstrument(makeInstrument());
    const alice = await fund(one, 'alice');
    const bob = await fund(two, 'bob');
    const sell = orderOf(await one.exchange.placeOrder({ accountId: alice, symbol, order: order('SELL', 5_000_000, 200_000) }));
    expect(sell.status).toBe(OrderStatus.Pending);
    const buy = orderOf(await two.exchange.placeOrder({ accountId: bob, symbol, order: order('BUY', 5_100_000, 100_000) }));
    expect(buy.status).toBe(OrderStatus.Filled);
    for (const edge of [one, two]) {
      const view = await edge.exchange.account(bob);
      expect(view?.balances.find(({ asset }) => asset === 'BTC')?.free).toBe(10n ** 15n + 99_800_000n);
      for (const row of await edge.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
    }
    expect(one.exchange.health().cluster?.members.map(({ id }) => id)).toEqual(['books', 'edge-1', 'edge-2', 'writers']);
  });

  test('spreads partitions evenly, moves them as processes come and go, and loses nothing on the way', async () => {
    bus = await MemoryBus.open({});
    const first = await start('one', 'admin,settlement,match,kline');
    const edge = await start('edge', 'acquiring');
    await edge.exchange.admin.createInstrument(makeInstrument());
    const alice = await fund(edge, 'alice');
    const bob = await fund(edge, 'bob');
    expect(first.works).toHaveLength(10);

    let placed = 0;
    let trading = true;
    // Each takes turns, so that no side of the book grows without end.
    const trade = async (accountId: number): Promise<void> => {
      for (let turn = 0; trading; turn++) {
        const side = turn % 2 === 0 ? 'BUY' : 'SELL';
        orderOf(await edge.exchange.placeOrder({ accountId, symbol, order: order(side, 5_000_000, 10) }));
        placed++;
      }
    };
    const traders = [trade(alice), trade(bob), trade(alice), trade(bob)];
    const second = await start('two', 'settlement,match,kline');
    await expect.poll(() => [first.works.length, second.works.length].sort(), { timeout: 5_000 }).toEqual([4, 6]);
    const third = await start('three', 'settlement,match,kline');
    await expect.poll(() => third.works.length, { timeout: 5_000 }).toBe(3);
    await expect.poll(() => first.works.length + second.works.length + third.works.length, { timeout: 5_000 }).toBe(10);
    const before = placed;
    await expect.poll(() => placed, { timeout: 5_000 }).toBeGreaterThan(before + 20);
    await second.stop();
    processes.splice(processes.indexOf(second), 1);
    await expect.poll(() => first.works.length + third.works.length, { timeout: 5_000 }).toBe(10);
    const after = placed;
    await expect.poll(() => placed, { timeout: 5_000 }).toBeGreaterThan(after + 20);
    trading = false;
    await Promise.all(traders);

    for (const row of await edge.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
    // Every order stands in the accounts' logs exactly once.
    const ids = new Set<string>();
    let created = 0;
    for (let p = 0; p < 3; p++) {
      for (const entry of await entriesIn(`accounts-${p}`)) {
        if (entry.entityType !== EntityType.SpotOrder || entry.changeType.kind !== ChangeKind.Created) continue;
        created++;
        ids.add(String(entry.entityId));
      }
    }
    expect(ids.size).toBe(created);
    expect(created).toBe(placed);
  });
});

async function entriesIn(stream: string) {
  const { lastSequence } = await bus.streamInfo(stream);
  const reader = bus.read(stream, { fromSequence: 1 });
  const entries = [];
  while (reader.position < lastSequence) for (const message of await reader.next()) entries.push(...entriesOf(message));
  reader.close();
  return entries;
}
