// Embedded pipeline, no HTTP: reserve, match, settle, kline, push fold, history, encode, journal, in one process.
//
//   commands -> Acquiring -> Settlement ==accounts==> Match ==markets==> Settlement, KLine, Push, History
//
// Run: npm run bench:pipeline -- [orders] [accounts] [durabilities] [warm-up orders]. Checks its answer: every order
// acknowledged or refused, every stage caught up before the clock stops, the money conserved to the unit. A third of the
// orders are IOC; the others fill or rest.
//
// The machine is shared, so besides the wall clock it says what an order costs in processor time, all threads and the main
// one alone, next to what an empty loop costs in the same seconds.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { order, Venue } from '../tests/pipeline/venue.ts';
import { ADMIT_EVERYTHING } from './measure/admitEverything.ts';

/** Commands in flight: what a few hundred busy connections keep open. */
const WINDOW = 4_096;

type Durability = 'none' | 'interval' | 'always';

export interface PipelineResult {
  readonly durability: Durability;
  readonly orders: number;
  readonly accounts: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly fills: number;
  readonly ordersPerSecondAnswered: number;
  readonly ordersPerSecondAllStages: number;
  readonly cpuMicrosPerOrder: number;
  /** Of the thread that runs the stages; -1 where the system does not say. */
  readonly mainThreadMicrosPerOrder: number;
  readonly gcMicrosPerOrder: number;
  /** Orders reserved in one step of the accounts' log, on average. */
  readonly ordersPerStep: number;
  readonly emptyLoopNanos: number;
}

/** Processor time of the main thread so far, in microseconds. */
function mainThreadMicros(): number {
  try {
    const fields = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime and stime, in ticks of 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return -1;
  }
}

/** What the processor does for others shows here: about 0.7 ns on an idle core of this kind. */
function emptyLoopNanos(): number {
  const iterations = 20_000_000;
  const from = performance.now();
  let sum = 0;
  for (let i = 0; i < iterations; i++) sum = (sum + i) | 0;
  const nanos = ((performance.now() - from) * 1e6) / iterations;
  return sum === 1 ? -1 : Math.round(nanos * 100) / 100;
}

export async function runPipeline(orders: number, accounts: number, durability: Durability, warmUp: number): Promise<PipelineResult> {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-bench-'));
  const venue = await Venue.open({
    dir,
    durability,
    historyThread: true,
    // As shipped.
    intervalMs: 100,
    config: {
      tickMs: 100,
      partition: {
        maxBatch: 1024,
        maxInFlight: 16,
        maxQueued: 16_384,
        poisonAttempts: 3,
        passivateAfterMs: 60_000,
        snapshotEverySteps: 0,
        snapshotSliceRows: 500,
      },
      consumerBatch: 1024,
      acquiring: ADMIT_EVERYTHING,
    },
  });
  let gcMs = 0;
  const gcs = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration;
  });
  gcs.observe({ entryTypes: ['gc'] });
  try {
    const ids: number[] = [];
    for (let i = 0; i < accounts; i++) ids.push(await venue.fundedAccount(`a${i}`));
    const load = new Load(venue, ids);
    await load.send(warmUp);
    await venue.pipeline.barrier();
    load.reset();
    gcMs = 0;
    const steps = venue.pipeline.settlement[0]?.current.sequence ?? 0;
    const cpuBefore = process.cpuUsage();
    const mainBefore = mainThreadMicros();
    const started = performance.now();
    await load.send(orders);
    const answeredMs = performance.now() - started;
    await venue.pipeline.barrier();
    const allMs = performance.now() - started;
    const cpu = process.cpuUsage(cpuBefore);
    const main = mainThreadMicros();
    const stepsTaken = (venue.pipeline.settlement[0]?.current.sequence ?? 0) - steps;
    for (const row of await venue.exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
    if (venue.fatal.length > 0) throw new Error(venue.fatal.join('\n'));
    if (load.acknowledged + load.refused !== orders) throw new Error(`${orders} sent, ${load.acknowledged + load.refused} answered`);
    const tenths = (micros: number): number => Math.round((micros * 10) / orders) / 10;
    return {
      durability,
      orders,
      accounts,
      acknowledged: load.acknowledged,
      refused: load.refused,
      fills: load.fills,
      ordersPerSecondAnswered: Math.round((orders / answeredMs) * 1000),
      ordersPerSecondAllStages: Math.round((orders / allMs) * 1000),
      cpuMicrosPerOrder: tenths(cpu.user + cpu.system),
      mainThreadMicrosPerOrder: main < 0 ? -1 : tenths(main - mainBefore),
      gcMicrosPerOrder: tenths(gcMs * 1000),
      ordersPerStep: Math.round(orders / stepsTaken),
      emptyLoopNanos: emptyLoopNanos(),
    };
  } finally {
    gcs.disconnect();
    await venue.close(false);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Orders of many accounts on one symbol around one price, so many in flight. */
class Load {
  readonly #venue: Venue;
  readonly #accounts: readonly number[];
  #seed = 42;
  acknowledged = 0;
  refused = 0;
  fills = 0;

  constructor(venue: Venue, accounts: readonly number[]) {
    this.#venue = venue;
    this.#accounts = accounts;
  }

  reset(): void {
    this.acknowledged = 0;
    this.refused = 0;
    this.fills = 0;
  }

  #below(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    // The high bits: the low ones of such a generator repeat soon.
    return Math.floor((this.#seed / 2 ** 32) * bound);
  }

  /** Resolves when all are answered. */
  async send(count: number): Promise<void> {
    if (count === 0) return;
    let sent = 0;
    let answered = 0;
    await new Promise<void>((resolve, reject) => {
      const pump = (): void => {
        while (sent - answered < WINDOW && sent < count) {
          sent++;
          this.#place().then(() => {
            answered++;
            if (answered === count) resolve();
            else pump();
          }, reject);
        }
      };
      pump();
    });
  }

  #place(): Promise<void> {
    const accountId = this.#accounts[this.#below(this.#accounts.length)] as number;
    const side = this.#below(2) === 0 ? 'BUY' : 'SELL';
    const terms = order(side, 5_000_000 + this.#below(200) - 100, 100 + this.#below(1000), { timeInForce: this.#below(3) === 0 ? 2 : 1 });
    return this.#venue.exchange.placeOrder({ accountId, symbol: 'BTCUSDT', order: terms }).then((result) => {
      if (result.ok) {
        this.acknowledged++;
        this.fills += result.report.fills.length;
      } else this.refused++;
    });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const orders = Number(args[0] ?? 300_000);
  const accounts = Number(args[1] ?? 1_000);
  const durabilities = (args[2] ?? 'none,interval,always').split(',') as Durability[];
  const warmUp = Number(args[3] ?? 100_000);
  for (const durability of durabilities) {
    process.stdout.write(`${JSON.stringify(await runPipeline(orders, accounts, durability, warmUp))}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.slice(2));
