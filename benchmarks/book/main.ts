// npm run bench:book -- [seconds] [most resting]
// The order book and the whole market: latency at an offered rate, throughput from 1,000 to 1,000,000 resting orders, bytes of a
// resting order. One JSON line each. Goals: p99.99 below 50 us at 1,000,000 messages/s; less than 3 times slower at a million.
import { BookEngine } from '../flash1/bookEngine.ts';
import type { MakeEngine } from '../flash1/engine.ts';
import { MarketEngine } from '../flash1/marketEngine.ts';
import { ReportStream } from '../flash1/reportStream.ts';
import { benchmarkLatency, undisturbedLatency } from './latency.ts';
import { mixedWorkload } from './mixedWorkload.ts';
import { Reach } from './restingFlow.ts';
import { benchmarkScale, benchmarkWeight } from './scale.ts';

const RESTING = 10_000;
const BOOK_RATE = 1_000_000;
/** Half of what the whole market carries on a machine of its own. */
const MARKET_RATE = 500_000;
const LATENCY_ROUNDS = 3;
const WARM_UP = 500_000;

const UNDISTURBED_RUNS = 9;

const SUBJECTS: readonly (readonly [what: string, offeredPerSecond: number, make: MakeEngine | undefined])[] = [
  ['bare loop', BOOK_RATE, undefined],
  ['book', BOOK_RATE, (reports) => new BookEngine(reports)],
  ['market', MARKET_RATE, (reports, workload) => new MarketEngine(reports, workload)],
];

function print(row: object): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

async function latency(seconds: number): Promise<void> {
  for (let round = 0; round < LATENCY_ROUNDS; round++) {
    for (const [what, rate, make] of SUBJECTS) {
      const workload = mixedWorkload(RESTING, WARM_UP + seconds * rate);
      const reports = new ReportStream(workload.count * 2);
      const engine = make?.(reports, workload);
      const from = RESTING + WARM_UP;
      engine?.run(workload, 0, from);
      print({ benchmark: 'latency', ...(await benchmarkLatency(what, engine, workload, from, workload.count, rate)) });
      // Every message is answered.
      if (engine !== undefined && reports.count < workload.count) throw new Error('messages were not reported');
    }
  }
}

function undisturbed(seconds: number): void {
  for (const [what, rate, make] of SUBJECTS) {
    if (make === undefined) continue;
    const workload = mixedWorkload(RESTING, WARM_UP + seconds * rate);
    const row = undisturbedLatency(what, make, workload, RESTING + WARM_UP, workload.count, rate, UNDISTURBED_RUNS);
    print({ benchmark: 'undisturbed latency', ...row });
  }
}

const [seconds = 2, most = 1_000_000] = process.argv.slice(2).map(Number);
for (const what of ['book', 'market'] as const) print({ benchmark: 'weight', ...benchmarkWeight(what, most) });
await latency(seconds);
undisturbed(seconds);
const sizes = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= most);
for (const what of ['book', 'market'] as const) {
  for (const reach of [Reach.YOUNG, Reach.ANYWHERE]) {
    const rows = benchmarkScale(what, reach, { sizes, rounds: 21, messages: 40_000 });
    for (const row of rows) print({ benchmark: 'scale', ...row });
    const slowdown = rows.at(-1)!.nsEach / rows[0]!.nsEach;
    const bestSlowdown = rows.at(-1)!.bestNsEach / rows[0]!.bestNsEach;
    const rounded = (value: number): number => Math.round(value * 100) / 100;
    print({
      benchmark: 'slowdown',
      what,
      reach,
      from: sizes[0],
      to: sizes.at(-1),
      slowdown: rounded(slowdown),
      bestSlowdown: rounded(bestSlowdown),
    });
  }
}
