// Embedded pipeline, no HTTP: reserve, match, settle, kline, push fold, history, encode, journal, in one process.
//
//   commands -> Acquiring -> Settlement ==accounts==> Match ==markets==> Settlement, KLine, Push, History
//
// Run: npm run bench:pipeline -- [orders] [accounts] [durability]. Checks its answer: every order acknowledged, the money
// conserved to the unit, every stage caught up before the clock stops.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { order, Venue } from '../tests/pipeline/venue.ts';

const ORDERS = Number(process.argv[2] ?? 200_000);
const ACCOUNTS = Number(process.argv[3] ?? 100);
const DURABILITIES = (process.argv[4] ?? 'none,interval,always').split(',') as ('none' | 'interval' | 'always')[];
/** Commands in flight: what a few hundred busy connections keep open. */
const WINDOW = 4_096;

async function run(durability: 'none' | 'interval' | 'always'): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-bench-'));
  const venue = await Venue.open({
    dir,
    durability,
    config: {
      tickMs: 100,
      partition: { maxBatch: 1024, maxInFlight: 16, maxQueued: 16_384, poisonAttempts: 3, passivateAfterMs: 60_000, snapshotEverySteps: 0 },
      consumerBatch: 1024,
      acquiring: { timeoutMs: 60_000, admission: { maxPending: 16_384, minPending: 16_384, targetMs: 60_000 } },
    },
  });
  try {
    const accounts: number[] = [];
    for (let i = 0; i < ACCOUNTS; i++) accounts.push(await venue.fundedAccount(`a${i}`));
    let seed = 42;
    const next = (bound: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed % bound;
    };
    let acknowledged = 0;
    let refused = 0;
    let fills = 0;
    let sent = 0;
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      let inFlight = 0;
      const pump = (): void => {
        while (inFlight < WINDOW && sent < ORDERS) {
          sent++;
          inFlight++;
          const side = next(2) === 0 ? 'BUY' : 'SELL';
          const price = 5_000_000 + next(200) - 100;
          venue.exchange
            .placeOrder({
              accountId: accounts[next(ACCOUNTS)] as number,
              symbol: 'BTCUSDT',
              order: order(side, price, 100 + next(1000), { timeInForce: next(4) === 0 ? 1 : 2 }),
            })
            .then((result) => {
              inFlight--;
              if (result.ok) {
                acknowledged++;
                fills += result.report.fills.length;
              } else refused++;
              if (acknowledged + refused === ORDERS) resolve();
              else pump();
            }, reject);
        }
      };
      pump();
    });
    const answeredMs = performance.now() - started;
    await venue.pipeline.barrier();
    const allMs = performance.now() - started;
    const cpu = process.cpuUsage(cpuBefore);
    for (const row of await venue.exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
    if (venue.fatal.length > 0) throw new Error(venue.fatal.join('\n'));
    const result = {
      durability,
      orders: ORDERS,
      accounts: ACCOUNTS,
      acknowledged,
      refused,
      fills,
      // On a machine shared with others the processor time says more than the wall clock.
      cpuMicrosPerOrder: Math.round((cpu.user + cpu.system) / ORDERS),
      ordersPerSecondAnswered: Math.round((ORDERS / answeredMs) * 1000),
      ordersPerSecondAllStages: Math.round((ORDERS / allMs) * 1000),
      steps: [venue.pipeline.settlement, venue.pipeline.match, venue.pipeline.kline].map(([host]) => host?.current.sequence),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    await venue.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

for (const durability of DURABILITIES) await run(durability);
