// What a start of the venue costs: folding the logs of Settlement and Match from their first message, and restoring both from
// snapshots. Through the real recovery (src/actors/recovery.ts), from the journal of a bus that has been closed since.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Behaviour } from '../../src/actors/behaviour.ts';
import { combineHashes, recoverPartition, takeSnapshot } from '../../src/actors/recovery.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { BenchRegistry } from './benchRegistry.ts';
import { Flow } from './flow.ts';
import { Stages } from './stages.ts';

export interface ReplayResult {
  readonly accountEntries: number;
  readonly marketEntries: number;
  readonly accountEntriesPerSecond: number;
  readonly marketEntriesPerSecond: number;
  readonly entriesPerSecond: number;
}

export interface RestoreResult {
  readonly accounts: number;
  readonly orders: number;
  readonly snapshotMegabytes: number;
  /** Taking both, which a living partition stands still for. */
  readonly takeSeconds: number;
  readonly accountsSeconds: number;
  readonly marketsSeconds: number;
  readonly seconds: number;
}

/** Commands between two waits for the journal. */
const PORTION = 20_000;

function openBus(dir: string): Promise<MemoryBus> {
  return MemoryBus.open({ journal: { dir, durability: 'interval', intervalMs: 100 } });
}

function secondsSince(start: bigint): number {
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function hashOf<State, Input>(behaviour: Behaviour<State, Input>, children: ReadonlyMap<string | number, State>): string {
  return combineHashes([...children].map(([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
}

async function withFolder<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-recovery-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function recover<State, Input>(
  bus: MemoryBus,
  behaviour: Behaviour<State, Input>,
  useSnapshot: boolean,
  expected: string,
): Promise<{ readonly seconds: number; readonly entries: number }> {
  globalThis.gc?.();
  const fresh = behaviour.fresh();
  const start = process.hrtime.bigint();
  const { children, entrySequence } = await recoverPartition(bus, fresh, { useSnapshot });
  const seconds = secondsSince(start);
  if (hashOf(fresh, children) !== expected) throw new Error(`${behaviour.stage}: what was recovered is not what was`);
  return { seconds, entries: entrySequence };
}

/** Writes the logs of so many orders of so many accounts, and folds them in a second life. */
export function benchmarkReplay(orders: number, accounts: number): Promise<ReplayResult> {
  return withFolder(async (dir) => {
    let bus = await openBus(dir);
    const registry = new BenchRegistry(1, accounts);
    const stages = await Stages.open(registry, bus);
    const flow = new Flow(stages, accounts);
    flow.fund();
    for (let done = 0; done < orders; done += PORTION) {
      flow.trade(Math.min(PORTION, orders - done));
      flow.cancelAll();
      await stages.flush();
    }
    if (stages.refused > 0) throw new Error(`${stages.refused} commands were refused`);
    const { accounts: settlement, markets: match } = stages;
    const hashes = [hashOf(settlement.behaviour, settlement.children), hashOf(match.behaviour, match.children)] as const;
    await bus.close();
    bus = await openBus(dir);
    try {
      const account = await recover(bus, settlement.behaviour, false, hashes[0]);
      const market = await recover(bus, match.behaviour, false, hashes[1]);
      if (account.entries + market.entries !== stages.entries) throw new Error('entries are missing');
      return {
        accountEntries: account.entries,
        marketEntries: market.entries,
        accountEntriesPerSecond: Math.round(account.entries / account.seconds),
        marketEntriesPerSecond: Math.round(market.entries / market.seconds),
        entriesPerSecond: Math.round(stages.entries / (account.seconds + market.seconds)),
      };
    } finally {
      await bus.close();
    }
  });
}

/** Snapshots of so many resting orders of so many accounts, put into the journal and restored in a second life. */
export function benchmarkRestore(orders: number, accounts: number): Promise<RestoreResult> {
  return withFolder(async (dir) => {
    let bus = await openBus(dir);
    const stages = await Stages.open(new BenchRegistry(1, accounts), bus);
    const silent = await Stages.open(new BenchRegistry(1, accounts));
    const flow = new Flow(silent, accounts);
    flow.fund();
    flow.rest(orders);
    if (silent.refused > 0) throw new Error(`${silent.refused} commands were refused`);
    const { accounts: settlement, markets: match } = silent;
    const source = { sequence: 0, entrySequence: 0, positions: new Map(), parked: new Map() };
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    const snapshots = [
      takeSnapshot(settlement.behaviour, { ...source, children: settlement.children }),
      takeSnapshot(match.behaviour, { ...source, children: match.children }),
    ];
    const takeSeconds = secondsSince(start);
    for (const snapshot of snapshots) await bus.putSnapshot(snapshot);
    await stages.flush();
    await bus.close();
    bus = await openBus(dir);
    try {
      const account = await recover(bus, settlement.behaviour, true, snapshots[0]!.meta.hash!);
      const market = await recover(bus, match.behaviour, true, snapshots[1]!.meta.hash!);
      return {
        accounts,
        orders,
        snapshotMegabytes: Math.round(snapshots.reduce((sum, { data }) => sum + data.length, 0) / 1e6),
        takeSeconds,
        accountsSeconds: account.seconds,
        marketsSeconds: market.seconds,
        seconds: account.seconds + market.seconds,
      };
    } finally {
      await bus.close();
    }
  });
}
