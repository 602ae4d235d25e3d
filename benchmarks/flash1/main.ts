// npm run bench:flash1 -- [--trials N] [FILE...]
// Replays workload files of flash1-dev/matching-engine-benchmark through the order book, checks the SHA-256 of the report
// stream against the published ones and prints one JSON line per file and one for the worst of them; then the same for the
// whole market. Without files, those of .cache/flash1 (npm run bench:peers -- install makes them; README.md how to by hand).
// Fails (exit 1) when a report stream has none of the published hashes.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../measure/statistics.ts';
import { BookEngine } from './bookEngine.ts';
import type { MakeEngine } from './engine.ts';
import { MarketEngine } from './marketEngine.ts';
import { publishedScenario } from './published.ts';
import { ReportStream } from './reportStream.ts';
import { workloadFiles } from './scenarios.ts';
import { readWorkload } from './workload.ts';

interface Result {
  readonly engine: string;
  readonly file: string;
  readonly scenario: string | null;
  readonly messages: number;
  readonly reports: number;
  readonly sha256: string;
  readonly messagesPerSecond: number;
  /** Of processor time, the median too. */
  readonly messagesPerCpuSecond: number;
  readonly slowest: number;
  readonly fastest: number;
}

function measure(name: string, make: MakeEngine, path: string, trials: number): Result {
  const workload = readWorkload(path);
  const reports = new ReportStream(Math.ceil(workload.count * 1.5));
  const rates: number[] = [];
  const cpuRates: number[] = [];
  let sha256 = '';
  for (let trial = 0; trial < trials; trial++) {
    reports.clear();
    const engine = make(reports, workload);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    engine.run(workload);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    rates.push(workload.count / seconds);
    const { user, system } = process.cpuUsage(cpu);
    cpuRates.push((workload.count * 1e6) / (user + system));
    if (trial === 0) sha256 = reports.sha256();
  }
  rates.sort((a, b) => a - b);
  return {
    engine: name,
    file: basename(path),
    scenario: publishedScenario(sha256),
    messages: workload.count,
    reports: reports.count,
    sha256,
    messagesPerSecond: Math.round(median(rates)),
    messagesPerCpuSecond: Math.round(median(cpuRates)),
    slowest: Math.round(rates[0]!),
    fastest: Math.round(rates.at(-1)!),
  };
}

const ENGINES: Readonly<Record<string, MakeEngine>> = {
  book: (reports) => new BookEngine(reports),
  market: (reports, workload) => new MarketEngine(reports, workload),
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { trials: { type: 'string', default: '10' } } });
const files = positionals.length > 0 ? positionals : workloadFiles();
if (files.length === 0) {
  process.stderr.write('no workloads: npm run bench:peers -- install, or name their files\n');
  process.exit(2);
}
for (const [name, make] of Object.entries(ENGINES)) {
  const results = files.map((file) => {
    const result = measure(name, make, file, Number(values.trials));
    process.stdout.write(`${JSON.stringify(result)}\n`);
    if (result.scenario === null) process.exitCode = 1;
    return result;
  });
  const worst = results.reduce((a, b) => (b.messagesPerSecond < a.messagesPerSecond ? b : a));
  const { file, messagesPerSecond, messagesPerCpuSecond } = worst;
  process.stdout.write(`${JSON.stringify({ worst: name, file, messagesPerSecond, messagesPerCpuSecond })}\n`);
}
