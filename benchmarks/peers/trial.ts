// One run of an engine over a workload, or over as much of it as fits into the time.
import type { MakeEngine } from '../flash1/engine.ts';
import type { ReportStream } from '../flash1/reportStream.ts';
import type { Workload } from '../flash1/workload.ts';

/** Messages between two looks at the clock. */
const CHUNK = 64;

export interface Trial {
  readonly messages: number;
  readonly seconds: number;
}

export function runTrial(make: MakeEngine, workload: Workload, reports: ReportStream, most: number, budgetMs: number): Trial {
  reports.clear();
  const engine = make(reports, workload);
  const count = Math.min(most, workload.count);
  const start = process.hrtime.bigint();
  const end = start + BigInt(budgetMs) * 1_000_000n;
  let messages = 0;
  let now = start;
  do {
    const next = Math.min(messages + CHUNK, count);
    engine.run(workload, messages, next);
    messages = next;
    now = process.hrtime.bigint();
  } while (messages < count && now < end);
  return { messages, seconds: Number(now - start) / 1e9 };
}
