// The simulated world: a log server on its disk, the exchange's processes, the network between them; and what can go wrong
// with each. What dies is started again after a while, as a supervisor does.

import { AdminBehaviour } from '../../src/actors/admin/adminBehaviour.ts';
import type { Behaviour } from '../../src/actors/behaviour.ts';
import { KLineBehaviour } from '../../src/actors/kline/klineBehaviour.ts';
import { MarketBehaviour } from '../../src/actors/match/marketBehaviour.ts';
import type { Partition } from '../../src/actors/partition.ts';
import type { Pipeline } from '../../src/actors/pipeline.ts';
import { servesClients } from '../../src/actors/roles.ts';
import { AccountBehaviour } from '../../src/actors/settlement/accountBehaviour.ts';
import { type Bus, type BusMessage, CorruptLogError, type Reader, type Snapshot, StorageError } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { streams, subjectsOf } from '../../src/bus/subjects.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import { type FedMessage, NaiveHistory } from '../conformance/naiveHistory.ts';
import { ClientView } from './clientView.ts';
import { Broken } from './invariants.ts';
import { calmNetwork, Network, type NetworkFaults } from './network.ts';
import { Observer } from './observer.ts';
import { makePipeline } from './pipelines.ts';
import type { Random } from './random.ts';
import { type Machine, Scheduler } from './scheduler.ts';
import type { Seams } from './seams.ts';
import { SimBus } from './simBus.ts';
import { SimDisk } from './simDisk.ts';
import { SimServer } from './simServer.ts';

export interface WorldConfig {
  /** One process with the log in it; else processes around a log server. */
  readonly embedded: boolean;
  /** Each process has a part of the stages, not all. */
  readonly splitRoles: boolean;
  readonly processes: number;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly symbols: number;
  readonly accounts: number;
  readonly network: NetworkFaults;
  /** Steps between a partition's own snapshots; 0 = none. */
  readonly snapshotEverySteps: number;
}

/** A process of the exchange in one of its lives. */
export interface SimProcess {
  readonly pipeline: Pipeline;
  /** Its door is open. */
  ready: boolean;
  readonly history: NaiveHistory | undefined;
  /** What its clients have seen; undefined where there are none. */
  clients: ClientView | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: partitions of every stage in one list
export type AnyPartition = Partition<any, any>;

/** The partitions that a process works now. */
export function runningOf(process: SimProcess | undefined): readonly AnyPartition[] {
  if (process === undefined) return [];
  const { admin, settlement, match, kline } = process.pipeline;
  return [admin, ...settlement, ...match, ...kline].flatMap(({ running }) => (running === undefined ? [] : [running as AnyPartition]));
}

/** The connection of a process to the log server, where it has one. */
export function cut(bus: Seat['bus']): void {
  if (bus instanceof SimBus) bus.cut();
}

/** A place where a process of the exchange runs, one life after another. */
export interface Seat {
  readonly index: number;
  lives: number;
  machine: Machine | undefined;
  bus: SimBus | MemoryBus | undefined;
  process: SimProcess | undefined;
}

export class World {
  readonly config: WorldConfig;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly disk: SimDisk;
  readonly observer: Observer;
  readonly seats: readonly Seat[];
  readonly random: Random;
  readonly driver: Machine;
  server: SimServer | undefined;
  failure: Broken | undefined;
  /** Processes that ended themselves. */
  fatals = 0;
  readonly journal: string[] = [];
  readonly #seams: Seams;
  #serverLives = 0;
  #serverMachine: Machine | undefined;
  #lives = 0;
  /** What the history has committed. */
  readonly #past: FedMessage[] = [];

  constructor(config: WorldConfig, random: Random, seams: Seams) {
    this.config = config;
    this.random = random.fork('world');
    this.#seams = seams;
    this.scheduler = new Scheduler(random.fork('scheduler'), (machine, error) => this.fail(error, machine.name));
    this.network = new Network(random.fork('network'), calmNetwork());
    this.disk = new SimDisk(random.fork('disk'), { commitUs: 400 });
    this.observer = new Observer(config);
    this.driver = this.scheduler.machine('clients');
    this.seats = Array.from({ length: config.processes }, (_, index) => ({
      index,
      lives: 0,
      machine: undefined,
      bus: undefined,
      process: undefined,
    }));
  }

  /** The first failure is the one that counts. */
  fail(error: unknown, where: string): void {
    if (this.failure !== undefined) return;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.failure = cause instanceof Broken ? cause : new Broken('crashes', `${where}: ${cause.stack ?? cause.message}`, { cause });
  }

  note(what: string): void {
    const line = `${(this.scheduler.nowUs / 1000).toFixed(2)} ms ${what}`;
    this.observer.note(line);
    this.journal.push(line);
    if (this.journal.length > 4000) this.journal.splice(0, 2000);
  }

  logs(): string[] {
    const { accountPartitions, marketPartitions } = this.config;
    return [
      streams.admin,
      ...Array.from({ length: accountPartitions }, (_, p) => streams.accounts(p)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.markets(s)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.klines(s)),
    ];
  }

  startServer(): void {
    if (this.config.embedded) return;
    const machine = this.scheduler.machine(`server.${++this.#serverLives}`);
    this.#serverMachine = machine;
    machine.post(() => {
      this.#openServer(machine).catch((error: unknown) => this.fail(error, machine.name));
    });
  }

  async #openServer(machine: Machine): Promise<void> {
    const events = {
      visible: (message: BusMessage) => this.#guard(machine, () => this.observer.visible(message)),
      snapshot: (snapshot: Snapshot) => this.#guard(machine, () => this.#checkSnapshot(snapshot)),
      failed: (error: Error) => {
        this.note(`the server's disk failed: ${error.message}`);
        this.crashServer(false, 200_000);
      },
    };
    let server: SimServer;
    try {
      server = await SimServer.start(machine, this.disk, this.network, events);
    } catch (error) {
      if (!(error instanceof CorruptLogError) || !this.disk.repair()) throw error;
      this.note(`the torn commit was found: ${error.message}`);
      server = await SimServer.start(machine, this.disk, this.network, events);
    }
    for (const stream of this.logs()) {
      await server.ensureStream(stream, subjectsOf(stream));
      const { lastSequence } = await server.streamInfo(stream);
      this.#guard(machine, () => this.observer.reopened(stream, lastSequence));
    }
    this.server = server;
    this.note(`${machine.name} is up`);
    for (const { bus, machine: client } of this.seats) if (client?.alive === true) cut(bus);
  }

  /** Machine and what it was writing are gone; it comes up again after so long. */
  crashServer(torn: boolean, downUs: number): void {
    if (this.config.embedded) {
      this.crashProcess(this.seats[0] as Seat, downUs, undefined, torn);
      return;
    }
    const machine = this.#serverMachine;
    if (machine === undefined || !machine.alive) return;
    this.note(`${machine.name} loses its power${torn ? ', a commit torn' : ''}`);
    machine.crash();
    this.scheduler.remove(machine);
    this.disk.crash(torn);
    this.server = undefined;
    for (const { bus, machine: client } of this.seats) if (client?.alive === true) cut(bus);
    this.driver.after(downUs, () => this.startServer());
  }

  startProcess(seat: Seat): void {
    const { config } = this;
    const machine = this.scheduler.machine(`p${seat.index}.${++seat.lives}`);
    seat.machine = machine;
    if (config.embedded) {
      this.#startEmbedded(seat, machine);
      return;
    }
    const bus = new SimBus({ machine, network: this.network, server: () => this.server, appendTimeoutMs: 400 });
    seat.bus = bus;
    machine.post(() => {
      this.#startPipeline(seat, machine, bus);
    });
  }

  #startPipeline(seat: Seat, machine: Machine, bus: Bus): void {
    const { config } = this;
    const history = seat.index === 0 ? new NaiveHistory(this.#past) : undefined;
    const pipeline = makePipeline({
      config,
      seat: seat.index,
      bus: this.#seams.bus(bus),
      machine,
      history,
      life: ++this.#lives,
      seams: this.#seams,
      log: (level, facts, message) => this.#logged(machine, level, facts, message),
      onFatal: (stage, error) => this.#fatal(seat, machine, stage, error),
    });
    const up: SimProcess = { pipeline, ready: false, history, clients: undefined };
    seat.process = up;
    pipeline.start().then(
      () => {
        if (servesClients(pipeline.roles)) up.clients = new ClientView(pipeline, config.accounts);
        up.ready = true;
        this.note(`${machine.name} is up`);
      },
      (error: unknown) => {
        const [, damaged] = error instanceof CorruptLogError ? (/^snapshot (\S+) is damaged/.exec(error.message) ?? []) : [];
        if (damaged !== undefined && this.disk.repairSnapshot(damaged)) this.note(`the torn snapshot was found: ${damaged}`);
        this.#fatal(seat, machine, 'start', error as Error);
      },
    );
  }

  /** The log and everything else in one process: it dies with what it was writing, and finds on its disk what is left. */
  #startEmbedded(seat: Seat, machine: Machine): void {
    machine.post(() => {
      this.#openEmbedded(seat, machine).catch((error: unknown) => {
        if (error instanceof StorageError) this.#fatal(seat, machine, 'journal', error);
        else if (machine.alive) this.fail(error, machine.name);
      });
    });
  }

  async #openEmbedded(seat: Seat, machine: Machine): Promise<void> {
    const open = (): Promise<MemoryBus> =>
      MemoryBus.open({ journal: { dir: '', durability: 'always', intervalMs: 10, storage: this.disk.open(machine) } });
    const bus = await open().catch((error: unknown) => {
      if (!(error instanceof CorruptLogError) || !this.disk.repair()) throw error;
      this.note(`the torn commit was found: ${error.message}`);
      return open();
    });
    for (const stream of this.logs()) {
      await bus.ensureStream(stream, subjectsOf(stream));
      const { lastSequence } = await bus.streamInfo(stream);
      this.#guard(machine, () => this.observer.reopened(stream, lastSequence));
      void this.#tail(machine, bus.read(stream, { fromSequence: 1 }));
    }
    seat.bus = bus;
    const watched = new Proxy(bus, {
      get: (target, name: keyof MemoryBus) => {
        if (name === 'putSnapshot') {
          return async (snapshot: Snapshot) => {
            await target.putSnapshot(snapshot);
            this.#guard(machine, () => this.#checkSnapshot(snapshot));
          };
        }
        const member: unknown = target[name];
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    this.#startPipeline(seat, machine, watched);
  }

  async #tail(machine: Machine, reader: Reader): Promise<void> {
    for (;;) {
      const messages = await reader.next();
      if (messages.length === 0) return;
      for (const message of messages) this.#guard(machine, () => this.observer.visible(message));
    }
  }

  /** Finishes what it does, hands its partitions over and ends. */
  stopProcess(seat: Seat, downUs: number): void {
    const { machine, process } = seat;
    if (machine?.alive !== true || process?.ready !== true) return;
    process.ready = false;
    this.note(`${machine.name} stops`);
    machine.post(() => {
      process.pipeline.stop().then(
        () => this.driver.post(() => this.crashProcess(seat, downUs)),
        (error: unknown) => this.#fatal(seat, machine, 'stop', error as Error),
      );
    });
    // Whoever takes too long to stop is killed.
    this.driver.after(10_000_000, () => this.crashProcess(seat, downUs, machine));
  }

  /** kill -9; it is started again after so long. */
  crashProcess(seat: Seat, downUs: number, only = seat.machine, torn = false): void {
    const { machine, process } = seat;
    if (machine === undefined || !machine.alive || machine !== only) return;
    this.note(`${machine.name} is killed`);
    machine.crash();
    this.scheduler.remove(machine);
    this.server?.dropMachine(machine);
    if (this.config.embedded) this.disk.crash(torn);
    process?.pipeline.root.stop();
    seat.process = undefined;
    this.driver.after(downUs, () => {
      if (seat.machine === machine) this.startProcess(seat);
    });
  }

  behaviourOf(stream: string): Behaviour<unknown, unknown> {
    const { accountPartitions, marketPartitions } = this.config;
    const shared = {
      accountPartitions,
      marketPartitions,
      registry: this.observer.registry,
      onPoison: () => undefined,
      limits: NO_ACCOUNT_LIMITS,
    };
    const [topic, number] = stream.split('-');
    const partition = Number(number ?? 0);
    const behaviour =
      topic === 'accounts'
        ? new AccountBehaviour({ ...shared, partition })
        : topic === 'markets'
          ? new MarketBehaviour({ ...shared, partition })
          : topic === 'klines'
            ? new KLineBehaviour({ partition, onPoison: shared.onPoison })
            : new AdminBehaviour();
    return behaviour as unknown as Behaviour<unknown, unknown>;
  }

  #checkSnapshot(snapshot: Snapshot): void {
    if (this.logs().includes(snapshot.name)) this.observer.snapshot(snapshot, this.behaviourOf(snapshot.name));
  }

  #guard(machine: Machine, check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error, machine.name);
    }
  }

  #logged(machine: Machine, level: string, facts: object, message: string): void {
    if (!machine.alive) return;
    const { err, ...rest } = facts as { readonly err?: Error };
    this.note(`${machine.name} ${level}: ${message} ${JSON.stringify(rest)}${err === undefined ? '' : ` ${err.message}`}`);
    if (level !== 'error') return;
    const crashed = message === 'actor crashed' && !this.#isOvertaken(machine, (rest as { readonly actor?: string }).actor ?? '');
    if (crashed || message.startsWith('poison input'))
      this.fail(new Broken('crashes', `${machine.name}: ${message}: ${err?.stack ?? JSON.stringify(rest)}`), machine.name);
  }

  /**
   * An owner that was overtaken and has not heard of it reads what its successor brought about, and can't make sense of it:
   * its children may crash then, for nothing that they write counts any more.
   */
  #isOvertaken(machine: Machine, actor: string): boolean {
    const [, stage = '', partition = ''] = /(settlement|match|kline)\/partition-(\d+)/.exec(actor) ?? [];
    const topic = { settlement: 'accounts', match: 'markets', kline: 'klines' }[stage];
    const log = this.observer.logs.get(`${topic}-${partition}`);
    return log !== undefined && log.writer !== machine.name;
  }

  #fatal(seat: Seat, machine: Machine, stage: string, error: Error): void {
    if (!machine.alive) return;
    this.fatals++;
    this.note(`${machine.name} ends itself: ${stage}: ${error.message}`);
    // In a turn of its own: the process is in the middle of what failed.
    this.driver.post(() => this.crashProcess(seat, 50_000 + this.random.below(200_000)));
  }
}
