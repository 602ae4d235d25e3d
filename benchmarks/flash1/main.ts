// npm run bench:flash1 -- FILE...
// Replays workload files of flash1-dev/matching-engine-benchmark through the order book, checks the SHA-256 of the report
// stream against the published ones and prints one JSON line per file and one for the worst of them. How to make the
// files is in README.md. Fails (exit 1) when a report stream has none of the published hashes.
import { basename } from 'node:path';
import { BookEngine } from './bookEngine.ts';
import { publishedScenario } from './published.ts';
import { ReportStream } from './reportStream.ts';
import { readWorkload } from './workload.ts';

const TRIALS = 10;

interface Result {
  readonly file: string;
  readonly scenario: string | null;
  readonly messages: number;
  readonly reports: number;
  readonly sha256: string;
  readonly messagesPerSecond: number;
  readonly slowest: number;
  readonly fastest: number;
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function measure(path: string, trials: number): Result {
  const workload = readWorkload(path);
  const reports = new ReportStream(Math.ceil(workload.count * 1.5));
  const rates: number[] = [];
  let sha256 = '';
  for (let trial = 0; trial < trials; trial++) {
    reports.clear();
    const engine = new BookEngine(reports);
    const start = process.hrtime.bigint();
    engine.run(workload);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    rates.push(workload.count / seconds);
    if (trial === 0) sha256 = reports.sha256();
  }
  rates.sort((a, b) => a - b);
  return {
    file: basename(path),
    scenario: publishedScenario(sha256),
    messages: workload.count,
    reports: reports.count,
    sha256,
    messagesPerSecond: Math.round(median(rates)),
    slowest: Math.round(rates[0]!),
    fastest: Math.round(rates.at(-1)!),
  };
}

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('usage: npm run bench:flash1 -- FILE...\n');
  process.exit(2);
}
const results = files.map((file) => {
  const result = measure(file, TRIALS);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
});
const worst = results.reduce((a, b) => (b.messagesPerSecond < a.messagesPerSecond ? b : a));
process.stdout.write(`${JSON.stringify({ worst: worst.file, messagesPerSecond: worst.messagesPerSecond, node: process.version })}\n`);
if (results.some((result) => result.scenario === null)) process.exit(1);
