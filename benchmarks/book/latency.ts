// Latency at an offered rate: message i is due i / rate seconds after the start, whether those before it are done or not, and its
// latency counts from then. So a pause is paid for by everybody who was due while it lasted (no coordinated omission).
// The same loop with nothing to do shows what of it is the machine's.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MatchingEngine } from '../flash1/engine.ts';
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
