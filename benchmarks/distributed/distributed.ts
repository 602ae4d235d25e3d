// An exchange over JetStream, every writer in one process, edge and load in this one: its throughput beside a bare chain of the same
// bytes and batches, its response times at half of that, and of an order alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exchange } from '../../src/actors/exchange.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsCluster } from '../../src/support/natsCluster.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { TEST_PIPELINE_CONFIG, TEST_SECRETS } from '../../tests/pipeline/venue.ts';
import { ADMIT_EVERYTHING } from '../measure/admitEverything.ts';
import { edgeOf } from '../measure/edge.ts';
import { cpuMicrosOf, RoleProcess } from '../measure/roleProcess.ts';
import { median, quantile } from '../measure/statistics.ts';
import { bareChain, type Carried } from './bareChain.ts';
import type { Hops } from './bareHops.ts';
import { Load } from './load.ts';

export interface DistributedOptions {
  readonly servers: 1 | 3;
  readonly syncAlways: boolean;
  /** So many that nobody meets MAX_NUM_ORDERS. */
  readonly accounts: number;
  /** Commands in flight. */
  readonly window: number;
  /** Until the compiler is done with edge and writers. */
  readonly warmUpOrders: number;
  readonly roundOrders: number;
  readonly rounds: number;
  readonly steadySeconds: number;
  readonly aloneOrders: number;
  /** Of the writers' process. */
  readonly nodeFlags: readonly string[];
  readonly startHops: (hops: Hops) => Promise<() => Promise<void>>;
}

/** Processor time, microseconds. */
export interface Cpu {
  readonly edge: number;
  readonly writers: number;
  readonly nats: number;
}

interface Times {
  readonly p50: number;
  readonly p99: number;
}

export interface DistributedResult {
  readonly ordersPerSecond: readonly number[];
  /** An order. On a machine shared with others it says more than the wall clock. */
  readonly cpuMicrosPerOrder: Cpu;
  readonly ordersPerMessage: number;
  readonly bytesPerMessage: readonly [number, number, number];
  readonly bareOrdersPerSecond: readonly number[];
  readonly shareOfBare: number;
  readonly atHalfLoad: {
    readonly ordersPerSecond: number;
    readonly cpuMicrosPerOrder: Cpu;
    readonly fills: number;
    readonly placeToFillMs: Times;
    /** Part of the above: the generator's timer, and what keeps its process from sending in time. */
    readonly sentLateMs: Times;
  };
  /** One order at a time, nothing else going on. */
  readonly aloneMs: Times;
}

const CONFIG = {
  ...TEST_PIPELINE_CONFIG,
  partition: {
    maxBatch: 1024,
    maxInFlight: 64,
    maxQueued: 16_384,
    poisonAttempts: 3,
    passivateAfterMs: 60_000,
    snapshotEverySteps: 0,
    snapshotSliceRows: 500,
  },
  consumerBatch: 1024,
  tickMs: 100,
  acquiring: ADMIT_EVERYTHING,
};

interface Nats {
  readonly urls: readonly string[];
  readonly pids: readonly (number | undefined)[];
  stop(): Promise<void>;
}

async function startNats(servers: 1 | 3, syncAlways: boolean): Promise<Nats> {
  if (servers === 3) {
    const cluster = await NatsCluster.start({ syncAlways });
    return { urls: cluster.urls, pids: cluster.servers.map(({ pid }) => pid), stop: () => cluster.stop() };
  }
  const server = await NatsServer.start({ syncAlways });
  return { urls: [server.url], pids: [server.pid], stop: () => server.stop() };
}

interface Round {
  readonly ordersPerSecond: number;
  readonly cpu: Cpu;
  readonly carried: Carried;
}

const hundredth = (value: number): number => Math.round(value * 100) / 100;
const timesOf = (sorted: readonly number[]): Times => ({ p50: hundredth(quantile(sorted, 0.5)), p99: hundredth(quantile(sorted, 0.99)) });

class Measured {
  readonly #options: DistributedOptions;
  readonly #nats: Nats;
  readonly #writers: RoleProcess;
  readonly #bus: JetStreamBus;
  readonly #load: Load;

  constructor(options: DistributedOptions, nats: Nats, writers: RoleProcess, bus: JetStreamBus, load: Load) {
    this.#options = options;
    this.#nats = nats;
    this.#writers = writers;
    this.#bus = bus;
    this.#load = load;
  }

  async run(reconcile: () => Promise<void>): Promise<DistributedResult> {
    const { rounds, roundOrders, warmUpOrders, window, steadySeconds, aloneOrders } = this.#options;
    await this.#load.flood(warmUpOrders, window);
    const seen = [await this.#round()];
    const { carried } = seen[0]!;
    const bare = [await this.#bare(carried)];
    while (seen.length < rounds) seen.push(await this.#round());
    const perSecond = median(seen.map(({ ordersPerSecond }) => ordersPerSecond));
    const before = this.#cpu();
    const steady = await this.#load.steady(perSecond / 2, steadySeconds);
    const steadyCpu = this.#perOrder(before, (perSecond / 2) * steadySeconds);
    const alone = await this.#load.alone(aloneOrders);
    await reconcile();
    bare.push(await this.#bare(carried));
    const bareOrders = bare.map((messagesPerSecond) => (messagesPerSecond * roundOrders) / carried.messages);
    const part = (name: keyof Cpu): number => median(seen.map(({ cpu }) => cpu[name]));
    return {
      ordersPerSecond: seen.map(({ ordersPerSecond }) => Math.round(ordersPerSecond)),
      cpuMicrosPerOrder: { edge: part('edge'), writers: part('writers'), nats: part('nats') },
      ordersPerMessage: Math.round((roundOrders / carried.messages) * 10) / 10,
      bytesPerMessage: carried.bytes,
      bareOrdersPerSecond: bareOrders.map(Math.round),
      shareOfBare: hundredth(perSecond / median(bareOrders)),
      atHalfLoad: {
        ordersPerSecond: Math.round(steady.ordersPerSecond),
        cpuMicrosPerOrder: steadyCpu,
        fills: steady.times.length,
        placeToFillMs: timesOf(steady.times),
        sentLateMs: timesOf(steady.lags),
      },
      aloneMs: timesOf(alone),
    };
  }

  async #round(): Promise<Round> {
    const orders = this.#options.roundOrders;
    const grown = await this.#streams();
    const cpu = this.#cpu();
    const ms = await this.#load.flood(orders, this.#options.window);
    const cpuPerOrder = this.#perOrder(cpu, orders);
    const now = await this.#streams();
    const messages = Math.max(1, Math.round((now.messages - grown.messages) / 3));
    // Orders and balances are one stream, which the chain has twice.
    const accounts = Math.round((now.accountsBytes - grown.accountsBytes) / messages / 2);
    const markets = Math.round((now.marketsBytes - grown.marketsBytes) / messages);
    return { ordersPerSecond: (orders / ms) * 1000, cpu: cpuPerOrder, carried: { messages, bytes: [accounts, markets, accounts] } };
  }

  #bare(carried: Carried): Promise<number> {
    const { window, roundOrders, startHops } = this.#options;
    const inFlight = Math.max(1, Math.round((window / roundOrders) * carried.messages));
    return bareChain(this.#nats.urls, carried, inFlight, startHops);
  }

  async #streams(): Promise<{ readonly messages: number; readonly accountsBytes: number; readonly marketsBytes: number }> {
    const [accounts, markets] = await Promise.all([this.#bus.streamInfo('accounts-0'), this.#bus.streamInfo('markets-0')]);
    return { messages: accounts.messages + markets.messages, accountsBytes: accounts.bytes, marketsBytes: markets.bytes };
  }

  #cpu(): Cpu {
    const { user, system } = process.cpuUsage();
    return {
      edge: user + system,
      writers: cpuMicrosOf(this.#writers.pid),
      nats: this.#nats.pids.reduce<number>((sum, pid) => sum + cpuMicrosOf(pid), 0),
    };
  }

  #perOrder(before: Cpu, orders: number): Cpu {
    const now = this.#cpu();
    const of = (name: keyof Cpu): number => Math.round((now[name] - before[name]) / orders);
    return { edge: of('edge'), writers: of('writers'), nats: of('nats') };
  }
}

/** Throws where an order is refused or an asset does not add up. Leaves no process behind. */
export async function measureDistributed(options: DistributedOptions): Promise<DistributedResult> {
  const { servers, accounts } = options;
  const nats = await startNats(servers, options.syncAlways);
  const dir = mkdtempSync(join(tmpdir(), 'sedax-bench-'));
  let writers: RoleProcess | undefined;
  try {
    writers = await RoleProcess.start('writers', 'admin,settlement,match,kline', writersEnv(dir, nats.urls), options.nodeFlags);
    const bus = await JetStreamBus.connect({ servers: nats.urls, name: 'edge', replicas: servers });
    const edge = edgeOf(bus, CONFIG);
    try {
      await edge.start();
      const exchange = new Exchange(edge, { defaultRates: { makerRate: 100_000, takerRate: 200_000 }, secrets: TEST_SECRETS });
      const load = new Load(exchange, await fundedAccounts(exchange, accounts));
      const result = await new Measured(options, nats, writers, bus, load).run(() => reconcile(exchange));
      await writers.stop();
      return result;
    } finally {
      await edge.stop().catch(() => undefined);
      await bus.close();
    }
  } finally {
    await writers?.kill();
    await nats.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function writersEnv(dir: string, urls: readonly string[]): Readonly<Record<string, string>> {
  return {
    SEDAX_DATA_DIR: dir,
    SEDAX_LOG_LEVEL: 'error',
    SEDAX_INSTRUMENTS_FILE: '',
    SEDAX_NATS_SERVERS: urls.join(','),
    SEDAX_NATS_REPLICAS: String(urls.length),
    SEDAX_NATS_FATAL_CHECKS: '',
    SEDAX_PIPELINE_ACCOUNT_PARTITIONS: '1',
    SEDAX_PIPELINE_MARKET_PARTITIONS: '1',
    SEDAX_PIPELINE_PARTITION_MAX_QUEUED: '16384',
  };
}

async function fundedAccounts(exchange: Exchange, count: number): Promise<number[]> {
  if (exchange.registry.instrument('BTCUSDT') === undefined) await exchange.admin.createInstrument(makeInstrument());
  const accounts: number[] = [];
  for (let i = 0; i < count; i++) {
    const { accountId } = await exchange.admin.createAccount({ name: `a${i}` });
    accounts.push(accountId);
    for (const asset of ['BTC', 'USDT']) await exchange.admin.deposit({ accountId, requestId: `${i}-${asset}`, asset, units: 10n ** 18n });
  }
  return accounts;
}

async function reconcile(exchange: Exchange): Promise<void> {
  for (const row of await exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
}
