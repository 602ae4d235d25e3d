// What a start of the venue costs: folding the logs of Settlement and Match from their first message, and restoring both from
// snapshots. Through the real recovery (src/actors/recovery.ts), from the journal of a bus that has been closed since.
import type { Behaviour, ChildKey } from '../../src/actors/behaviour.ts';
import { combineHashes, recoverPartition } from '../../src/actors/recovery.ts';
import { SnapshotTaker } from '../../src/actors/snapshotTaker.ts';
import type { Snapshot } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { BenchRegistry } from './benchRegistry.ts';
import { Flow } from './flow.ts';
import { Stages } from './stages.ts';

/** What the first life leaves to the second. */
export interface Legacy {
  readonly accounts: number;
  /** Of Settlement and of Match. */
  readonly hashes: readonly [string, string];
  readonly entries: number;
  readonly snapshotMegabytes: number;
  /** Taking both snapshots, in slices. */
  readonly takeSeconds: number;
  readonly takeCpuSeconds: number;
  /** The longest slice, for which a living partition stands still; its beginning, where the books are copied, is one. */
  readonly longestSliceMs: number;
  /** Nine slices of ten take no longer; of the rest some have a collection of garbage in them. */
  readonly ninthSliceMs: number;
}

export interface StageRecovery {
  readonly entries: number;
  readonly seconds: number;
  /** Of all threads; on a machine shared with others it says more than the wall clock. */
  readonly cpuSeconds: number;
}

export interface Recovery {
  readonly settlement: StageRecovery;
  readonly match: StageRecovery;
}

const SLICE_ROWS = 500;
/** Commands between two waits for the journal. */
const PORTION = 20_000;

function openBus(dir: string): Promise<MemoryBus> {
  return MemoryBus.open({ journal: { dir, durability: 'interval', intervalMs: 100 } });
}

function hashOf<State, Input>(behaviour: Behaviour<State, Input>, children: ReadonlyMap<string | number, State>): string {
  return combineHashes([...children].map(([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
}

/** Writes the logs of so many orders of so many accounts; all of them have ended. */
export async function writeLogs(dir: string, orders: number, accounts: number): Promise<Legacy> {
  const bus = await openBus(dir);
  const stages = await Stages.open(new BenchRegistry(1, accounts), bus);
  const flow = new Flow(stages, accounts);
  flow.fund();
  for (let done = 0; done < orders; done += PORTION) {
    flow.trade(Math.min(PORTION, orders - done));
    flow.cancelAll();
    await stages.flush();
  }
  const { settlement, match } = stages;
  const hashes = [hashOf(settlement.behaviour, settlement.children), hashOf(match.behaviour, match.children)] as const;
  await bus.close();
  if (stages.refused > 0) throw new Error(`${stages.refused} commands were refused`);
  return {
    accounts,
    hashes,
    entries: stages.entries,
    snapshotMegabytes: 0,
    takeSeconds: 0,
    takeCpuSeconds: 0,
    longestSliceMs: 0,
    ninthSliceMs: 0,
  };
}

/** Puts snapshots into the journal, of so many resting orders of so many accounts. */
export async function writeSnapshots(dir: string, orders: number, accounts: number): Promise<Legacy> {
  const stages = await Stages.open(new BenchRegistry(1, accounts));
  const flow = new Flow(stages, accounts);
  flow.fund();
  flow.rest(orders);
  if (stages.refused > 0) throw new Error(`${stages.refused} commands were refused`);
  const { settlement, match } = stages;
  const start = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const slices: number[] = [];
  const ofAccounts = await snapshotOf(settlement.behaviour, settlement.children, slices);
  const ofMarkets = await snapshotOf(match.behaviour, match.children, slices);
  const takeSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  slices.sort((a, b) => a - b);
  const bus = await openBus(dir);
  await Stages.open(new BenchRegistry(1, accounts), bus);
  await bus.putSnapshot(ofAccounts);
  await bus.putSnapshot(ofMarkets);
  await bus.close();
  return {
    accounts,
    hashes: [ofAccounts.meta.hash!, ofMarkets.meta.hash!],
    entries: 0,
    snapshotMegabytes: Math.round((ofAccounts.data.length + ofMarkets.data.length) / 1e6),
    takeSeconds,
    takeCpuSeconds: (user + system) / 1e6,
    longestSliceMs: slices.at(-1) as number,
    ninthSliceMs: slices[Math.floor(slices.length * 0.9)] as number,
  };
}

/** As a partition takes it; notes how long each slice took. */
async function snapshotOf<State, Input>(
  behaviour: Behaviour<State, Input>,
  states: ReadonlyMap<ChildKey, State>,
  slices: number[],
): Promise<Snapshot> {
  const children = Array.from(states, ([key, state]) => ({ key, label: behaviour.label(key), state, inSnapshot: 0 }));
  const moment = { number: 1, sequence: 0, entrySequence: 0, positions: new Map(), parked: new Map() };
  const taker = new SnapshotTaker(behaviour, { ...moment, children });
  let from = performance.now();
  const pause = (): Promise<void> => {
    slices.push(performance.now() - from);
    return new Promise((resolve) =>
      setImmediate(() => {
        from = performance.now();
        resolve();
      }),
    );
  };
  while (!taker.slice(SLICE_ROWS)) await pause();
  await pause();
  return taker.snapshot;
}

/** The second life: both stages as they were, from what is in the folder. Throws when they are not. */
export async function recoverBoth(dir: string, { accounts, hashes, entries }: Legacy): Promise<Recovery> {
  const bus = await openBus(dir);
  try {
    const { settlement, match } = await Stages.open(new BenchRegistry(1, accounts));
    const recovery = {
      settlement: await recover(bus, settlement.behaviour, hashes[0]),
      match: await recover(bus, match.behaviour, hashes[1]),
    };
    if (recovery.settlement.entries + recovery.match.entries !== entries) throw new Error('entries are missing');
    return recovery;
  } finally {
    await bus.close();
  }
}

async function recover<State, Input>(bus: MemoryBus, behaviour: Behaviour<State, Input>, expected: string): Promise<StageRecovery> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const { children, entrySequence } = await recoverPartition(bus, behaviour);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  if (hashOf(behaviour, children) !== expected) throw new Error(`${behaviour.stage}: what was recovered is not what was`);
  return { entries: entrySequence, seconds, cpuSeconds: (user + system) / 1e6 };
}
