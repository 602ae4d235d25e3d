// One process of a distributed exchange, made of the real stages: it takes the partitions whose lease it gets, serves commands
// for those it has and passes the others on, folds every log for its clients. Several of them over one log are an exchange.
import { deserialize, serialize } from 'node:v8';
import { Acquiring } from '../../src/actors/acquiring/acquiring.ts';
import { AdminBehaviour, type AdminAnswer, type AdminChange, REGISTRY } from '../../src/actors/admin/adminBehaviour.ts';
import { RegistryReader } from '../../src/actors/admin/registryReader.ts';
import type { Behaviour } from '../../src/actors/behaviour.ts';
import { HistoryStage } from '../../src/actors/history/historyStage.ts';
import { KLineBehaviour } from '../../src/actors/kline/klineBehaviour.ts';
import { MarketBehaviour } from '../../src/actors/match/marketBehaviour.ts';
import { Partition, type PartitionOptions } from '../../src/actors/partition.ts';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { PushStage } from '../../src/actors/push/pushStage.ts';
import { type AccountAnswer, AccountBehaviour } from '../../src/actors/settlement/accountBehaviour.ts';
import { ActorRoot, type Parent } from '../../src/actors/supervision.ts';
import { StorageError, type Subscription } from '../../src/bus/bus.ts';
import { streams, subjects, subjectsOf } from '../../src/bus/subjects.ts';
import { decodeCommand, encodeCommand } from '../../src/codec/commandCodec.ts';
import type { AccountCommand } from '../../src/domain/command.ts';
import { accountPartition, symbolPartition } from '../../src/domain/partitions.ts';
import type { HistoryStore } from '../../src/history/historyStore.ts';
import type { Seams } from './seams.ts';
import type { SimBus } from './simBus.ts';

// biome-ignore lint/suspicious/noExplicitAny: slots of every stage stand in one table; each is made and used with its own types
type AnyPartition = Partition<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyBehaviour = Behaviour<any, any>;

export interface ProcessOptions {
  readonly bus: SimBus;
  readonly index: number;
  readonly processes: number;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly life: number;
  readonly partition: PartitionOptions;
  readonly timeoutMs: number;
  readonly tickMs: number;
  readonly leaseTtlMs: number;
  /** Undefined: this process has no history stage. */
  readonly history: HistoryStore | undefined;
  readonly seams: Seams;
  readonly log: (level: 'info' | 'warn' | 'error', facts: object, message: string) => void;
  /** The process ends: nothing of it may go on. */
  readonly onFatal: (stage: string, error: Error) => void;
}

interface Slot {
  readonly output: string;
  readonly index: number;
  readonly parent: Parent;
  readonly make: () => AnyBehaviour;
  partition: AnyPartition | undefined;
  running: boolean;
  retryUs: number;
  responder: Subscription | undefined;
}

const ADMIN_SUBJECT = 'sedax.command.admin';
/** One attempt to bring a command to its partition's owner. */
const ATTEMPT_MS = 150;
const PLACE_MS = 60;

export class ExchangeProcess {
  readonly options: ProcessOptions;
  readonly registry: RegistryReader;
  readonly hub: PushHub;
  readonly push: PushStage;
  readonly history: HistoryStage | undefined;
  readonly acquiring: Acquiring;
  readonly root: ActorRoot;
  readonly slots: Slot[] = [];
  /** Set once its door is open. */
  ready = false;
  /** False: it takes no partition it does not have. */
  mayTake = true;

  constructor(options: ProcessOptions) {
    const { bus, log, seams, accountPartitions, marketPartitions } = options;
    this.options = options;
    const { machine } = bus;
    this.root = new ActorRoot(
      {
        info: (facts, message) => log('info', facts, message),
        warn: (facts, message) => log('warn', facts, message),
        error: (facts, message) => log('error', facts, message),
      },
      options.onFatal,
    );
    this.registry = new RegistryReader(bus);
    const shared = { accountPartitions, marketPartitions, registry: this.registry };
    const onPoison = (key: string | number, reason: string): void => log('error', { key, reason }, 'poisoned');
    this.#stage('admin', 1, () => new AdminBehaviour());
    this.#stage('settlement', accountPartitions, (partition) =>
      seams.behaviour(
        new AccountBehaviour({ ...shared, partition, onPoison, ...(seams.newAccount === undefined ? {} : { newAccount: seams.newAccount }) }),
      ),
    );
    this.#stage('match', marketPartitions, (partition) =>
      seams.behaviour(
        new MarketBehaviour({ ...shared, partition, onPoison, ...(seams.newMarket === undefined ? {} : { newMarket: seams.newMarket }) }),
      ),
    );
    this.#stage('kline', marketPartitions, (partition) => seams.behaviour(new KLineBehaviour({ partition, onPoison })));
    this.hub = new PushHub({
      instruments: (symbol) => this.registry.instrument(symbol),
      onListenerFailure: (stream, key, error) => options.onFatal(`listener of ${stream} ${String(key)}`, error as Error),
    });
    this.acquiring = new Acquiring({
      clock: machine,
      registry: this.registry,
      markets: this.hub.markets,
      route: { send: (command, answer) => this.#route(command, answer) },
      life: options.life,
      timeoutMs: options.timeoutMs,
      admission: { maxPending: 256, minPending: 16, targetMs: 500 },
    });
    const { root } = this;
    const reading = { bus, root, streams: this.readStreams(), maxBatch: 64 };
    this.push = new PushStage({ ...reading, parent: root.group('push'), hub: this.hub, pending: this.acquiring.pending, snapshotEveryMessages: 0 });
    this.history =
      options.history === undefined ? undefined : new HistoryStage({ ...reading, parent: root.group('history'), store: options.history });
  }

  readStreams(): string[] {
    const { accountPartitions, marketPartitions } = this.options;
    return [
      ...Array.from({ length: accountPartitions }, (_, p) => streams.accounts(p)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.markets(s)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.klines(s)),
    ];
  }

  async start(): Promise<void> {
    const { bus, tickMs } = this.options;
    for (const stream of [streams.admin, ...this.readStreams()]) await bus.ensureStream(stream, subjectsOf(stream));
    await this.registry.start((error) => this.root.fatal('registry', error));
    this.registry.onInstrument((instrument) => {
      const slot = this.#slot(streams.markets(symbolPartition(instrument.symbol, this.options.marketPartitions)));
      if (slot?.running === true && slot.partition?.peek(instrument.symbol) !== undefined)
        slot.partition.submit(instrument.symbol, { kind: 'instrument', instrument });
    });
    await this.push.start();
    this.history?.start();
    setInterval(() => this.#tick(), tickMs);
    setInterval(() => this.#place(), PLACE_MS);
    this.ready = true;
  }

  /** Ends what would hold its memory: the process is dead already. */
  dispose(): void {
    this.root.stop();
  }

  running(): readonly AnyPartition[] {
    return this.slots.flatMap(({ running, partition }) => (running && partition !== undefined ? [partition] : []));
  }

  async change(change: AdminChange): Promise<AdminAnswer> {
    const bytes = await this.options.bus.request(ADMIN_SUBJECT, serialize(change), ATTEMPT_MS);
    return deserialize(bytes) as AdminAnswer;
  }

  #stage(stage: string, count: number, make: (partition: number) => unknown): void {
    const parent = this.root.group(stage);
    for (let index = 0; index < count; index++) {
      const { output } = make(index) as AnyBehaviour;
      const makeOne = (): AnyBehaviour => make(index) as AnyBehaviour;
      this.slots.push({ output, index, parent, make: makeOne, partition: undefined, running: false, retryUs: 0, responder: undefined });
    }
  }

  #slot(output: string): Slot | undefined {
    return this.slots.find((slot) => slot.output === output);
  }

  /** Whoever gets the lease has the partition; the one whose turn it is by number asks first. */
  #place(): void {
    if (!this.mayTake) return;
    const { bus, processes, index } = this.options;
    const { nowUs } = bus.machine.scheduler;
    for (const slot of this.slots) {
      if (slot.partition !== undefined || slot.retryUs > nowUs) continue;
      const rank = (index + processes - (slot.index % processes)) % processes;
      if (slot.retryUs === 0 && rank > 0) slot.retryUs = nowUs + rank * PLACE_MS * 3000;
      else this.#take(slot);
    }
  }

  #take(slot: Slot): void {
    const { bus, partition: options, leaseTtlMs } = this.options;
    const behaviour = slot.make();
    let failed = false;
    const giveUp = (error: Error): void => {
      if (failed) return;
      failed = true;
      if (error instanceof StorageError) {
        this.root.fatal(slot.output, error);
        return;
      }
      slot.running = false;
      slot.responder?.close();
      slot.responder = undefined;
      slot.retryUs = bus.machine.scheduler.nowUs + PLACE_MS * 1000;
      // In a turn of its own: the partition may be in the middle of what failed.
      setImmediate(() => {
        partition.dispose();
        if (slot.partition === partition) slot.partition = undefined;
      });
    };
    const partition: AnyPartition = new Partition(behaviour, {
      bus: this.options.seams.bus(bus),
      clock: bus.machine,
      root: this.root,
      parent: slot.parent,
      options,
      writer: bus.machine.name,
      leaseTtlMs,
      onFailed: giveUp,
    });
    slot.partition = partition;
    partition.start().then(() => {
      if (failed) return;
      slot.running = true;
      slot.responder = this.#respond(slot, partition);
    }, (error: unknown) => giveUp(error as Error));
  }

  #respond(slot: Slot, partition: AnyPartition): Subscription | undefined {
    const { bus } = this.options;
    if (slot.output === streams.admin) {
      return bus.respond(ADMIN_SUBJECT, 'owner', (payload) => {
        return new Promise((resolve) => {
          const change = deserialize(payload) as AdminChange;
          partition.submit(REGISTRY, { change, answer: (answer: AdminAnswer) => resolve(serialize(answer)) });
        });
      });
    }
    if (!slot.output.startsWith('accounts-')) return undefined;
    return bus.respond(subjects.command(slot.index), 'owner', (payload) => {
      return new Promise((resolve) => {
        const command = decodeCommand(payload);
        const answer = (answered: AccountAnswer): void => resolve(serialize(answered));
        partition.submit(command.accountId, { kind: 'command', command, answer });
      });
    });
  }

  /** The same command goes out again until somebody answers: it takes effect once, whoever it reaches. */
  #route(command: AccountCommand, answer: (answer: AccountAnswer) => void): void {
    const { bus, accountPartitions, timeoutMs } = this.options;
    const index = accountPartition(command.accountId, accountPartitions);
    const slot = this.#slot(streams.accounts(index));
    if (slot?.running === true && slot.partition !== undefined) {
      slot.partition.submit(command.accountId, { kind: 'command', command, answer });
      return;
    }
    const untilUs = bus.machine.scheduler.nowUs + timeoutMs * 1000;
    const payload = encodeCommand(command);
    const attempt = (): void => {
      bus.request(subjects.command(index), payload, ATTEMPT_MS).then(
        (bytes) => answer(deserialize(bytes) as AccountAnswer),
        () => {
          if (bus.machine.scheduler.nowUs < untilUs) setTimeout(attempt, 10);
        },
      );
    };
    attempt();
  }

  #tick(): void {
    const nowUs = this.options.bus.machine.nowUs();
    this.acquiring.pending.expire(nowUs / 1000);
    for (const { output, running, partition } of this.slots) {
      if (!running || partition === undefined) continue;
      if (output.startsWith('markets-')) {
        for (const [symbol, market] of partition.states()) if (market.nextExpiryUs <= nowUs) partition.submit(symbol, { kind: 'tick' });
      } else if (output.startsWith('klines-')) {
        for (const [symbol] of partition.states()) partition.submit(symbol, { kind: 'tick' });
      }
    }
  }
}
