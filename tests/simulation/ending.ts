// After the faults: everything open is cancelled, every stage catches up, and what is left must add up in every way there is.

import { combineHashes, recoverPartition } from '../../src/actors/recovery.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import type { NaiveHistory } from '../conformance/naiveHistory.ts';
import { Broken, must } from './invariants.ts';
import { differ } from './observer.ts';
import type { Random } from './random.ts';
import type { Machine } from './scheduler.ts';
import { sleep, until } from './simulation.ts';
import type { Traders } from './traders.ts';
import { FIRST_ACCOUNT } from './venue.ts';
import { type AnyPartition, runningOf, type SimProcess, type World } from './world.ts';

const PATIENCE_US = 20_000_000;

export async function checkEnd(world: World, traders: Traders, random: Random): Promise<void> {
  await settled(world, 'after the faults');
  checkFolds(world);
  await cancelEverything(world, traders, random);
  await settled(world, 'after everything was cancelled');
  checkSums(world);
  checkFolds(world);
  await checkReplay(world);
}

/** Every partition has an owner, every process is up, every reader is at the end of its log. */
export async function settled(world: World, when: string): Promise<void> {
  let why = '';
  const isSettled = (): boolean => {
    why = whyUnsettled(world);
    return why === '';
  };
  if (!(await until(world, isSettled, PATIENCE_US))) throw new Broken('healing', `${when}: ${why}`);
  // Steps that a batch in work still writes.
  for (;;) {
    const before = world.observer.messages;
    await sleep(world, 100_000);
    if (!(await until(world, isSettled, PATIENCE_US))) throw new Broken('healing', `${when}: ${why}`);
    if (world.observer.messages === before) return;
  }
}

function whyUnsettled(world: World): string {
  const owners = new Map<string, number>();
  for (const { process, bus, machine } of world.seats) {
    if (process?.ready !== true || bus === undefined) return `${machine?.name} is not up`;
    for (const { reader, stream, position } of bus.lag()) {
      const last = world.observer.last(stream);
      if (position < last) return `${machine?.name}: ${reader} is at ${position} of ${stream}, which ends at ${last}`;
    }
    for (const partition of runningOf(process)) {
      owners.set(partition.behaviour.output, (owners.get(partition.behaviour.output) ?? 0) + 1);
      if (partition.queued > 0) return `${partition.name} has ${partition.queued} inputs queued`;
    }
    if (process.pipeline.acquiring.pending.size > 0)
      return `${machine?.name} has ${process.pipeline.acquiring.pending.size} commands pending`;
  }
  for (const stream of world.logs()) if (owners.get(stream) !== 1) return `${stream} has ${owners.get(stream) ?? 0} owners`;
  return '';
}

async function cancelEverything(world: World, traders: Traders, random: Random): Promise<void> {
  const { observer, config } = world;
  const end = world.scheduler.nowUs + PATIENCE_US;
  for (;;) {
    let open = 0;
    for (let i = 0; i < config.accounts; i++) {
      const accountId = FIRST_ACCOUNT + i;
      const symbols = new Set([...observer.accountsOf(accountId).openOrders(accountId)].map(({ symbol }) => symbol));
      open += symbols.size;
      for (const symbol of symbols) await traders.cancelAll(random, accountId, symbol);
    }
    if (open === 0) return;
    if (world.scheduler.nowUs > end) throw new Broken('healing', `${open} symbols of accounts still have open orders`);
    await sleep(world, 400_000);
  }
}

/** Nothing is on its way: all that came in is there, and nothing of it is locked. */
function checkSums(world: World): void {
  const { accounts, symbols } = world.observer;
  const total = new Map<string, { held: bigint; outside: bigint }>();
  for (const partition of accounts) {
    for (const [asset, { held, outside }] of partition.sums()) {
      const sum = total.get(asset) ?? { held: 0n, outside: 0n };
      total.set(asset, { held: sum.held + held, outside: sum.outside + outside });
    }
    for (const [key, { row }] of partition.held)
      must(row.locked === 0n, 'reservations', () => `${key} has ${row.locked} locked and nothing is open`);
  }
  for (const [asset, { held, outside }] of total)
    must(held === outside, 'conservation', () => `${asset}: ${held} units are held, ${outside} came in`);
  for (const symbol of symbols.values()) {
    const open = symbol.openCount();
    must(open === 0, 'quantities', () => `${symbol.symbol} has ${open} open orders that their accounts do not have`);
    must(
      symbol.levels(Side.BUY).length + symbol.levels(Side.SELL).length === 0,
      'depth',
      () => `${symbol.symbol} has levels and no orders`,
    );
  }
}

/** What each process shows is what the logs say. */
function checkFolds(world: World): void {
  const { observer, seats } = world;
  for (const klines of observer.klines) {
    for (const { symbol } of observer.symbols.values()) {
      if ([...klines.rows.values()].some((row) => row.symbol === symbol)) klines.complete(symbol);
    }
  }
  for (const { process, machine } of seats) {
    if (process === undefined) continue;
    checkClients(world, process, machine?.name ?? '');
    if (process.history !== undefined) checkHistory(world, process.history);
  }
}

function checkClients({ observer }: World, { pipeline, clients }: SimProcess, name: string): void {
  if (clients === undefined) return;
  if (clients.problem !== undefined) throw clients.problem;
  for (const symbol of observer.symbols.values()) {
    const depth = pipeline.hub.markets.view(symbol.symbol)?.depth(1000);
    const book = JSON.stringify([symbol.levels(Side.BUY), symbol.levels(Side.SELL)]);
    const shown = JSON.stringify([depth?.bids ?? [], depth?.asks ?? []]);
    must(shown === book, 'depth', () => `${name} shows ${symbol.symbol} as ${shown}, the log gives ${book}`);
    const folded = JSON.stringify(clients.levels(symbol.symbol));
    must(folded === book, 'depth', () => `clients of ${name} have folded ${symbol.symbol} to ${folded}, the log gives ${book}`);
  }
  for (const [key, { accountId, free, locked }] of clients.balances) {
    const row = observer.accountsOf(accountId).held.get(key)?.row;
    must(
      row?.free === free && row.locked === locked,
      'folds',
      () => `clients of ${name} were told ${key} is ${free} + ${locked}, it is ${row?.free} + ${row?.locked}`,
    );
  }
}

function checkHistory({ observer }: World, history: NaiveHistory): void {
  for (const symbol of observer.symbols.values()) {
    for (const order of symbol.orders.values()) {
      const past = history.order(order.accountId, order.orderId);
      const same = past?.status === order.status && past.executedLots === order.executedLots && past.cumQuoteUnits === order.cumQuoteUnits;
      must(
        same,
        'folds',
        () =>
          `the history has order ${order.orderId} with status ${past?.status}, ${past?.executedLots} lots, the log ${order.status}, ${order.executedLots}`,
      );
    }
    const trades = history.trades(symbol.symbol, { fromId: 1, limit: Number.MAX_SAFE_INTEGER });
    must(
      trades.length === symbol.trades.length,
      'folds',
      () => `the history has ${trades.length} trades of ${symbol.symbol}, the log ${symbol.trades.length}`,
    );
  }
}

async function checkReplay(world: World): Promise<void> {
  for (const { process, bus, machine } of world.seats) {
    if (bus === undefined || machine === undefined) continue;
    for (const partition of runningOf(process)) while (!(await isReplayed(world, partition, bus, machine))) await sleep(world, 1000);
  }
}

/** False when the log moved on meanwhile: a kline's time may be over at any moment. */
async function isReplayed(world: World, partition: AnyPartition, bus: Bus, machine: Machine): Promise<boolean> {
  const { observer } = world;
  const { output } = partition.behaviour;
  const on = <T>(run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => machine.post(() => void run().then(resolve, reject)));
  const last = observer.last(output);
  const live = await on(() => partition.hash());
  await on(() => partition.snapshot());
  const behaviour = world.behaviourOf(output);
  const { children } = await on(() => recoverPartition(bus, behaviour));
  if (observer.last(output) !== last) return false;
  const replayed = observer.hashOf(world.behaviourOf(output), last);
  must(live === replayed, 'replay', () => `${output}: the living state is ${live}, replayed from the log it is ${replayed}`);
  const restored = combineHashes([...children].map(([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
  must(
    live === restored,
    'replay',
    () =>
      `${output}: the living state is ${live}, restored from the snapshot it is ${restored}${differ(behaviour, new Map(partition.states()), children)}`,
  );
  return true;
}
