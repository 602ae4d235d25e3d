// A snapshot is the state at one position of the log, whatever the partition does while it is taken.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Behaviour, ChildKey, RunContext } from '../../src/actors/behaviour.ts';
import { KLineBehaviour, type KLineInput } from '../../src/actors/kline/klineBehaviour.ts';
import { Partition } from '../../src/actors/partition.ts';
import { combineHashes, restoredChildren } from '../../src/actors/recovery.ts';
import { entriesOf } from '../../src/actors/step.ts';
import { ActorRoot } from '../../src/actors/supervision.ts';
import type { Bus, Snapshot } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { streams, subjectsOf } from '../../src/bus/subjects.ts';
import type { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { order, TEST_PIPELINE_CONFIG, Venue } from './venue.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-snapshots-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Hash of what the log says up to a position. */
async function foldedTo<S, I>(bus: Bus, behaviour: Behaviour<S, I>, through: number): Promise<string> {
  const children = new Map<ChildKey, S>();
  const reader = bus.read(behaviour.output, { fromSequence: 1 });
  for (let at = 0; at < through; ) {
    for (const message of await reader.next()) {
      at = message.sequence;
      if (at > through) break;
      for (const entry of entriesOf(message)) {
        const key = behaviour.keyOf(entry);
        if (key === undefined) continue;
        behaviour.observe(key, entry);
        const state = children.get(key) ?? (behaviour.create(key) as S);
        children.set(key, state);
        behaviour.apply(state, entry);
      }
    }
  }
  reader.close();
  return hashOf(behaviour, children);
}

function hashOf<S, I>(behaviour: Behaviour<S, I>, children: Iterable<readonly [ChildKey, S]>): string {
  return combineHashes(Array.from(children, ([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
}

async function check<S, I>(bus: Bus, behaviour: Behaviour<S, I>): Promise<Snapshot> {
  const snapshot = (await bus.getSnapshot(behaviour.output)) as Snapshot;
  const folded = await foldedTo(bus, behaviour.fresh(), Number(snapshot.meta.sequence));
  expect(snapshot.meta.hash).toBe(folded);
  expect(hashOf(behaviour, restoredChildren(behaviour.fresh(), snapshot))).toBe(folded);
  return snapshot;
}

test('orders that come, trade and go while a snapshot is taken are in it as they were when it began', async () => {
  const venue = await Venue.open({ dir });
  const accounts: number[] = [];
  for (let i = 0; i < 20; i++) accounts.push(await venue.fundedAccount(`a${i}`));
  const place = async (i: number, side: 'BUY' | 'SELL', ticks: number): Promise<void> => {
    const command = { accountId: accounts[i % 20] as number, symbol: 'BTCUSDT', order: order(side, 5_000_000 + ticks, 10_000) };
    expect(await venue.exchange.placeOrder(command)).toMatchObject({ ok: true });
  };
  await Promise.all(Array.from({ length: 100 }, (_, i) => place(i, i % 2 === 0 ? 'BUY' : 'SELL', i % 2 === 0 ? -100 - i : 100 + i)));
  const partitions = [venue.pipeline.settlement[0]!.current, venue.pipeline.match[0]!.current] as const;
  let done = false;
  const taking = Promise.all(partitions.map((partition) => partition.snapshot())).then(() => {
    done = true;
  });
  let trades = 0;
  // Takers from both sides eat into the book, a new account comes, as long as it takes.
  for (let i = 0; !done; i++, trades++) {
    await Promise.all([place(i, 'SELL', -150), place(i + 7, 'BUY', 150), place(i + 3, 'BUY', -300 - i)]);
    if (i === 1) await venue.fundedAccount('late');
  }
  await taking;
  expect(trades).toBeGreaterThan(1);
  for (const partition of partitions) {
    const { meta } = await check(venue.bus, partition.behaviour as Behaviour<unknown, unknown>);
    expect(Number(meta.sequence)).toBeLessThan(partition.sequence);
  }
  await venue.close(false);
  const again = await Venue.open({ dir });
  for (const host of [again.pipeline.settlement[0]!, again.pipeline.match[0]!]) {
    const { behaviour, sequence } = host.current;
    const last = sequence - 1;
    expect(await host.current.hash()).toBe(await foldedTo(again.bus, behaviour.fresh() as Behaviour<unknown, unknown>, last));
  }
  await again.close();
});

test('accounts at rest are in a snapshot once, whether they wake up before or after their turn, and answer as if they were awake', async () => {
  const before = await Venue.open({ dir });
  const accounts: number[] = [];
  for (let i = 0; i < 40; i++) accounts.push(await before.fundedAccount(`a${i}`));
  const hash = await before.pipeline.settlement[0]!.current.hash();
  const reconciled = await before.exchange.reconcile();
  const balances = await Promise.all(accounts.map((accountId) => before.exchange.account(accountId)));
  await before.close();

  const venue = await Venue.open({ dir });
  const partition = venue.pipeline.settlement[0]!.current;
  expect(partition.childCount).toBe(40);
  expect(await partition.hash()).toBe(hash);
  expect(await venue.exchange.reconcile()).toEqual(reconciled);
  expect(await Promise.all(accounts.map((accountId) => venue.exchange.account(accountId)))).toEqual(balances);
  for (let round = 0; round < 2; round++) {
    let done = false;
    const taking = partition.snapshot().then(() => {
      done = true;
    });
    let placed = 0;
    // From both ends: the first ones after their turn, the last ones before it.
    for (; !done && placed < 20; placed++) {
      for (const i of [placed, 39 - placed]) {
        const command = { accountId: accounts[i] as number, symbol: 'BTCUSDT', order: order('BUY', 5_000_000 - i, 10_000) };
        expect(await venue.exchange.placeOrder(command)).toMatchObject({ ok: true });
      }
      await venue.exchange.account(accounts[(placed * 7) % 40] as number);
    }
    await taking;
    expect(placed).toBeGreaterThan(1);
    const { meta } = await check(venue.bus, partition.behaviour as Behaviour<unknown, unknown>);
    expect(Number(meta.sequence)).toBeLessThan(partition.sequence);
    expect(partition.childCount).toBe(40);
  }
  const last = partition.sequence;
  expect(await partition.hash()).toBe(await foldedTo(venue.bus, partition.behaviour.fresh() as Behaviour<unknown, unknown>, last));
  // A retry of a deposit from before the restart takes effect no second time.
  const again = { accountId: accounts[30] as number, requestId: 'a30-USDT', asset: 'USDT', units: 1_000_000n * 10n ** 8n };
  expect(await venue.exchange.admin.deposit(again)).toMatchObject({ ok: true, duplicate: true });
  await venue.close();
});

/** Changes the state and then throws, the first few times. */
class Crashing extends KLineBehaviour {
  static crashes = 0;

  override run(builder: KLineBuilder, input: KLineInput, context: RunContext): void {
    super.run(builder, input, context);
    if (Crashing.crashes-- > 0) throw new Error('in the middle of its work');
  }
}

test('a child that crashed in the middle of its work is not in a snapshot before it is rebuilt', async () => {
  const bus = await MemoryBus.open();
  for (const stream of [streams.markets(0), streams.klines(0)]) await bus.ensureStream(stream, subjectsOf(stream));
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const root = new ActorRoot(silent, () => undefined);
  const behaviour = new Crashing({ partition: 0, onPoison: () => undefined });
  const partition = new Partition(behaviour, {
    bus,
    clock: new SystemClock(),
    root,
    parent: root.group('kline'),
    options: TEST_PIPELINE_CONFIG.partition,
    writer: 'test',
    leaseTtlMs: 60_000,
    onFailed: (error) => expect.unreachable(error.message),
  });
  await partition.start();
  const trade = { tradeId: 1, symbol: 'BTCUSDT', priceTicks: 100, lots: 1, quoteUnits: 1000n, tradeUs: 1_700_000_000_000_000 };
  const trades = (tradeId: number): KLineInput => ({ kind: 'trades', trades: [{ ...trade, tradeId } as SpotTrade] });
  partition.submit('BTCUSDT', trades(1));
  await partition.between(() => undefined);
  Crashing.crashes = 2;
  partition.submit('BTCUSDT', trades(2));
  await partition.between(() => undefined);
  await partition.snapshot();
  await check(bus, behaviour);
  // What crashed is done again, and may have written more since one of the two was taken.
  const isLogs = async (): Promise<boolean> => (await partition.hash()) === (await foldedTo(bus, behaviour.fresh(), partition.sequence));
  await expect.poll(isLogs).toBe(true);
  await partition.stop();
  root.stop();
  await bus.close();
});
