// The book's benchmark, tiny: books keep their size, messages are answered, and nobody is done before it was due.
import { expect, test } from 'vitest';
import { benchmarkLatency, undisturbedLatency } from '../../benchmarks/book/latency.ts';
import { mixedWorkload } from '../../benchmarks/book/mixedWorkload.ts';
import { Reach } from '../../benchmarks/book/restingFlow.ts';
import { benchmarkScale, benchmarkWeight } from '../../benchmarks/book/scale.ts';
import { BookEngine } from '../../benchmarks/flash1/bookEngine.ts';
import { MarketEngine } from '../../benchmarks/flash1/marketEngine.ts';
import { ReportStream } from '../../benchmarks/flash1/reportStream.ts';

test.each(['book', 'market'] as const)('%s: scale and weight', (what) => {
  // The larger one is looked ahead in: bookPrefetch.ts.
  for (const reach of [Reach.ANYWHERE, Reach.YOUNG]) {
    const rows = benchmarkScale(what, reach, { sizes: [100, 20_000], rounds: 1, messages: 1_000 });
    expect(rows.map(({ resting }) => resting)).toEqual([100, 20_000]);
    for (const { nsEach } of rows) expect(nsEach).toBeGreaterThan(0);
  }
  expect(benchmarkWeight(what, 2_000).resting).toBe(2_000);
});

const workload = mixedWorkload(500, 4_000);

test('the made flow trades, cancels and modifies, and the market answers it as the book does', () => {
  const [book, market] = [new ReportStream(16), new ReportStream(16)];
  new BookEngine(book).run(workload);
  new MarketEngine(market, workload).run(workload);
  expect(market.sha256()).toBe(book.sha256());
  const types = new Set(book.lines().map((line) => line.split(',')[0]));
  expect([...types].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('latency counts from when a message was due', async () => {
  const engine = { run: (_: unknown, from = 0) => void (from === 600 && block(20)) };
  const row = await benchmarkLatency('blocked once', engine, workload, 500, 1_500, 100_000);
  expect(row).toMatchObject({ messages: 1_000, offeredPerSecond: 100_000 });
  // Everybody who was due in those 20 ms waited: the last 9 of the 10 ms that the thousand messages take.
  expect(row.max).toBeGreaterThanOrEqual(19_000);
  expect(row.p50).toBeGreaterThanOrEqual(10_000);
});

test('undisturbed: what happens in every run counts, what happens in one does not', () => {
  let runs = 0;
  let nowMs = 0;
  const make = () => {
    runs += 1;
    const once = runs;
    return {
      run: (_: unknown, from = 0) => {
        nowMs += from === 700 ? 3 : from === 900 && once === 2 ? 20 : 0.01;
      },
    };
  };
  const row = undisturbedLatency('blocked', make, workload, 500, 1_500, 10_000, 3, () => nowMs);
  // A message every 100 us that takes 10 us, and one that takes 3 ms, for which 33 wait.
  expect(row).toMatchObject({ messages: 1_000, runs: 3, p50: 10, max: 3_000 });
  expect(row.p99).toBeGreaterThan(1_000);
});

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
