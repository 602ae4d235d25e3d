// An exchange of real processes over one nats-server: the writers each in processes of their own, the edge and the load in this one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exchange } from '../../src/actors/exchange.ts';
import type { Pipeline } from '../../src/actors/pipeline.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { streams } from '../../src/bus/subjects.ts';
import { accountPartition, symbolPartition } from '../../src/domain/partitions.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { order, TEST_PIPELINE_CONFIG, TEST_SECRETS } from '../../tests/pipeline/venue.ts';
import { ADMIT_EVERYTHING } from '../measure/admitEverything.ts';
import { edgeOf } from '../measure/edge.ts';
import { Random } from '../measure/random.ts';
import { RoleProcess } from '../measure/roleProcess.ts';

/** Load that goes on until it is told to stop. */
export interface Flood {
  /** Answered so far. */
  readonly orders: number;
  readonly fills: number;
  stop(): Promise<void>;
}

export interface VenueOptions {
  /** Of accounts and of markets. */
  readonly partitions: number;
  readonly symbols: number;
  readonly accounts: number;
}

/** Commands of operators in flight. */
const LANES = 32;
const SPREAD_POLL_MS = 20;

export class ScalingVenue {
  readonly options: VenueOptions;
  readonly nats: NatsServer;
  readonly #dir = mkdtempSync(join(tmpdir(), 'sedax-scaling-'));
  readonly #processes = new Map<string, RoleProcess>();
  readonly #accounts: number[] = [];
  readonly #symbols: string[] = [];
  readonly #random = new Random();
  #edge: { readonly bus: JetStreamBus; readonly pipeline: Pipeline; readonly exchange: Exchange } | undefined;

  private constructor(options: VenueOptions, nats: NatsServer) {
    this.options = options;
    this.nats = nats;
  }

  static async start(options: VenueOptions): Promise<ScalingVenue> {
    return new ScalingVenue(options, await NatsServer.start());
  }

  async add(name: string, roles: string): Promise<RoleProcess> {
    const partitions = String(this.options.partitions);
    const added = await RoleProcess.start(name, roles, {
      SEDAX_DATA_DIR: join(this.#dir, name),
      SEDAX_LOG_LEVEL: 'error',
      SEDAX_INSTRUMENTS_FILE: '',
      SEDAX_NATS_SERVERS: this.nats.url,
      SEDAX_NATS_REPLICAS: '1',
      SEDAX_NATS_FATAL_CHECKS: '',
      SEDAX_PIPELINE_ACCOUNT_PARTITIONS: partitions,
      SEDAX_PIPELINE_MARKET_PARTITIONS: partitions,
    });
    this.#processes.set(name, added);
    return added;
  }

  async stop(name: string): Promise<void> {
    const stopped = this.#processes.get(name)!;
    this.#processes.delete(name);
    await stopped.stop();
  }

  pid(name: string): number {
    return this.#processes.get(name)!.pid;
  }

  get names(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** The edge in this process; then symbols, and accounts with plenty of both assets. */
  async open(): Promise<void> {
    const { partitions, symbols, accounts } = this.options;
    const bus = await JetStreamBus.connect({ servers: [this.nats.url], name: 'edge', replicas: 1 });
    const pipeline = edgeOf(bus, {
      ...TEST_PIPELINE_CONFIG,
      accountPartitions: partitions,
      marketPartitions: partitions,
      consumerBatch: 1024,
      // A process that is held back answers late, and that is what is measured: nothing is shed, nobody gives up.
      acquiring: ADMIT_EVERYTHING,
      // As the processes have them.
      leaseTtlMs: 2_000,
      memberTtlMs: 2_000,
    });
    await pipeline.start();
    const exchange = new Exchange(pipeline, { defaultRates: { makerRate: 100_000, takerRate: 200_000 }, secrets: TEST_SECRETS });
    this.#edge = { bus, pipeline, exchange };
    const { admin } = exchange;
    const listed = exchange.registry.instruments().map(({ symbol }) => symbol);
    const names = Array.from({ length: symbols }, (_, i) => `BTC${i}USDT`);
    await inLanes(names, async (symbol) => {
      if (!listed.includes(symbol)) await admin.createInstrument(makeInstrument({ symbol }));
    });
    this.#symbols.push(...names);
    await inLanes(
      Array.from({ length: accounts }, (_, i) => `a${i}`),
      async (name) => {
        const { accountId } = await admin.createAccount({ name });
        this.#accounts.push(accountId);
        for (const asset of ['BTC', 'USDT']) {
          const result = await admin.deposit({ accountId, requestId: `${name}-${asset}`, asset, units: 10n ** 18n });
          if (!result.ok) throw new Error(result.reason.text);
        }
      },
    );
  }

  /** Resolves when the processes of the role, and nobody else, write its streams; how many each. */
  async spread(role: 'match' | 'settlement', names: readonly string[]): Promise<readonly number[]> {
    const topic = role === 'match' ? 'markets' : 'accounts';
    for (const until = performance.now() + 30_000; ; ) {
      const owners = [...this.#pipeline.owners.all()].filter(([stream]) => stream.startsWith(topic)).map(([, { writer }]) => writer);
      const counts = names.map((name) => owners.filter((owner) => owner === name).length);
      const most = Math.ceil(this.options.partitions / names.length);
      const owned = counts.reduce((sum, count) => sum + count, 0);
      if (owned === this.options.partitions && Math.max(...counts) <= most) return counts;
      if (performance.now() > until) throw new Error(`the partitions did not spread: ${names.map((name, i) => `${name} ${counts[i]}`)}`);
      await new Promise((resolve) => setTimeout(resolve, SPREAD_POLL_MS));
    }
  }

  /** Orders over all symbols, `window` of them in flight; each must be accepted. Resolves once the last is answered after stop(). */
  flood(window: number): Flood {
    const flood = { orders: 0, fills: 0, stopping: false };
    const lane = async (): Promise<void> => {
      while (!flood.stopping) {
        const fills = await this.#place();
        flood.fills += fills;
        flood.orders++;
      }
    };
    const ended = Promise.all(Array.from({ length: window }, lane));
    // Heard of by stop(), or at once when the benchmark waits for something else.
    ended.catch((error: unknown) => {
      if (!flood.stopping) throw error;
    });
    return {
      get orders() {
        return flood.orders;
      },
      get fills() {
        return flood.fills;
      },
      stop: async () => {
        flood.stopping = true;
        await ended;
      },
    };
  }

  /** How many times as much as one process could carry these, if every symbol or account were as busy as any other. */
  ideal(role: 'match' | 'settlement', names: readonly string[]): number {
    const { partitions } = this.options;
    const topic = role === 'match' ? streams.markets : streams.accounts;
    const busy = Array.from({ length: partitions }, () => 0);
    if (role === 'match') for (const symbol of this.#symbols) busy[symbolPartition(symbol, partitions)]!++;
    else for (const account of this.#accounts) busy[accountPartition(account, partitions)]!++;
    const owner = (partition: number): string | undefined => this.#pipeline.owners.of(topic(partition))?.writer;
    const carried = names.map((name) => busy.reduce((sum, count, partition) => sum + (owner(partition) === name ? count : 0), 0));
    return busy.reduce((sum, count) => sum + count, 0) / Math.max(...carried);
  }

  async #place(): Promise<number> {
    const symbol = this.#symbols[this.#random.below(this.#symbols.length)]!;
    const accountId = this.#accounts[this.#random.below(this.#accounts.length)]!;
    const side = this.#random.below(2) === 0 ? 'BUY' : 'SELL';
    const price = 5_000_000 + this.#random.below(200) - 100;
    const result = await this.#exchange.placeOrder({ accountId, symbol, order: order(side, price, 100 + this.#random.below(1000)) });
    if (!result.ok) throw new Error(result.reason.text);
    return result.report.fills.length;
  }

  async reconcile(): Promise<void> {
    for (const row of await this.#exchange.reconcile()) if (!row.ok) throw new Error(`${row.asset} does not add up`);
  }

  async close(): Promise<void> {
    await this.#edge?.pipeline.stop().catch(() => undefined);
    await Promise.all([...this.#processes.values()].map((one) => one.kill()));
    await this.#edge?.bus.close();
    await this.nats.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  get #exchange(): Exchange {
    if (this.#edge === undefined) throw new Error('not open');
    return this.#edge.exchange;
  }

  get #pipeline(): Pipeline {
    if (this.#edge === undefined) throw new Error('not open');
    return this.#edge.pipeline;
  }
}

async function inLanes<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const item of left) await run(item);
    }),
  );
}
