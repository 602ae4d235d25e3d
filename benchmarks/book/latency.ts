// Latency at an offered rate: message i is due i / rate seconds after the start, whether those before it are done or not, and its
// latency counts from then. So a pause is paid for by everybody who was due while it lasted (no coordinated omission).
// The same loop with nothing to do shows what of it is the machine's. Where that is too much, undisturbedLatency() tells what the
// engine itself would need: of several runs of the same messages each message counts with its shortest, and queues up behind those
// before it as it would have. What the engine does at a message it does in every run; what the machine does, in one of them.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MakeEngine, MatchingEngine } from '../flash1/engine.ts';
import { ReportStream } from '../flash1/reportStream.ts';
import type { Workload } from '../flash1/workload.ts';
import { quantile } from '../measure/statistics.ts';

export interface LatencyRow {
  readonly what: string;
  readonly offeredPerSecond: number;
  readonly messages: number;
  /** Microseconds from when a message was due until it was done. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
  /** Of the messages that no garbage collection touched. */
  readonly p9999WithoutGc: number;
  readonly collections: number;
  readonly longestCollectionUs: number;
}

interface Collection {
  readonly start: number;
  readonly end: number;
}

/** Runs messages `from` to before `to` of the workload; `engine` undefined: the bare loop. */
export async function benchmarkLatency(
  what: string,
  engine: MatchingEngine | undefined,
  workload: Workload,
  from: number,
  to: number,
  offeredPerSecond: number,
): Promise<LatencyRow> {
  const collections: Collection[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) collections.push({ start: startTime, end: startTime + duration });
  });
  observer.observe({ entryTypes: ['gc'] });
  const count = to - from;
  const done = new Float64Array(count);
  const everyMs = 1000 / offeredPerSecond;
  globalThis.gc?.();
  await sleep(50);
  const start = performance.now() + 1;
  for (let i = 0; i < count; i++) {
    const due = start + i * everyMs;
    while (performance.now() < due);
    engine?.run(workload, from + i, from + i + 1);
    done[i] = performance.now();
  }
  const last = done[count - 1]!;
  // Collections are told of later.
  await sleep(100);
  observer.disconnect();
  const during = collections.filter(({ start: began, end }) => end > start && began < last);
  const all = new Float64Array(count);
  const untouched: number[] = [];
  let next = 0;
  for (let i = 0; i < count; i++) {
    const due = start + i * everyMs;
    const latency = (done[i]! - due) * 1000;
    all[i] = latency;
    while (next < during.length && during[next]!.end < due) next += 1;
    const collection = during[next];
    if (collection === undefined || collection.start > done[i]!) untouched.push(latency);
  }
  all.sort();
  const apart = Float64Array.from(untouched).sort();
  const at = (values: Float64Array, share: number): number => Math.round(quantile(values, share) * 10) / 10;
  return {
    what,
    offeredPerSecond,
    messages: count,
    p50: at(all, 0.5),
    p99: at(all, 0.99),
    p999: at(all, 0.999),
    p9999: at(all, 0.9999),
    max: at(all, 1),
    p9999WithoutGc: at(apart, 0.9999),
    collections: during.length,
    longestCollectionUs: Math.round(Math.max(0, ...during.map(({ start: began, end }) => end - began)) * 1000),
  };
}

export interface UndisturbedRow {
  readonly what: string;
  readonly offeredPerSecond: number;
  readonly messages: number;
  readonly runs: number;
  /** Microseconds from when a message was due until it was done. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

/** Messages before `from` are run first. A collection counts only where it comes at the same message in every run. */
export function undisturbedLatency(
  what: string,
  make: MakeEngine,
  workload: Workload,
  from: number,
  to: number,
  offeredPerSecond: number,
  runs: number,
  now: () => number = () => performance.now(),
): UndisturbedRow {
  const count = to - from;
  const shortest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const reports = new ReportStream(workload.count * 2);
  for (let run = 0; run < runs; run++) {
    reports.clear();
    const engine = make(reports, workload);
    engine.run(workload, 0, from);
    globalThis.gc?.();
    for (let i = 0; i < count; i++) {
      const start = now();
      engine.run(workload, from + i, from + i + 1);
      const micros = (now() - start) * 1000;
      if (micros < shortest[i]!) shortest[i] = micros;
    }
  }
  const every = 1e6 / offeredPerSecond;
  const latencies = new Float64Array(count);
  let wait = 0;
  for (let i = 0; i < count; i++) {
    const latency = wait + shortest[i]!;
    latencies[i] = latency;
    wait = Math.max(0, latency - every);
  }
  latencies.sort();
  const at = (share: number): number => Math.round(quantile(latencies, share) * 10) / 10;
  return { what, offeredPerSecond, messages: count, runs, p50: at(0.5), p99: at(0.99), p999: at(0.999), p9999: at(0.9999), max: at(1) };
}
