// A partition of a stage at work: takes batches from its bounded queue, hands each child its share, puts what the children
// write into one step and appends it. Single writer of its output stream. Knows nothing of orders or money.
import { type Bus, BusClosedError, type BusMessage, type Lease } from '../bus/bus.ts';
import { streams, subjects } from '../bus/subjects.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import { type EngineReason, EngineReject } from '../domain/rejectReason.ts';
import type { Clock } from '../ports/clock.ts';
import { Batch } from './batch.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { Child, type Work } from './child.ts';
import { InputReaders } from './inputReaders.ts';
import { knownBy, OutputLog, type RegistryPosition } from './outputLog.ts';
import { combineHashes, recoverPartition, takeSnapshot } from './recovery.ts';
import { entriesOf, type Positions } from './step.ts';
import { type ActorRef, type ActorRoot, backOffMs, type CrashDecision, type Parent, send, stopActor } from './supervision.ts';

export interface PartitionOptions {
  /** Most inputs (messages, commands) in one batch. */
  readonly maxBatch: number;
  /** Most steps appended and not yet persisted; beyond, batches wait. */
  readonly maxInFlight: number;
  /** Queued inputs at which the readers stop fetching. */
  readonly maxQueued: number;
  /** Crashes over the same input before it counts as poison. */
  readonly poisonAttempts: number;
  /** A child without work for this long gives up its actor. */
  readonly passivateAfterMs: number;
  /** Steps between snapshots; 0 = only when asked. */
  readonly snapshotEverySteps: number;
}

export interface PartitionDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly options: PartitionOptions;
  /** Who writes, for the headers: the process's name. */
  readonly writer: string;
  readonly leaseTtlMs: number;
  /** The process's reading of the admin log; absent for the admin log's own writer. */
  readonly registry?: RegistryPosition;
  /** The partition gave up: nothing more is written by it. The host starts it anew or ends the process. */
  readonly onFailed: (error: Error) => void;
}

/** Another process writes the stream. */
export class LeaseHeldError extends Error {
  override name = 'LeaseHeldError';
}

/** The right to write the stream is gone. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}

type QueueItem<Input> =
  | { readonly kind: 'message'; readonly stream: string; readonly sequence: number; readonly entries: readonly ChangeLogEntry[] }
  | { readonly kind: 'input'; readonly key: ChildKey; readonly input: Input }
  | { readonly kind: 'owed'; readonly key: ChildKey }
  /** Runs between two batches, with every child at rest. */
  | { readonly kind: 'between'; readonly action: () => void };

/** To a child's actor: its share of a batch made it crash. */
interface ChildMessage<Input> {
  readonly works: readonly Work<Input>[];
  readonly error: Error;
}

type Kid<S, I> = Child<S, I, ChildMessage<I>>;

export class Partition<State, Input> {
  readonly behaviour: Behaviour<State, Input>;
  readonly name: string;
  readonly #deps: PartitionDeps;
  readonly #writer: ActorRef<'run'>;
  readonly #group: Parent;
  readonly #inputs: InputReaders;
  readonly #children = new Map<ChildKey, Kid<State, Input>>();
  readonly #parked = new Set<Kid<State, Input>>();
  /** Positions of parked children as found at recovery, until their owed inputs were read again. */
  #owedAtStart: ReadonlyMap<string, Positions> = new Map();
  #log: OutputLog | undefined;
  #lease: Lease | undefined;
  #queue: QueueItem<Input>[] = [];
  /** A batch's work and the children it is for, in the order of arrival. */
  #works: Work<Input>[] = [];
  #workers: Kid<State, Input>[] = [];
  #running = false;
  #scheduled = false;
  #stopped = false;
  #epoch = 0;
  /** The newest append. */
  #appended: Promise<unknown> = Promise.resolve();
  #roomWaiters: (() => void)[] = [];
  #stepsSinceSnapshot = 0;
  #snapshotting = false;
  processed = 0;

  constructor(behaviour: Behaviour<State, Input>, deps: PartitionDeps) {
    this.behaviour = behaviour;
    this.#deps = deps;
    this.name = `${behaviour.stage}-${behaviour.partition}`;
    this.#inputs = new InputReaders({
      bus: deps.bus,
      name: this.name,
      maxBatch: deps.options.maxBatch,
      take: (stream, message) => this.#received(stream, message),
      ready: (message) => knownBy(deps.registry, message),
      room: () => this.#room(),
      onFailed: (error) => this.#fail(error),
    });
    this.#group = deps.root.group(`partition-${behaviour.partition}`, deps.parent);
    // The writer is a sibling of the children's group, not their parent: nact copies a parent's children per message.
    this.#writer = deps.root.spawnStage<undefined, 'run'>(deps.parent, {
      name: `writer-${behaviour.partition}`,
      initialState: () => undefined,
      handle: () => {
        this.#runBatch();
        return undefined;
      },
      onCrash: (_message, error) => {
        this.#fail(error);
        return 'stop';
      },
    });
  }

  /** Takes the lease, recovers from the log and starts reading the inputs. Rejects with LeaseHeldError while another writes. */
  async start(): Promise<{ readonly replayed: number; readonly children: number }> {
    const { bus, leaseTtlMs } = this.#deps;
    const { output } = this.behaviour;
    const lease = await bus.acquireLease(output, leaseTtlMs);
    if (lease === undefined) throw new LeaseHeldError(`${output} is held by another writer`);
    this.#lease = lease;
    void lease.lost.then(() => {
      if (!this.#stopped)
        this.#fail(new LeaseLostError(`the lease of ${output} is lost: another writer may have it, nothing more is written here`));
    });
    try {
      return await this.#recover(lease.epoch);
    } catch (error) {
      this.#stopped = true;
      await lease.release();
      throw error;
    }
  }

  async #recover(epoch: number): Promise<{ readonly replayed: number; readonly children: number }> {
    const { bus, writer, registry } = this.#deps;
    const { output } = this.behaviour;
    // What the log speaks of was in the admin log before.
    if (registry !== undefined) await registry.reached((await bus.streamInfo(streams.admin)).lastSequence);
    const recovered = await recoverPartition(bus, this.behaviour, { ready: (message) => knownBy(registry, message) });
    for (const [key, state] of recovered.children) this.#adopt(key, state);
    this.#inputs.restore(recovered.positions);
    this.#owedAtStart = recovered.parked;
    if (this.#stopped) throw new LeaseLostError(`the lease of ${output} was lost during its recovery`);
    const log = new OutputLog(bus, output, writer, epoch, recovered.sequence, recovered.entrySequence, registry);
    // Says in the log who writes from here on, and fences whoever wrote before.
    await log.append(subjects.epoch(output), [], this.#inputs.positions, this.#owedAtStart);
    // Its host takes a partition that started for one that works.
    if (this.#stopped) throw new LeaseLostError(`the lease of ${output} was lost as its writer said so`);
    this.#log = log;
    this.#epoch = epoch;
    this.behaviour.live?.();
    this.#schedule();
    for (const input of this.behaviour.inputs) {
      let from = this.#inputs.positions.get(input.stream) ?? 0;
      for (const positions of this.#owedAtStart.values()) from = Math.min(from, positions.get(input.stream) ?? from);
      this.#inputs.follow(input, from + 1);
    }
    return { replayed: recovered.replayed, children: recovered.children.size };
  }

  /** Queues work that comes from no log: a command, a tick. The caller bounds what it sends (see queued). */
  submit(key: ChildKey, input: Input): void {
    this.#push({ kind: 'input', key, input });
  }

  /** Runs the action between two batches, when no child is working, and resolves with its result. */
  between<T>(action: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(action());
        } catch (error) {
          reject(error as Error);
        }
      };
      this.#push({ kind: 'between', action: run });
    });
  }

  /** As between, and resolves only when everything the action could see is in the log. */
  async read<T>(action: () => T): Promise<T> {
    const { result, persisted } = await this.between(() => ({ result: action(), persisted: this.#log?.whenPersisted() }));
    await persisted;
    if (this.#stopped) throw new LeaseLostError(`${this.name} stopped`);
    return result;
  }

  /** Resolves once the inputs up to the position are consumed. */
  whenConsumed(stream: string, sequence: number): Promise<void> {
    return this.#inputs.whenConsumed(stream, sequence);
  }

  /** Of the lease it writes under; 0 before it writes. */
  get epoch(): number {
    return this.#epoch;
  }

  get inputPositions(): Positions {
    return this.#inputs.positions;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get sequence(): number {
    return this.#log?.sequence ?? 0;
  }

  /** The living state of a child; read only, and only between batches or for display. */
  peek(key: ChildKey): State | undefined {
    return this.#children.get(key)?.state;
  }

  *states(): Iterable<readonly [ChildKey, State]> {
    for (const [key, child] of this.#children) yield [key, child.state];
  }

  halted(): { name: string; reason: string; since: number }[] {
    return [...this.#parked].flatMap(({ label, poison }) =>
      poison === undefined ? [] : [{ name: label, reason: poison.reason, since: poison.sinceMs }],
    );
  }

  childRestarts(): number {
    let restarts = 0;
    for (const child of this.#children.values()) restarts += child.restarts;
    return restarts;
  }

  /** Hash over all children, comparable with a fold of the log. Waits for the batch in work. */
  hash(): Promise<string> {
    return this.between(() =>
      combineHashes([...this.#children.values()].map(({ label, state }) => [label, this.behaviour.hash(state)] as const)),
    );
  }

  /** An operator goes on after poison. False when no child of that name is halted here. */
  resumePoisoned(label: string, how: 'retry' | 'skip'): boolean {
    const child = [...this.#parked].find((parked) => parked.label === label && parked.poison !== undefined);
    if (child === undefined) return false;
    const work = child.owed[0];
    if (how === 'skip' && work !== undefined) {
      if (!this.#giveUp(child, work))
        throw new RangeError(`${label}: this input moves money that is already traded, it can only be retried`);
    } else if (work !== undefined) work.attempts = 0;
    this.behaviour.beforeRetry(child.key, child.state);
    child.poison = undefined;
    this.#nextOwed(child);
    return true;
  }

  /** Stores a snapshot of the state as of now; resolves when it is stored. */
  async snapshot(): Promise<void> {
    if (this.#snapshotting || this.#log === undefined) return;
    this.#snapshotting = true;
    try {
      const taken = await this.between(() => this.#takeSnapshot());
      // A snapshot must never be ahead of the log it stands for.
      await taken.persisted;
      await this.#deps.bus.putSnapshot(taken.snapshot);
    } finally {
      this.#snapshotting = false;
    }
  }

  /** Stops reading, finishes what is queued, waits until it is persisted. */
  async stop(): Promise<void> {
    if (this.#stopped) {
      // It failed before: its actors' names must be free for the next life.
      this.dispose();
      return;
    }
    this.#inputs.close();
    await this.between(() => undefined);
    this.#stopped = true;
    await this.#log?.whenIdle();
    await this.#lease?.release();
    this.dispose();
  }

  /** Ends the partition's actors; what they were doing comes to nothing. */
  dispose(): void {
    this.#stopped = true;
    this.#abandonQueue();
    stopActor(this.#writer as ActorRef<never>);
    stopActor(this.#group);
  }

  /** Children that have not crashed again give up their actors; their state stays. */
  passivate(): void {
    const before = this.#deps.clock.nowUs() - this.#deps.options.passivateAfterMs * 1000;
    for (const child of this.#children.values()) {
      if (child.actor === undefined || child.parked || child.crashedUs > before) continue;
      stopActor(child.actor as ActorRef<never>);
      child.actor = undefined;
    }
  }

  #takeSnapshot(): { readonly snapshot: ReturnType<typeof takeSnapshot>; readonly persisted: Promise<void> } {
    // It may have ended in the middle of a batch.
    if (this.#stopped) throw new LeaseLostError(`${this.name} stopped`);
    const log = this.#log as OutputLog;
    this.#stepsSinceSnapshot = 0;
    const snapshot = takeSnapshot(this.behaviour, {
      children: this.states(),
      sequence: log.sequence,
      entrySequence: log.entrySequence,
      positions: this.#inputs.positions,
      parked: this.#parkedPositions(),
    });
    return { snapshot, persisted: log.whenPersisted() };
  }

  #received(stream: string, message: BusMessage): void {
    this.#push({ kind: 'message', stream, sequence: message.sequence, entries: entriesOf(message) });
  }

  #room(): Promise<void> | undefined {
    if (this.#queue.length < this.#deps.options.maxQueued) return undefined;
    return new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
  }

  #push(item: QueueItem<Input>): void {
    if (this.#stopped) {
      if (item.kind === 'between') item.action();
      return;
    }
    this.#queue.push(item);
    this.#schedule();
  }

  /** No batch comes any more: who waits for the end of one goes on, or a hand-over would wait for ever. */
  #abandonQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const item of queue) if (item.kind === 'between') item.action();
  }

  #schedule(): void {
    if (this.#scheduled || this.#running || this.#queue.length === 0) return;
    if ((this.#log?.inFlight ?? 0) >= this.#deps.options.maxInFlight) return;
    this.#scheduled = true;
    send(this.#writer, 'run');
  }

  /**
   * In the writer's actor. The batch size adapts by itself: what came in while the last batch was appended is the next one.
   * The children run here, in the order in which their work arrived, and not each in an actor of its own: see
   * docs/decisions/0030-batches.md.
   */
  #runBatch(): void {
    this.#scheduled = false;
    if (this.#log === undefined || this.#running) return;
    const batch = new Batch<Input>(this.#deps.clock.nowUs());
    this.#running = true;
    let taken = 0;
    while (taken < this.#queue.length && taken < this.#deps.options.maxBatch) {
      const item = this.#queue[taken] as QueueItem<Input>;
      // Children must be at rest for it: it comes first in a batch or waits for the next.
      if (item.kind === 'between' && this.#works.length > 0) break;
      taken++;
      if (item.kind === 'message') this.#take(item.stream, item.sequence, item.entries, batch);
      else if (item.kind === 'input') this.#assign(item.key, workOf(item.input), batch);
      else if (item.kind === 'between') item.action();
      else this.#takeOwed(item.key);
    }
    this.processed += taken;
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken);
    if (this.#queue.length < this.#deps.options.maxQueued) for (const resume of this.#roomWaiters.splice(0)) resume();
    this.#runChildren(batch);
    this.#commit(batch);
    this.#running = false;
    this.#schedule();
  }

  #take(stream: string, sequence: number, entries: readonly ChangeLogEntry[], batch: Batch<Input>): void {
    const known = this.#inputs.positions.get(stream) ?? 0;
    const isNew = this.#inputs.consumed(stream, sequence);
    this.behaviour.route(stream, entries, (key, input) => {
      const work: Work<Input> = { input, stream, sequence, attempts: 0 };
      if (isNew) this.#assign(key, work, batch);
      // At or below the known position only children that were parked at the last stop still owe it.
      else if (sequence > (this.#owedAtStart.get(this.behaviour.label(key))?.get(stream) ?? known)) this.#owe(key, work);
    });
    if (isNew && this.#owedAtStart.size > 0) this.#owedAtStart = new Map();
  }

  #owe(key: ChildKey, work: Work<Input>): void {
    const child = this.#child(key);
    if (child === undefined) return;
    child.owed.push(work);
    this.#parked.add(child);
    const reason = this.behaviour.poisonOf(key);
    if (reason !== undefined) child.poison ??= { reason, sinceMs: this.#nowMs() };
    else if (child.owed.length === 1) this.#nextOwed(child);
  }

  #assign(key: ChildKey, work: Work<Input>, batch: Batch<Input>): void {
    const child = this.#child(key);
    if (child === undefined) this.#refuse(key, work.input, EngineReject.UNKNOWN_ACCOUNT, batch);
    else if (child.parked) child.owed.push(work);
    else this.#give(child, work);
  }

  #takeOwed(key: ChildKey): void {
    const child = this.#children.get(key);
    const work = child?.owed[0];
    if (child === undefined || work === undefined || child.rebuilding || child.poison !== undefined) return;
    if (child.given === work) return;
    child.given = work;
    this.#give(child, work);
  }

  #give(child: Kid<State, Input>, work: Work<Input>): void {
    this.#works.push(work);
    this.#workers.push(child);
  }

  #child(key: ChildKey): Kid<State, Input> | undefined {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const state = this.behaviour.create(key);
    return state === undefined ? undefined : this.#adopt(key, state);
  }

  #adopt(key: ChildKey, state: State): Kid<State, Input> {
    const child: Kid<State, Input> = new Child(key, this.behaviour.label(key), state);
    this.#children.set(key, child);
    return child;
  }

  #refuse(key: ChildKey, input: Input, reason: EngineReason, batch: Batch<Input>): boolean {
    batch.begin(key);
    const refused = this.behaviour.refuse(key, input, reason, batch);
    batch.end();
    return refused;
  }

  /** The work at hand, then what it forwarded, until nothing is left. */
  #runChildren(batch: Batch<Input>): void {
    const { behaviour } = this;
    const merge =
      behaviour.merge === undefined
        ? undefined
        : (first: Input, second: Input) => (behaviour.merge as NonNullable<typeof behaviour.merge>)(first, second);
    const observe = (key: ChildKey, entry: ChangeLogEntry): void => behaviour.observe(key, entry);
    while (this.#works.length > 0) {
      const works = this.#works;
      const workers = this.#workers;
      this.#works = [];
      this.#workers = [];
      const before = batch.out.length;
      batch.beginRound();
      this.#runRound(works, workers, batch);
      batch.endRound();
      batch.eachEntry(before, observe);
      for (const [key, input] of batch.takeForwarded(merge)) this.#assign(key, workOf(input), batch);
    }
  }

  #runRound(works: readonly Work<Input>[], workers: readonly Kid<State, Input>[], batch: Batch<Input>): void {
    const { behaviour } = this;
    for (let i = 0; i < works.length; i++) {
      const work = works[i] as Work<Input>;
      const child = workers[i] as Kid<State, Input>;
      if (batch.hasFailed(child.key)) continue;
      batch.begin(child.key);
      try {
        behaviour.run(child.state, work.input, batch);
      } catch (error) {
        batch.fail(child.key);
        const share = works.filter((_, at) => workers[at] === child);
        this.#crashed(child, share, error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      batch.end();
      if (child.given === work) {
        child.given = undefined;
        child.owed.shift();
        this.#nextOwed(child);
      }
    }
  }

  #commit(batch: Batch<Input>): void {
    const entries = batch.out;
    if (entries.length === 0) {
      this.#whenPersisted(() => batch.persisted());
      return;
    }
    const appended = (this.#log as OutputLog).append(
      this.behaviour.subject(entries, batch.writer),
      entries,
      this.#inputs.positions,
      this.#parkedPositions(),
    );
    this.#appended = appended;
    appended.then(
      () => {
        batch.persisted();
        this.#schedule();
      },
      (error: unknown) => this.#fail(error as Error),
    );
    const every = this.#deps.options.snapshotEverySteps;
    if (every > 0 && ++this.#stepsSinceSnapshot >= every && !this.#snapshotting) {
      this.snapshot().catch((error: unknown) => this.#fail(error as Error));
    }
  }

  /** A refusal, or a command that took effect before, is answered from state whose steps may still be on their way. */
  #whenPersisted(answer: () => void): void {
    if ((this.#log?.inFlight ?? 0) > 0) this.#appended.then(answer, () => undefined);
    else if (!this.#stopped) answer();
  }

  #parkedPositions(): Map<string, Positions> {
    const parked = new Map<string, Positions>();
    for (const child of this.#parked) {
      const owed = child.owedPositions();
      if (owed.size > 0) parked.set(child.label, owed);
    }
    return parked;
  }

  /** The child's share of the batch comes to nothing: it owes it, which stands in the step's header. */
  #crashed(child: Kid<State, Input>, works: readonly Work<Input>[], error: Error): void {
    child.restarts++;
    child.rebuilding = true;
    child.given = undefined;
    child.crashedUs = this.#deps.clock.nowUs();
    this.#parked.add(child);
    if (child.owed[0] !== works[0]) child.owed.unshift(...works);
    const first = child.owed[0];
    if (first !== undefined && works.length === 1) first.attempts++;
    // It crashes in an actor of its own, whose supervision rebuilds it while its siblings go on.
    send(this.#actorOf(child), { works, error });
  }

  #actorOf(child: Kid<State, Input>): ActorRef<ChildMessage<Input>> {
    child.actor ??= this.#deps.root.spawnStage<undefined, ChildMessage<Input>>(this.#group, {
      name: child.label,
      initialState: () => undefined,
      handle: (_state, { error }) => {
        throw error;
      },
      onCrash: async (_message, error): Promise<CrashDecision> => {
        await this.#rebuild(child, error);
        return 'reset';
      },
    });
    return child.actor;
  }

  /** From snapshot and log, after a pause that grows with the attempts; then it works off what it owes, one by one. */
  async #rebuild(child: Kid<State, Input>, error: Error): Promise<void> {
    const { root, bus, options } = this.#deps;
    const first = child.owed[0];
    const attempt = first?.attempts ?? 0;
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt - 1)));
    await this.#log?.whenIdle();
    const recovered = await recoverPartition(bus, this.behaviour.fresh(), {
      only: child.key,
      ready: (message) => knownBy(this.#deps.registry, message),
    });
    // Overtaken: what it could not make sense of may be its successor's doing, and is no poison.
    if (recovered.epoch > this.#epoch) {
      this.#fail(new LeaseLostError(`${this.behaviour.output} is written in epoch ${recovered.epoch}, this one was ${this.#epoch}`));
      return;
    }
    const state = recovered.children.get(child.key) ?? this.behaviour.create(child.key);
    if (state === undefined) throw new Error(`${child.label} cannot be rebuilt`);
    child.state = state;
    child.rebuilding = false;
    root.logger.warn({ stage: this.name, child: child.label, attempt, owed: child.owed.length }, 'child rebuilt from snapshot and log');
    if (first !== undefined && attempt >= options.poisonAttempts) this.#poisoned(child, first, error);
    // After the actor's reset, which follows this promise.
    setImmediate(() => this.#nextOwed(child));
  }

  #poisoned(child: Kid<State, Input>, work: Work<Input>, error: Error): void {
    const { logger } = this.#deps.root;
    const facts = { stage: this.name, child: child.label, stream: work.stream, sequence: work.sequence, err: error };
    if (this.behaviour.isCommand(work.input)) {
      this.#giveUp(child, work);
      logger.error(facts, 'command crashed again and again: refused');
      return;
    }
    const where = work.stream === '' ? 'a tick' : `${work.stream}@${work.sequence}`;
    child.poison = { reason: `${where}: ${error.message}`, sinceMs: this.#nowMs() };
    logger.error(
      { ...facts, resume: `POST /admin/v1/poison/${child.label}/retry (or /skip)` },
      'poison input: halted, everything else goes on',
    );
    this.behaviour.onPoison(child.key, child.poison.reason);
  }

  #nowMs(): number {
    return Math.floor(this.#deps.clock.nowUs() / 1000);
  }

  /** Passes over the input: whoever waits for it is refused. False when it must not be passed over. */
  #giveUp(child: Kid<State, Input>, work: Work<Input>): boolean {
    const batch = new Batch<Input>(this.#deps.clock.nowUs());
    if (!this.#refuse(child.key, work.input, EngineReject.POISON, batch)) return false;
    child.owed.shift();
    this.#push({ kind: 'between', action: () => this.#commit(batch) });
    return true;
  }

  #nextOwed(child: Kid<State, Input>): void {
    if (child.rebuilding || child.poison !== undefined) return;
    if (child.owed.length === 0) this.#parked.delete(child);
    else this.#push({ kind: 'owed', key: child.key });
  }

  #fail(error: Error): void {
    if (this.#stopped || error instanceof BusClosedError) return;
    this.#stopped = true;
    this.#deps.root.logger.error({ stage: this.name, err: error }, 'partition failed');
    this.#inputs.close();
    this.#abandonQueue();
    void this.#lease?.release().catch(() => undefined);
    this.#deps.onFailed(error);
  }
}

function workOf<Input>(input: Input): Work<Input> {
  return { input, stream: '', sequence: 0, attempts: 0 };
}
