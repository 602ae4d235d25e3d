// The graph of the exchange, wired:
//
//   edges -> Acquiring --commands--> Settlement (accounts) ==accounts-p==> Match (symbols) ==markets-s==+==> Settlement
//               ^                                                                                       +==> KLine ==klines-s==+
//               +------------- reports <------------- Push <==all logs==================================+                      |
//                                                     History <==all logs=====================================================+
//
// ==> is a log: a stage reads only what is persisted there. Stages know streams, never each other.
import type { Bus } from '../bus/bus.ts';
import { streams, subjectsOf } from '../bus/subjects.ts';
import type { Account } from '../domain/account/account.ts';
import type { KLineBuilder } from '../domain/kline/klineBuilder.ts';
import type { Market } from '../domain/market/market.ts';
import { accountPartition, symbolPartition } from '../domain/partitions.ts';
import type { RegistryState } from '../domain/registryState.ts';
import type { HistoryStore } from '../history/historyStore.ts';
import type { Clock } from '../ports/clock.ts';
import { Acquiring } from './acquiring/acquiring.ts';
import type { AdmissionOptions } from './acquiring/admission.ts';
import { AdminBehaviour, type AdminInput } from './admin/adminBehaviour.ts';
import { RegistryReader } from './admin/registryReader.ts';
import type { Behaviour } from './behaviour.ts';
import { HistoryStage } from './history/historyStage.ts';
import { KLineBehaviour, type KLineInput } from './kline/klineBehaviour.ts';
import { MarketBehaviour, type MarketBehaviourOptions, type MarketInput } from './match/marketBehaviour.ts';
import type { PartitionOptions } from './partition.ts';
import { PartitionHost } from './partitionHost.ts';
import { PushHub } from './push/pushHub.ts';
import { PushStage } from './push/pushStage.ts';
import { AccountBehaviour, type AccountBehaviourOptions, type AccountInput } from './settlement/accountBehaviour.ts';
import { ActorRoot, type StageLogger } from './supervision.ts';

export interface PipelineConfig {
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly partition: PartitionOptions;
  readonly acquiring: { readonly timeoutMs: number; readonly admission: AdmissionOptions };
  /** Most messages a reading stage takes at once. */
  readonly consumerBatch: number;
  readonly pushSnapshotEveryMessages: number;
  readonly tickMs: number;
  readonly leaseTtlMs: number;
}

export interface PipelineDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: StageLogger;
  readonly history: HistoryStore;
  readonly config: PipelineConfig;
  /** Names this process in the logs' headers. */
  readonly writer: string;
  /** Distinguishes this life of the process from others that may have commands in flight. */
  readonly life: number;
  readonly onFatal: (stage: string, error: Error) => void;
  /** Hears of every stage that is up, in order. */
  readonly onStarted?: (stage: string, facts: string) => void;
  /** Children with planted faults, for tests. */
  readonly newMarket?: MarketBehaviourOptions['newMarket'];
  readonly newAccount?: AccountBehaviourOptions['newAccount'];
}

export class Pipeline {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly config: PipelineConfig;
  readonly root: ActorRoot;
  readonly registry: RegistryReader;
  readonly admin: PartitionHost<RegistryState, AdminInput>;
  readonly settlement: readonly PartitionHost<Account, AccountInput>[];
  readonly match: readonly PartitionHost<Market, MarketInput>[];
  readonly kline: readonly PartitionHost<KLineBuilder, KLineInput>[];
  readonly hub: PushHub;
  readonly push: PushStage;
  readonly history: HistoryStage;
  readonly historyStore: HistoryStore;
  readonly acquiring: Acquiring;
  readonly startedUs: number;
  readonly #deps: PipelineDeps;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deps: PipelineDeps) {
    const { bus, clock, config, logger } = deps;
    this.#deps = deps;
    this.bus = bus;
    this.clock = clock;
    this.config = config;
    this.startedUs = clock.nowUs();
    this.root = new ActorRoot(logger, deps.onFatal);
    this.registry = new RegistryReader(bus);
    const { registry } = this;
    const { accountPartitions, marketPartitions } = config;

    this.admin = this.#hosts('admin', 1, () => new AdminBehaviour())[0] as PartitionHost<RegistryState, AdminInput>;
    this.settlement = this.#hosts(
      'settlement',
      accountPartitions,
      (partition) =>
        new AccountBehaviour({
          partition,
          accountPartitions,
          marketPartitions,
          registry,
          onPoison: (accountId) => this.#freeze(accountId),
          ...(deps.newAccount === undefined ? {} : { newAccount: deps.newAccount }),
        }),
    );
    this.match = this.#hosts(
      'match',
      marketPartitions,
      (partition) =>
        new MarketBehaviour({
          partition,
          accountPartitions,
          marketPartitions,
          registry,
          onPoison: (symbol, reason) => this.#halt(symbol, reason),
          ...(deps.newMarket === undefined ? {} : { newMarket: deps.newMarket }),
        }),
    );
    this.kline = this.#hosts('kline', marketPartitions, (partition) => new KLineBehaviour({ partition, onPoison: () => undefined }));

    this.hub = new PushHub({
      instruments: (symbol) => registry.instrument(symbol),
      onListenerFailure: (stream, key, error) =>
        logger.error({ stage: 'push', stream, key, err: error }, 'a listener threw and was removed'),
    });
    this.acquiring = new Acquiring({
      clock,
      registry,
      markets: this.hub.markets,
      route: {
        send: (command, answer) => {
          const host = this.settlement[accountPartition(command.accountId, accountPartitions)] as PartitionHost<Account, AccountInput>;
          host.current.submit(command.accountId, { kind: 'command', command, answer });
        },
      },
      life: deps.life,
      timeoutMs: config.acquiring.timeoutMs,
      admission: config.acquiring.admission,
    });
    const { root } = this;
    const read = this.readStreams();
    this.push = new PushStage({
      bus,
      root,
      parent: root.group('push'),
      hub: this.hub,
      pending: this.acquiring.pending,
      streams: read,
      maxBatch: config.consumerBatch,
      snapshotEveryMessages: config.pushSnapshotEveryMessages,
    });
    this.historyStore = deps.history;
    this.history = new HistoryStage({
      bus,
      root,
      parent: root.group('history'),
      store: deps.history,
      streams: read,
      maxBatch: config.consumerBatch,
    });
  }

  /** Every log but admin's: what the reading stages follow. */
  readStreams(): string[] {
    const { accountPartitions, marketPartitions } = this.config;
    return [
      ...Array.from({ length: accountPartitions }, (_, p) => streams.accounts(p)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.markets(s)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.klines(s)),
    ];
  }

  async start(): Promise<void> {
    const { bus } = this;
    const started = this.#deps.onStarted ?? (() => undefined);
    for (const stream of [streams.admin, ...this.readStreams()]) await bus.ensureStream(stream, subjectsOf(stream));
    await this.registry.start((error) => this.root.fatal('registry', error));
    await this.#startAll('admin', [this.admin], started);
    started('registry', `${this.registry.instruments().length} symbols, ${this.registry.profiles().length} accounts`);
    await this.#startAll('settlement', this.settlement, started);
    this.registry.onInstrument((instrument) => {
      const partition = this.match[symbolPartition(instrument.symbol, this.config.marketPartitions)]?.current;
      if (partition?.peek(instrument.symbol) !== undefined) partition.submit(instrument.symbol, { kind: 'instrument', instrument });
    });
    await this.#startAll('match', this.match, started);
    await this.#startAll('kline', this.kline, started);
    await this.push.start();
    started('push', `${this.readStreams().length} logs followed`);
    this.history.start();
    started('history', 'store open');
    await this.#caughtUp();
    this.#startTimers();
    started('acquiring', `up to ${this.config.acquiring.admission.maxPending} commands in flight`);
  }

  /** Stops in reverse: no new work, everything in flight finished and persisted, snapshots taken. */
  async stop(options: { readonly snapshots: boolean } = { snapshots: true }): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const partitions = [...this.settlement, ...this.match, ...this.kline, this.admin];
    await this.#quiet();
    if (options.snapshots) await Promise.all(partitions.map((host) => host.current.snapshot()));
    await this.push.stop();
    await this.history.stop();
    for (const host of partitions) await host.stop();
    this.registry.stop();
    this.root.stop();
  }

  /** Resolves when every stage has taken in what is in the logs now. */
  async barrier(stages: 'all' | 'settlement' | 'history' = 'all'): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const stream of this.readStreams()) {
      const { lastSequence } = await this.bus.streamInfo(stream);
      if (stages !== 'history') for (const host of this.settlement) waits.push(host.current.whenConsumed(stream, lastSequence));
      if (stages === 'settlement') continue;
      waits.push(this.history.consumer.whenConsumed(stream, lastSequence));
      if (stages === 'history') continue;
      waits.push(this.push.consumer.whenConsumed(stream, lastSequence));
      for (const host of [...this.match, ...this.kline]) waits.push(host.current.whenConsumed(stream, lastSequence));
    }
    await Promise.all(waits);
  }

  #hosts<S, I>(stage: string, count: number, make: (partition: number) => Behaviour<S, I>): PartitionHost<S, I>[] {
    const { bus, clock, config, writer } = this.#deps;
    const parent = this.root.group(stage);
    return Array.from(
      { length: count },
      (_, partition) =>
        new PartitionHost<S, I>(() => make(partition), {
          bus,
          clock,
          root: this.root,
          parent,
          options: config.partition,
          writer,
          leaseTtlMs: config.leaseTtlMs,
        }),
    );
  }

  async #startAll<S, I>(
    stage: string,
    hosts: readonly PartitionHost<S, I>[],
    started: (stage: string, facts: string) => void,
  ): Promise<void> {
    let replayed = 0;
    let children = 0;
    for (const host of hosts) {
      const facts = await host.start();
      replayed += facts.replayed;
      children += facts.children;
    }
    started(stage, `${hosts.length} partition${hosts.length === 1 ? '' : 's'}, ${children} restored, ${replayed} steps replayed`);
  }

  /** What was in flight at the last stop is worked off before the door opens. */
  async #caughtUp(): Promise<void> {
    for (let round = 0; round < 3; round++) await this.barrier();
  }

  /** Commands in flight come to their end, as far as they can within their time-out. */
  async #quiet(): Promise<void> {
    const until = this.clock.nowUs() + this.config.acquiring.timeoutMs * 1000;
    while (this.acquiring.pending.size > 0 && this.clock.nowUs() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    this.acquiring.pending.failAll(new Error('the exchange is stopping'));
    for (let round = 0; round < 2; round++) await this.barrier();
  }

  #startTimers(): void {
    const every = (ms: number, action: () => void): void => {
      this.#timers.push(setInterval(action, ms));
    };
    every(this.config.tickMs, () => {
      const nowUs = this.clock.nowUs();
      this.acquiring.pending.expire(nowUs / 1000);
      for (const { current } of this.match) {
        for (const [symbol, market] of current.states()) if (market.nextExpiryUs <= nowUs) current.submit(symbol, { kind: 'tick' });
      }
      for (const { current } of this.kline) for (const [symbol] of current.states()) current.submit(symbol, { kind: 'tick' });
    });
    every(10_000, () => {
      for (const { current } of [...this.settlement, ...this.match, ...this.kline]) current.passivate();
    });
  }

  #halt(symbol: string, reason: string): void {
    this.#changeAfterPoison({ kind: 'updateInstrument', symbol, change: { status: 2, haltReason: reason } });
  }

  #freeze(accountId: number): void {
    this.#changeAfterPoison({ kind: 'updateAccount', accountId, change: { frozen: true } });
  }

  #changeAfterPoison(change: AdminInput['change']): void {
    this.admin.current.submit('registry', {
      change,
      answer: (answer) => {
        if (!answer.ok) this.root.logger.error({ stage: 'admin', problem: answer.message }, 'could not close the door of a poisoned child');
      },
    });
  }
}
