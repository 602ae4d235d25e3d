// One run of an engine over a workload, or over as much of it as fits into the time.
import type { MakeEngine } from '../flash1/engine.ts';
import type { ReportStream } from '../flash1/reportStream.ts';
import type { Workload } from '../flash1/workload.ts';

/** Messages between two looks at the clock. */
const CHUNK = 512;

export interface Trial {
  readonly messages: number;
  readonly seconds: number;
  /** Of all threads of the process; on a machine shared with others it says more than the wall clock. */
  readonly cpuSeconds: number;
}

/** `budgetMs` is processor time. */
export function runTrial(make: MakeEngine, workload: Workload, reports: ReportStream, most: number, budgetMs: number): Trial {
  reports.clear();
  const engine = make(reports, workload);
  const count = Math.min(most, workload.count);
  const cpuStart = process.cpuUsage();
  const start = process.hrtime.bigint();
  let messages = 0;
  let cpuSeconds = 0;
  do {
    const next = Math.min(messages + CHUNK, count);
    engine.run(workload, messages, next);
    messages = next;
    const { user, system } = process.cpuUsage(cpuStart);
    cpuSeconds = (user + system) / 1e6;
  } while (messages < count && cpuSeconds * 1000 < budgetMs);
  return { messages, seconds: Number(process.hrtime.bigint() - start) / 1e9, cpuSeconds };
}
