// Orders over three log hops of JetStream, against a bare chain of the same bytes and batches in the same run.
//
//   edge (here) --request--> settlement ==accounts==> match ==markets==> settlement ==accounts==> edge (here)
//
// Run: npm run bench:distributed -- [orders a round] [servers: 1 or 3] [sync: default or always]. Writers in one process, edge and
// load in this one, nats-servers in theirs; every process with the flags of production. Checks its answer: every order
// acknowledged, every asset reconciled. Profiles: NODE_OPTIONS='--cpu-prof --cpu-prof-dir=<dir>'.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exchange } from '../../src/actors/exchange.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsCluster } from '../../src/support/natsCluster.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { order, TEST_PIPELINE_CONFIG, TEST_SECRETS } from '../../tests/pipeline/venue.ts';
import { edgeOf } from '../measure/edge.ts';
import { chainOf, subjectOf } from './bareHops.ts';

const ORDERS = Number(process.argv[2] ?? 60_000);
const SERVERS = Number(process.argv[3] ?? 1);
const SYNC = process.argv[4] ?? 'default';
/** So many that nobody meets MAX_NUM_ORDERS. */
const ACCOUNTS = 1_000;
/** Commands in flight. */
const WINDOW = 2_048;
/** Until the compiler is done with edge and writers. */
const WARM_UP_ORDERS = 60_000;
const ROUNDS = 3;
const STEADY_SECONDS = 5;
/** The bare chain's own warm-up, and so many times the messages of a round are counted: it is fast. */
const BARE_ROUNDS = 4;
/** As `npm start` and the image do. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

const config = {
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
  acquiring: { timeoutMs: 60_000, admission: { maxPending: 16_384, minPending: 16_384, targetMs: 60_000 } },
};

interface Nats {
  readonly urls: readonly string[];
  readonly pids: readonly (number | undefined)[];
  stop(): Promise<void>;
}

async function startNats(): Promise<Nats> {
  const syncAlways = SYNC === 'always';
  if (SERVERS === 3) {
    const cluster = await NatsCluster.start({ syncAlways });
    return { urls: cluster.urls, pids: cluster.servers.map(({ pid }) => pid), stop: () => cluster.stop() };
  }
  const server = await NatsServer.start({ syncAlways });
  return { urls: [server.url], pids: [server.pid], stop: () => server.stop() };
}

/** Resolves when the child says that it is ready. */
async function child(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
  const started = spawn(process.execPath, [...NODE_FLAGS, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A run that fails leaves nobody behind.
  process.once('exit', () => started.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    started.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/ready/.test(said)) resolve();
    });
    started.once('exit', (code) => reject(new Error(`exited with ${code}: ${said}`)));
  });
  return started;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Processor time of another process, on Linux; 0 elsewhere. */
function cpuMicrosOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
}

class Load {
  readonly #exchange: Exchange;
  readonly #accounts: readonly number[];
  #seed = 42;

  constructor(exchange: Exchange, accounts: readonly number[]) {
    this.#exchange = exchange;
    this.#accounts = accounts;
  }

  #next(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    return (this.#seed >>> 8) % bound;
  }

  async place(): Promise<number> {
    const side = this.#next(2) === 0 ? 'BUY' : 'SELL';
    const accountId = this.#accounts[this.#next(this.#accounts.length)] as number;
    const price = 5_000_000 + this.#next(200) - 100;
    const result = await this.#exchange.placeOrder({ accountId, symbol: 'BTCUSDT', order: order(side, price, 100 + this.#next(1000)) });
    if (!result.ok) throw new Error(result.reason.text);
    return result.report.fills.length;
  }

  /** As fast as a window of commands in flight goes; milliseconds. */
  async flood(orders: number): Promise<number> {
    const started = performance.now();
    let left = orders;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.place();
    };
    await Promise.all(Array.from({ length: Math.min(WINDOW, orders) }, lane));
    return performance.now() - started;
  }

  /** One after the other; milliseconds each, sorted. */
  async alone(orders: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < orders; i++) {
      const startedMs = performance.now();
      await this.place();
      times.push(performance.now() - startedMs);
    }
    return times.sort((a, b) => a - b);
  }

  /** At a steady rate, measured from when each order was due. */
  async steady(perSecond: number, seconds: number): Promise<Steady> {
    const times: number[] = [];
    const lags: number[] = [];
    const started = performance.now();
    const orders = Math.floor(perSecond * seconds);
    const running: Promise<void>[] = [];
    for (let sent = 0; sent < orders; ) {
      const due = Math.min(orders, Math.floor(((performance.now() - started) / 1000) * perSecond));
      for (; sent < due; sent++) {
        const dueMs = started + (sent / perSecond) * 1000;
        lags.push(performance.now() - dueMs);
        running.push(
          this.place().then((fills) => {
            if (fills > 0) times.push(performance.now() - dueMs);
          }),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const ordersPerSecond = orders / ((performance.now() - started) / 1000);
    await Promise.all(running);
    return { times: times.sort((a, b) => a - b), lags: lags.sort((a, b) => a - b), ordersPerSecond };
  }
}

interface Steady {
  /** Response times of the orders that met a counterpart, milliseconds, sorted. */
  readonly times: readonly number[];
  /** How late each order was sent: the generator's share of the times. */
  readonly lags: readonly number[];
  readonly ordersPerSecond: number;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Messages and bytes of the real run, for the bare chain to carry the same. */
interface Carried {
  readonly messages: number;
  readonly bytes: readonly [number, number, number];
}

let chains = 0;

/** Messages a second over three hops. */
async function bareChain(urls: readonly string[], { messages, bytes }: Carried, inFlight: number): Promise<number> {
  const chain = chainOf(++chains);
  const hops = await child([
    new URL('./bareHops.js', import.meta.url).pathname,
    urls.join(','),
    String(SERVERS),
    String(bytes[1]),
    String(bytes[2]),
    String(chains),
  ]);
  const bus = await JetStreamBus.connect({ servers: urls, name: 'bare chain', replicas: SERVERS });
  try {
    await bus.ensureStream(chain[0], [subjectOf(chain[0])]);
    const payload = Buffer.alloc(bytes[0], 7);
    const headers = {
      'Sedax-Writer': 'bare',
      'Sedax-Epoch': '1',
      'Sedax-Entries': 'SpotOrder=20,Balance=20',
      'Sedax-In': 'markets-0=1',
      'Sedax-Last-Entry': '1',
    };
    let sent = 0;
    const send = (): void => {
      bus
        .append({ stream: chain[0], subject: subjectOf(chain[0]), headers, payload, expectedLastSequence: sent++ })
        .catch((error: unknown) => {
          throw error;
        });
    };
    const reader = bus.read(chain[2], { fromSequence: 1 });
    const most = messages * (BARE_ROUNDS + 1);
    let started = 0;
    let back = 0;
    let counted = 0;
    while (sent < Math.min(inFlight, most)) send();
    while (back < most) {
      back += (await reader.next()).length;
      if (started === 0 && back >= messages) {
        started = performance.now();
        counted = back;
      }
      while (sent < most && sent - back < inFlight) send();
    }
    return ((back - counted) / (performance.now() - started)) * 1000;
  } finally {
    await bus.close();
    await stopped(hops);
  }
}

/** Ends the child in its own way, so that it leaves its profile where one was asked for. */
async function stopped(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

interface Grown {
  readonly messages: number;
  readonly bytes: number;
}

/** Processor time so far, microseconds. */
interface Cpu {
  readonly edge: number;
  readonly writers: number;
  readonly nats: number;
}

interface Round {
  readonly ordersPerSecond: number;
  /** An order. */
  readonly cpu: Cpu;
  readonly accounts: Grown;
  readonly markets: Grown;
}

function cpuOf(writers: ChildProcess, nats: Nats): Cpu {
  const { user, system } = process.cpuUsage();
  return {
    edge: user + system,
    writers: cpuMicrosOf(writers.pid),
    nats: nats.pids.reduce<number>((sum, pid) => sum + cpuMicrosOf(pid), 0),
  };
}

function perOrder(before: Cpu, after: Cpu, orders: number): Cpu {
  const of = (name: keyof Cpu): number => Math.round((after[name] - before[name]) / orders);
  return { edge: of('edge'), writers: of('writers'), nats: of('nats') };
}

async function grownOf(bus: JetStreamBus): Promise<{ readonly accounts: Grown; readonly markets: Grown }> {
  const [accounts, markets] = await Promise.all([bus.streamInfo('accounts-0'), bus.streamInfo('markets-0')]);
  return { accounts, markets };
}

const nats = await startNats();
process.once('exit', () => {
  for (const pid of nats.pids) if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
});
const dataDir = mkdtempSync(join(tmpdir(), 'sedax-bench-'));
const writers = await child(
  [new URL('../../../../bin/sedax.js', import.meta.url).pathname, 'start', '--role', 'admin,settlement,match,kline'],
  {
    SEDAX_DATA_DIR: dataDir,
    SEDAX_HTTP_PORT: '0',
    SEDAX_PROCESS: 'writers',
    SEDAX_LOG_LEVEL: 'error',
    SEDAX_INSTRUMENTS_FILE: '',
    SEDAX_NATS_SERVERS: nats.urls.join(','),
    SEDAX_NATS_REPLICAS: String(SERVERS),
    SEDAX_NATS_FATAL_CHECKS: '',
    SEDAX_PIPELINE_ACCOUNT_PARTITIONS: '1',
    SEDAX_PIPELINE_MARKET_PARTITIONS: '1',
    SEDAX_PIPELINE_PARTITION_MAX_QUEUED: '16384',
  },
);
const bus = await JetStreamBus.connect({ servers: nats.urls, name: 'edge', replicas: SERVERS });
const edge = edgeOf(bus, config);
try {
  await edge.start();
  const exchange = new Exchange(edge, { defaultRates: { makerRate: 100_000, takerRate: 200_000 }, secrets: TEST_SECRETS });
  if (exchange.registry.instrument('BTCUSDT') === undefined) await exchange.admin.createInstrument(makeInstrument());
  const accounts: number[] = [];
  for (let i = 0; i < ACCOUNTS; i++) {
    const { accountId } = await exchange.admin.createAccount({ name: `a${i}` });
    accounts.push(accountId);
    for (const asset of ['BTC', 'USDT']) await exchange.admin.deposit({ accountId, requestId: `${i}-${asset}`, asset, units: 10n ** 18n });
  }
  const load = new Load(exchange, accounts);
  await load.flood(WARM_UP_ORDERS);
  const rounds: Round[] = [];
  const round = async (): Promise<void> => {
    const before = await grownOf(bus);
    const cpuBefore = cpuOf(writers, nats);
    const ms = await load.flood(ORDERS);
    const cpu = perOrder(cpuBefore, cpuOf(writers, nats), ORDERS);
    const after = await grownOf(bus);
    const accounts = { messages: after.accounts.messages - before.accounts.messages, bytes: after.accounts.bytes - before.accounts.bytes };
    const markets = { messages: after.markets.messages - before.markets.messages, bytes: after.markets.bytes - before.markets.bytes };
    rounds.push({ ordersPerSecond: (ORDERS / ms) * 1000, cpu, accounts, markets });
  };
  await round();
  const [first] = rounds as [Round];
  const messages = Math.max(1, Math.round((first.accounts.messages + first.markets.messages) / 3));
  const accountsBytes = Math.round(first.accounts.bytes / messages / 2);
  const carried: Carried = { messages, bytes: [accountsBytes, Math.round(first.markets.bytes / messages), accountsBytes] };
  const inFlight = Math.max(1, Math.round((WINDOW / ORDERS) * messages));
  const bare = [await bareChain(nats.urls, carried, inFlight)];
  while (rounds.length < ROUNDS) await round();
  const perSecond = median(rounds.map(({ ordersPerSecond }) => ordersPerSecond));
  const cpuAtRest = cpuOf(writers, nats);
  const steady = await load.steady(perSecond / 2, STEADY_SECONDS);
  const cpuAtHalfLoad = perOrder(cpuAtRest, cpuOf(writers, nats), (perSecond / 2) * STEADY_SECONDS);
  const alone = await load.alone(1000);
  for (const row of await exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
  bare.push(await bareChain(nats.urls, carried, inFlight));
  const bareOrders = bare.map((messagesPerSecond) => (messagesPerSecond * ORDERS) / messages);
  const barePerSecond = (Math.min(...bareOrders) + Math.max(...bareOrders)) / 2;
  const result = {
    servers: SERVERS,
    sync: SYNC,
    orders: ORDERS,
    ordersPerSecond: rounds.map(({ ordersPerSecond }) => Math.round(ordersPerSecond)),
    // On a machine shared with others the processor time says more than the wall clock.
    cpuMicrosPerOrder: {
      edge: median(rounds.map(({ cpu }) => cpu.edge)),
      writers: median(rounds.map(({ cpu }) => cpu.writers)),
      nats: median(rounds.map(({ cpu }) => cpu.nats)),
    },
    ordersPerMessage: Math.round((ORDERS / messages) * 10) / 10,
    bytesPerMessage: carried.bytes,
    bareOrdersPerSecond: bareOrders.map(Math.round),
    shareOfBare: Math.round((perSecond / barePerSecond) * 100) / 100,
    atHalfLoad: {
      ordersPerSecond: Math.round(steady.ordersPerSecond),
      cpuMicrosPerOrder: cpuAtHalfLoad,
      fills: steady.times.length,
      placeToFillMs: { p50: percentile(steady.times, 0.5), p99: percentile(steady.times, 0.99) },
      // Part of the above: the generator's timer, and what keeps its process from sending in time.
      sentLateMs: { p50: percentile(steady.lags, 0.5), p99: percentile(steady.lags, 0.99) },
    },
    // One order at a time, nothing else going on.
    aloneMs: { p50: percentile(alone, 0.5), p99: percentile(alone, 0.99) },
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await stopped(writers);
  await edge.stop().catch(() => undefined);
  await bus.close();
  await nats.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(0);
