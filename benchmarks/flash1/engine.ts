// What the benchmark drives: sedax's book, sedax's whole market, or somebody else's engine behind the same contract.
import type { ReportStream } from './reportStream.ts';
import type { Workload } from './workload.ts';

export interface MatchingEngine {
  /** Carries out messages `from` to before `to`, and reports each as the benchmark's contract has it. */
  run(workload: Workload, from?: number, to?: number): void;
}

/** An engine with an empty book. */
export type MakeEngine = (reports: ReportStream, workload: Workload) => MatchingEngine;
