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
import type { AccountLimits } from '../domain/account/limits.ts';
import type { KLineBuilder } from '../domain/kline/klineBuilder.ts';
import type { Market } from '../domain/market/market.ts';
import { symbolPartition } from '../domain/partitions.ts';
import type { RegistryState } from '../domain/registryState.ts';
import type { HistoryKeeper } from '../history/historyKeeper.ts';
import type { Clock } from '../ports/clock.ts';
import { OutcomeUnknownError } from '../ports/exchangePort.ts';
import { Acquiring } from './acquiring/acquiring.ts';
import type { AdmissionOptions } from './acquiring/admission.ts';
import { AdminBehaviour, type AdminInput } from './admin/adminBehaviour.ts';
import { RegistryReader } from './admin/registryReader.ts';
import type { Behaviour } from './behaviour.ts';
import { Cluster, type DistributionOptions } from './distribution/cluster.ts';
import { Owners } from './distribution/owners.ts';
import { RemoteWriters } from './distribution/remoteWriters.ts';
import type { RetentionConfig } from './distribution/retention.ts';
import { HistoryStage } from './history/historyStage.ts';
import { KLineBehaviour, type KLineInput } from './kline/klineBehaviour.ts';
import { LocalWriters } from './localWriters.ts';
import { MarketBehaviour, type MarketBehaviourOptions, type MarketInput } from './match/marketBehaviour.ts';
import type { RegistryPosition } from './outputLog.ts';
import type { PartitionOptions } from './partitionDeps.ts';
import { PartitionHost } from './partitionHost.ts';
import { PushHub } from './push/pushHub.ts';
import { PushStage } from './push/pushStage.ts';
import { ROLES, type Role, servesClients } from './roles.ts';
import { AccountBehaviour, type AccountBehaviourOptions, type AccountInput } from './settlement/accountBehaviour.ts';
import { ActorRoot, backOffMs, type StageLogger } from './supervision.ts';
import type { Writers } from './writers.ts';

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
  /** What one account may have open over all symbols. */
  readonly accountLimits: AccountLimits;
  /** A member that is silent for this long counts as gone. */
  readonly memberTtlMs: number;
  /** What the logs keep, of an exchange of several processes. Absent: everything. */
  readonly retention?: RetentionConfig;
}

export interface PipelineDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly logger: StageLogger;
  /** Absent where this process keeps no history. */
  readonly history?: HistoryKeeper;
  readonly config: PipelineConfig;
  /** Names this process in the logs' headers. */
  readonly writer: string;
  /** Distinguishes this life of the process from others that may have commands in flight. */
  readonly life: number;
  readonly onFatal: (stage: string, error: Error) => void;
  /** Hears of every stage that is up, in order. */
  readonly onStarted?: (stage: string, facts: string) => void;
  /** Past one process: what this one does, and with whom. Absent, it does everything, alone. */
  readonly distribution?: DistributionOptions;
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
  /** Absent where this process keeps no history. */
  readonly history: HistoryStage | undefined;
  readonly writers: Writers;
  readonly roles: ReadonlySet<Role>;
  /** Who writes which stream, as the logs this process reads say. */
  readonly owners = new Owners();
  readonly cluster: Cluster | undefined;
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
    this.registry = new RegistryReader(bus, (message) => this.owners.note(message));
    const { registry, owners } = this;
    const { accountPartitions, marketPartitions } = config;
    const { distribution } = deps;
    this.roles = distribution?.roles ?? new Set(ROLES);

    this.admin = this.#hosts('admin', 1, () => new AdminBehaviour(), undefined)[0] as PartitionHost<RegistryState, AdminInput>;
    this.settlement = this.#hosts(
      'settlement',
      accountPartitions,
      (partition) =>
        new AccountBehaviour({
          partition,
          accountPartitions,
          marketPartitions,
          registry,
          limits: config.accountLimits,
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
    this.writers =
      distribution === undefined
        ? new LocalWriters(this)
        : new RemoteWriters({
            bus,
            owners,
            registry,
            accountPartitions,
            marketPartitions,
            timeoutMs: config.acquiring.timeoutMs,
            history: distribution.history,
          });
    this.acquiring = new Acquiring({
      clock,
      registry,
      markets: this.hub.markets,
      route: this.writers,
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
      registry,
      seen: (message) => owners.note(message),
      // The fold is the same everywhere: one process keeps it for all.
      keepsSnapshot: () => this.cluster?.leads(servesClients) ?? true,
    });
    this.history =
      deps.history &&
      new HistoryStage({
        bus,
        root,
        parent: root.group('history'),
        keeper: deps.history,
        streams: read,
        maxBatch: config.consumerBatch,
        ...(distribution === undefined ? {} : { serves: { version: distribution.version, metadata: { process: deps.writer } } }),
      });
    this.cluster = distribution && new Cluster(this, distribution, deps.writer, logger);
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
    const started = this.#deps.onStarted ?? (() => undefined);
    await Promise.all([streams.admin, ...this.readStreams()].map((stream) => this.bus.ensureStream(stream, subjectsOf(stream))));
    await this.registry.start((error) => this.root.fatal('registry', error));
    this.registry.onInstrument((instrument) => {
      const partition = this.match[symbolPartition(instrument.symbol, this.config.marketPartitions)]?.running;
      if (partition?.peek(instrument.symbol) !== undefined) partition.submit(instrument.symbol, { kind: 'instrument', instrument });
    });
    if (this.cluster === undefined) await this.#startWriters(started);
    if (servesClients(this.roles)) {
      await this.owners.load(this.bus, this.readStreams());
      await this.push.start();
      started('push', `${this.readStreams().length} logs followed`);
    }
    if (this.history !== undefined) {
      await this.history.start();
      started('history', 'store open');
    }
    if (this.cluster === undefined) for (let round = 0; round < 3; round++) await this.barrier();
    else {
      started('cluster', await this.cluster.start());
      await this.#caughtUp();
    }
    this.#startTimers();
    if (servesClients(this.roles)) started('acquiring', `up to ${this.config.acquiring.admission.maxPending} commands in flight`);
  }

  async #startWriters(started: (stage: string, facts: string) => void): Promise<void> {
    await this.#startAll('admin', [this.admin], started);
    await this.#startAll('settlement', this.settlement, started);
    await this.#startAll('match', this.match, started);
    await this.#startAll('kline', this.kline, started);
  }

  /** Stops in reverse: no new work, everything in flight finished and persisted, snapshots taken. */
  async stop(options: { readonly snapshots: boolean } = { snapshots: true }): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#quiet();
    const partitions = [...this.settlement, ...this.match, ...this.kline, this.admin];
    if (this.cluster !== undefined) await this.cluster.stop();
    else if (options.snapshots) await Promise.all(partitions.map((host) => host.current.snapshot()));
    if (servesClients(this.roles)) await this.push.stop();
    await this.history?.stop();
    for (const host of partitions) await host.stop();
    this.registry.stop();
    this.root.stop();
  }

  /** Resolves when every stage of an exchange in one process has taken in what is in the logs now. */
  async barrier(stages: 'all' | 'settlement' | 'history' = 'all'): Promise<void> {
    // Asked first, awaited then: a wait that fails meanwhile would be nobody's.
    const heads: (readonly [stream: string, lastSequence: number])[] = [];
    for (const stream of this.readStreams()) heads.push([stream, (await this.bus.streamInfo(stream)).lastSequence]);
    const waits: Promise<void>[] = [];
    for (const [stream, lastSequence] of heads) {
      if (stages !== 'history') for (const host of this.settlement) waits.push(host.current.whenConsumed(stream, lastSequence));
      if (stages === 'settlement') continue;
      if (this.history !== undefined) waits.push(this.history.whenTakenIn(stream, lastSequence));
      if (stages === 'history') continue;
      waits.push(this.push.consumer.whenConsumed(stream, lastSequence));
      for (const host of [...this.match, ...this.kline]) waits.push(host.current.whenConsumed(stream, lastSequence));
    }
    await Promise.all(waits);
  }

  #hosts<S, I>(
    stage: string,
    count: number,
    make: (partition: number) => Behaviour<S, I>,
    registry: RegistryPosition | undefined = this.registry,
  ): PartitionHost<S, I>[] {
    const { bus, clock, config, writer, distribution } = this.#deps;
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
          ...(registry === undefined ? {} : { registry }),
          ...(distribution === undefined ? {} : { onLost: (pauseMs) => this.cluster?.lost(`${stage}-${partition}`, pauseMs) }),
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

  /** The fold that commands are checked against and answered from has the logs as they are now. */
  async #caughtUp(): Promise<void> {
    if (!servesClients(this.roles)) return;
    for (const stream of this.readStreams()) {
      await this.push.consumer.whenConsumed(stream, (await this.bus.streamInfo(stream)).lastSequence);
    }
  }

  /** Commands in flight come to their end, as far as they can within their time-out. */
  async #quiet(): Promise<void> {
    const until = this.clock.nowUs() + this.config.acquiring.timeoutMs * 1000;
    while (this.acquiring.pending.size > 0 && this.clock.nowUs() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    this.acquiring.pending.failAll(new OutcomeUnknownError('The server is stopping. Send status unknown; execution status unknown.'));
    if (this.cluster !== undefined) return;
    try {
      for (let round = 0; round < 2; round++) await this.barrier();
    } catch (error) {
      // A stage that failed for good takes in nothing more, and the others are stopped all the same.
      if (!this.root.hasFailed) throw error;
    }
  }

  #startTimers(): void {
    const every = (ms: number, action: () => void): void => {
      this.#timers.push(setInterval(action, ms));
    };
    every(this.config.tickMs, () => {
      const nowUs = this.clock.nowUs();
      this.acquiring.pending.expire(nowUs / 1000);
      for (const { running } of this.match) {
        for (const [symbol, market] of running?.states() ?? []) if (market.nextExpiryUs <= nowUs) running?.submit(symbol, { kind: 'tick' });
      }
      for (const { running } of this.kline) for (const [symbol] of running?.states() ?? []) running?.submit(symbol, { kind: 'tick' });
    });
    every(10_000, () => {
      for (const { running } of [...this.settlement, ...this.match, ...this.kline]) running?.passivate();
    });
  }

  #halt(symbol: string, reason: string): void {
    this.#changeAfterPoison({ kind: 'updateInstrument', symbol, change: { status: 2, haltReason: reason } });
  }

  #freeze(accountId: number): void {
    this.#changeAfterPoison({ kind: 'updateAccount', accountId, change: { frozen: true } });
  }

  /** The door of a poisoned child is closed, whatever it takes: others must not queue up behind it. */
  #changeAfterPoison(change: AdminInput['change'], attempt = 0): void {
    this.writers.close(change).then(
      (answer) => {
        if (!answer.ok) this.root.logger.error({ stage: 'admin', problem: answer.message }, 'could not close the door of a poisoned child');
      },
      (error: unknown) => {
        this.root.logger.error({ stage: 'admin', attempt, err: error }, 'could not close the door of a poisoned child; trying again');
        setTimeout(() => this.#changeAfterPoison(change, attempt + 1), backOffMs(attempt));
      },
    );
  }
}
