// node worker.js NAME: an engine in a process of its own, so that no engine runs on another one's compiled code and garbage.
// In, a line of JSON each: the run to do. Out, a line each: what it took, and what the report stream hashes to.
import { createInterface } from 'node:readline';
import { ReportStream } from '../flash1/reportStream.ts';
import { readWorkload, type Workload } from '../flash1/workload.ts';
import { loadEngine } from './engines.ts';
import { runTrial, type Trial } from './trial.ts';

export interface RunRequest {
  readonly file: string;
  /** Messages at most. */
  readonly most: number;
  readonly budgetMs: number;
  /** Hash the report stream of so many messages; 0: do not. */
  readonly hash: number;
}

export interface RunAnswer extends Trial {
  readonly sha256: string;
}

const name = process.argv[2] ?? '';
const make = loadEngine(name);
let file = '';
let workload: Workload | undefined;
let reports = new ReportStream(1);
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as RunRequest;
  if (workload === undefined || request.file !== file) {
    workload = readWorkload(request.file);
    file = request.file;
    reports = new ReportStream(Math.ceil(workload.count * 1.5));
  }
  const trial = runTrial(make, workload, reports, request.most, request.budgetMs);
  const answer: RunAnswer = { ...trial, sha256: request.hash === 0 ? '' : reports.sha256(Math.min(request.hash, trial.messages)) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
