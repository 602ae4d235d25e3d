// One role of an exchange, its processes held to a share of a core each, under the same load with one, two and four of them.
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosOf } from '../measure/roleProcess.ts';
import { median } from '../measure/statistics.ts';
import type { CpuLimits } from './cpuLimits.ts';
import { ScalingVenue, type VenueOptions } from './venue.ts';

const IDLE_MS = 1_000;

export interface ScalingOptions extends VenueOptions {
  readonly role: 'match' | 'settlement';
  /** Numbers of processes, in the order they are tried; a number may come again. */
  readonly steps: readonly number[];
  /** Of one core, for each process of the role. */
  readonly share: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Orders in flight. */
  readonly window: number;
  /** Without them nothing is held back, and more processes say nothing about throughput. */
  readonly limits: CpuLimits | undefined;
}

export interface ScalingRow {
  readonly role: string;
  readonly processes: number;
  readonly partitionsEach: readonly number[];
  /** Times the throughput of one process that this spread of symbols or accounts allows: the busiest process decides. */
  readonly ideal: number;
  readonly ordersPerSecond: number;
  readonly fills: number;
  /** Of the role's processes before there is any load, in thousandths of a core each: what partitions cost that have nothing to do. */
  readonly idleMilliCores: readonly number[];
  /** The same under load. */
  readonly milliCores: readonly number[];
  /** Of 100 periods, in how many each process wanted more than it was given. */
  readonly throttledPercent: readonly number[];
  /** Of all cores, with everybody else on the machine. At 100 more processes cannot carry more. */
  readonly machinePercent: number;
  /** Processor time an order: the role's processes together, the other writers', the edge and load, the nats-server. */
  readonly cpuMicrosPerOrder: { readonly role: number; readonly others: number; readonly edge: number; readonly nats: number };
}

export interface ScalingResult {
  readonly rows: readonly ScalingRow[];
  /** Orders per second to those of one process, medians; empty where processor time could not be limited. */
  readonly ratios: readonly {
    readonly processes: number;
    readonly ordersPerSecond: number;
    readonly ratio: number;
    readonly ideal: number;
  }[];
}

export async function measureScaling(options: ScalingOptions, onRow: (row: ScalingRow) => void = () => undefined): Promise<ScalingResult> {
  const { role, steps, limits } = options;
  const venue = await ScalingVenue.start(options);
  try {
    const other = role === 'match' ? 'settlement' : 'match';
    await venue.add('admin-1', 'admin,kline');
    await Promise.all([venue.add(`${other}-1`, other), venue.add(`${role}-1`, role)]);
    await venue.open();
    const rows: ScalingRow[] = [];
    let names = [`${role}-1`];
    for (const count of steps) {
      for (const name of names.slice(count)) await venue.stop(name);
      const wanted = Array.from({ length: count }, (_, i) => `${role}-${i + 1}`);
      await Promise.all(wanted.slice(names.length).map((name) => venue.add(name, role)));
      names = wanted;
      const row = await measure(venue, names, options);
      await venue.reconcile();
      rows.push(row);
      onRow(row);
    }
    return { rows, ratios: limits === undefined ? [] : ratiosOf(rows) };
  } finally {
    await venue.close();
    limits?.close();
  }
}

async function measure(venue: ScalingVenue, names: readonly string[], options: ScalingOptions): Promise<ScalingRow> {
  const { role, share, warmUpMs, measureMs, window, limits } = options;
  await venue.spread(role, names);
  const pids = names.map((name) => venue.pid(name));
  const others = venue.names.filter((name) => !names.includes(name)).map((name) => venue.pid(name));
  const ideal = venue.ideal(role, names);
  const idleFrom = pids.map(cpuMicrosOf);
  await sleep(IDLE_MS);
  const idle = pids.map((pid, i) => cpuMicrosOf(pid) - idleFrom[i]!);
  const flood = venue.flood(window);
  // Compilers first: a new process is to be compared with one that has run for long.
  await sleep(warmUpMs);
  for (const pid of pids) limits?.limit(pid, share);
  // Until what is in flight waits where it is held back.
  await sleep(measureMs / 4);
  const read = () => ({
    orders: flood.orders,
    fills: flood.fills,
    role: pids.map(cpuMicrosOf),
    others: others.map(cpuMicrosOf),
    edge: process.cpuUsage(),
    nats: cpuMicrosOf(venue.nats.pid),
    machine: machineTimes(),
    periods: pids.map((pid) => limits?.throttled(pid) ?? { periods: 0, throttled: 0 }),
  });
  const [before, startedMs] = [read(), performance.now()];
  await sleep(measureMs);
  const after = read();
  const seconds = (performance.now() - startedMs) / 1000;
  const [orders, fills] = [after.orders - before.orders, after.fills - before.fills];
  for (const pid of pids) limits?.lift(pid);
  await flood.stop();
  // Nobody lost a partition while it was held back.
  const partitionsEach = await venue.spread(role, names);
  const spent = (from: readonly number[], to: readonly number[]): number[] => to.map((micros, i) => micros - from[i]!);
  const sum = (micros: readonly number[]): number => micros.reduce((total, one) => total + one, 0);
  const perOrder = (micros: number): number => Math.round(micros / Math.max(1, orders));
  const roleMicros = spent(before.role, after.role);
  const edge = after.edge.user + after.edge.system - before.edge.user - before.edge.system;
  return {
    role,
    processes: names.length,
    partitionsEach,
    ideal: Math.round(ideal * 100) / 100,
    ordersPerSecond: Math.round(orders / seconds),
    fills,
    idleMilliCores: idle.map((micros) => Math.round(micros / IDLE_MS)),
    milliCores: roleMicros.map((micros) => Math.round(micros / seconds / 1000)),
    throttledPercent: after.periods.map(({ periods, throttled }, i) => {
      const of = periods - before.periods[i]!.periods;
      return of === 0 ? 0 : Math.round(((throttled - before.periods[i]!.throttled) / of) * 100);
    }),
    machinePercent: Math.round(((after.machine.busy - before.machine.busy) / (after.machine.all - before.machine.all)) * 100),
    cpuMicrosPerOrder: {
      role: perOrder(sum(roleMicros)),
      others: perOrder(sum(spent(before.others, after.others))),
      edge: perOrder(edge),
      nats: perOrder(after.nats - before.nats),
    },
  };
}

function machineTimes(): { readonly busy: number; readonly all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, one) => total + one, 0);
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

function ratiosOf(rows: readonly ScalingRow[]): ScalingResult['ratios'] {
  const of = (processes: number, what: 'ordersPerSecond' | 'ideal'): number =>
    median(rows.filter((row) => row.processes === processes).map((row) => row[what]));
  const counts = [...new Set(rows.map(({ processes }) => processes))].sort((a, b) => a - b);
  return counts.map((processes) => {
    const ordersPerSecond = of(processes, 'ordersPerSecond');
    const ratio = Math.round((ordersPerSecond / of(counts[0]!, 'ordersPerSecond')) * 100) / 100;
    return { processes, ordersPerSecond, ratio, ideal: of(processes, 'ideal') };
  });
}
