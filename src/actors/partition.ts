// A partition of a stage at work: takes batches from its bounded queue, hands each child its share, puts what the children
// write into one step and appends it. Single writer of its output stream. Knows nothing of orders or money.
import { type Bus, BusClosedError, type Lease, type Reader, StorageError, WrongLastSequenceError } from '../bus/bus.ts';
import { subjects } from '../bus/subjects.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import { EngineReject } from '../domain/rejectReason.ts';
import type { Clock } from '../ports/clock.ts';
import type { Behaviour, ChildKey, RunContext } from './behaviour.ts';
import { Child, type Work } from './child.ts';
import { OutputLog } from './outputLog.ts';
import { combineHashes, recoverPartition, takeSnapshot } from './recovery.ts';
import { entriesOf, type Positions } from './step.ts';
import {
  type ActorRef,
  type ActorRoot,
  backOffMs,
  type CrashDecision,
  type Parent,
  send,
  stopActor,
} from './supervision.ts';

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
  /** The partition gave up: nothing more is written by it. The host starts it anew or ends the process. */
  readonly onFailed: (error: Error) => void;
}

type QueueItem<Input> =
  | {
      readonly kind: 'message';
      readonly stream: string;
      readonly sequence: number;
      readonly entries: readonly ChangeLogEntry[];
    }
  | { readonly kind: 'input'; readonly key: ChildKey; readonly input: Input }
  | { readonly kind: 'owed'; readonly key: ChildKey }
  /** Runs between two batches, with every child at rest. */
  | { readonly kind: 'between'; readonly action: () => void };

interface Batch<Input> {
  readonly nowUs: number;
  readonly touched: Set<ChildKey>;
  readonly persisted: (() => void)[];
  readonly forwarded: [ChildKey, Input][];
  entries: ChangeLogEntry[];
  running: number;
}

interface ChildMessage<Input> {
  readonly batch: Batch<Input>;
  readonly works: Work<Input>[];
}

type Kid<S, I> = Child<S, I, ChildMessage<I>>;

export class Partition<State, Input> {
  readonly behaviour: Behaviour<State, Input>;
  readonly name: string;
  readonly #deps: PartitionDeps;
  readonly #writer: ActorRef<'run'>;
  readonly #group: Parent;
  readonly #children = new Map<ChildKey, Kid<State, Input>>();
  readonly #parked = new Set<Kid<State, Input>>();
  readonly #positions = new Map<string, number>();
  /** Positions of parked children as found at recovery, until their owed inputs were read again. */
  #owedAtStart = new Map<string, Map<string, number>>();
  #log: OutputLog | undefined;
  #lease: Lease | undefined;
  #queue: QueueItem<Input>[] = [];
  #batch: Batch<Input> | undefined;
  #scheduled = false;
  #stopped = false;
  #readers: Reader[] = [];
  #roomWaiters: (() => void)[] = [];
  #positionWaiters: { stream: string; sequence: number; resolve: () => void }[] = [];
  #stepsSinceSnapshot = 0;
  #snapshotting = false;
  processed = 0;
  restarts = 0;

  constructor(behaviour: Behaviour<State, Input>, deps: PartitionDeps) {
    this.behaviour = behaviour;
    this.#deps = deps;
    this.name = `${behaviour.stage}-${behaviour.partition}`;
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

  /** Recovers from the log and starts reading the inputs. */
  async start(): Promise<{ readonly replayed: number; readonly children: number }> {
    const { bus, options } = this.#deps;
    const lease = await bus.acquireLease(this.behaviour.output, this.#deps.leaseTtlMs);
    if (lease === undefined) throw new Error(`${this.behaviour.output} is held by another writer`);
    this.#lease = lease;
    void lease.lost.then(() => {
      if (!this.#stopped) this.#fail(new Error(`the lease of ${this.behaviour.output} is lost`));
    });
    const recovered = await recoverPartition(bus, this.behaviour);
    for (const [key, state] of recovered.children) this.#adopt(key, state);
    for (const [stream, position] of recovered.positions) this.#positions.set(stream, position);
    this.#owedAtStart = recovered.parked;
    this.#log = new OutputLog(
      bus,
      this.behaviour.output,
      this.#deps.writer,
      lease.epoch,
      recovered.sequence,
      recovered.entrySequence,
    );
    // Says in the log who writes from here on, and fences whoever wrote before.
    await this.#log.append(subjects.epoch(this.behaviour.output), [], this.#positions, this.#owedAtStart);
    for (const { stream, filters } of this.behaviour.inputs) {
      let from = this.#positions.get(stream) ?? 0;
      for (const positions of this.#owedAtStart.values()) from = Math.min(from, positions.get(stream) ?? from);
      const reader = bus.read(stream, {
        fromSequence: from + 1,
        maxBatch: options.maxBatch,
        name: this.name,
        ...(filters === undefined ? {} : { filters }),
      });
      this.#readers.push(reader);
      this.#pump(stream, reader).catch((error: unknown) => this.#fail(error as Error));
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

  /** Resolves once the inputs up to the position are consumed. */
  whenConsumed(stream: string, sequence: number): Promise<void> {
    if (
      (this.#positions.get(stream) ?? 0) >= sequence ||
      !this.behaviour.inputs.some((input) => input.stream === stream)
    )
      return Promise.resolve();
    return new Promise((resolve) => this.#positionWaiters.push({ stream, sequence, resolve }));
  }

  get queued(): number {
    return this.#queue.length;
  }

  get positions(): Positions {
    return this.#positions;
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
    const halted = [];
    for (const child of this.#parked) {
      if (child.poison !== undefined)
        halted.push({ name: child.label, reason: child.poison.reason, since: child.poison.sinceMs });
    }
    return halted;
  }

  childRestarts(): number {
    let restarts = 0;
    for (const child of this.#children.values()) restarts += child.restarts;
    return restarts;
  }

  /** Hash over all children, comparable with a fold of the log. Waits for the batch in work. */
  hash(): Promise<string> {
    return this.between(() =>
      combineHashes(
        [...this.#children.values()].map((child) => [child.label, this.behaviour.hash(child.state)] as const),
      ),
    );
  }

  /** An operator goes on after poison. False when no child of that name is halted here. */
  resumePoisoned(label: string, how: 'retry' | 'skip'): boolean {
    const child = [...this.#parked].find((parked) => parked.label === label && parked.poison !== undefined);
    if (child === undefined) return false;
    const work = child.owed[0];
    if (how === 'skip' && work !== undefined) {
      const batch = this.#newBatch();
      if (!this.behaviour.refuse(child.key, work.input, EngineReject.POISON, this.#context(batch))) {
        throw new RangeError(`${label}: this input moves money that is already traded, it can only be retried`);
      }
      child.owed.shift();
      this.#push({ kind: 'between', action: () => this.#commit(batch) });
    } else if (work !== undefined) work.attempts = 0;
    child.poison = undefined;
    this.#nextOwed(child);
    return true;
  }

  /** Writes a snapshot of the state as of now; resolves when it is stored. */
  async snapshot(): Promise<void> {
    if (this.#snapshotting || this.#log === undefined) return;
    this.#snapshotting = true;
    try {
      const taken = await this.between(() => {
        const log = this.#log as OutputLog;
        this.#stepsSinceSnapshot = 0;
        const snapshot = takeSnapshot(this.behaviour, {
          children: [...this.#children.values()].map((child) => [child.key, child.state] as const),
          sequence: log.sequence,
          entrySequence: log.entrySequence,
          positions: this.#positions,
          parked: this.#parkedPositions(),
        });
        return { snapshot, persisted: log.whenIdle() };
      });
      // A snapshot must never be ahead of the log it stands for.
      await taken.persisted;
      await this.#deps.bus.putSnapshot(taken.snapshot);
    } finally {
      this.#snapshotting = false;
    }
  }

  /** Stops reading, finishes what is queued, waits until it is persisted. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    for (const reader of this.#readers) reader.close();
    await this.between(() => undefined);
    this.#stopped = true;
    await this.#log?.whenIdle();
    await this.#lease?.release();
    this.dispose();
  }

  /** Ends the partition's actors; what they were doing comes to nothing. */
  dispose(): void {
    this.#stopped = true;
    stopActor(this.#writer as ActorRef<never>);
    stopActor(this.#group);
  }

  async #pump(stream: string, reader: Reader): Promise<void> {
    for (;;) {
      if (this.#queue.length >= this.#deps.options.maxQueued)
        await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
      const messages = await reader.next().catch((error: unknown) => {
        if (error instanceof BusClosedError) return [];
        throw error;
      });
      if (messages.length === 0 || this.#stopped) return;
      for (const message of messages) {
        this.#queue.push({ kind: 'message', stream, sequence: message.sequence, entries: entriesOf(message) });
      }
      this.#schedule();
    }
  }

  #push(item: QueueItem<Input>): void {
    if (this.#stopped) {
      if (item.kind === 'between') item.action();
      return;
    }
    this.#queue.push(item);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#batch !== undefined || this.#queue.length === 0) return;
    if ((this.#log?.inFlight ?? 0) >= this.#deps.options.maxInFlight) return;
    this.#scheduled = true;
    send(this.#writer, 'run');
  }

  #newBatch(): Batch<Input> {
    return {
      nowUs: this.#deps.clock.nowUs(),
      touched: new Set(),
      persisted: [],
      forwarded: [],
      entries: [],
      running: 0,
    };
  }

  #context(batch: Batch<Input>, out: ChangeLogEntry[] = batch.entries): RunContext {
    return {
      nowUs: batch.nowUs,
      out,
      afterPersisted: (action) => batch.persisted.push(action),
      forward: (key, input) => batch.forwarded.push([key, input as Input]),
    };
  }

  /** The batch size adapts by itself: what came in while the last batch ran and was appended is the next one. */
  #runBatch(): void {
    this.#scheduled = false;
    if (this.#log === undefined || this.#batch !== undefined) return;
    const batch = this.#newBatch();
    this.#batch = batch;
    let taken = 0;
    while (taken < this.#queue.length && taken < this.#deps.options.maxBatch) {
      const item = this.#queue[taken++] as QueueItem<Input>;
      if (item.kind === 'message') this.#take(item.stream, item.sequence, item.entries, batch);
      else if (item.kind === 'input')
        this.#assign(item.key, { input: item.input, stream: '', sequence: 0, attempts: 0 }, batch);
      else if (item.kind === 'between') {
        // Children must be at rest: end the batch before it, unless it comes first.
        if (batch.touched.size > 0) {
          taken--;
          break;
        }
        item.action();
      } else this.#takeOwed(item.key, batch);
    }
    this.processed += taken;
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken);
    if (this.#queue.length < this.#deps.options.maxQueued) for (const resume of this.#roomWaiters.splice(0)) resume();
    this.#runChildren(batch);
  }

  #take(stream: string, sequence: number, entries: readonly ChangeLogEntry[], batch: Batch<Input>): void {
    const known = this.#positions.get(stream) ?? 0;
    // At or below the known position only children that were parked at the last stop still owe it.
    const again = sequence <= known;
    if (!again) this.#positions.set(stream, sequence);
    this.behaviour.route(stream, entries, (key, input) => {
      if (again && sequence <= (this.#owedAtStart.get(this.behaviour.label(key))?.get(stream) ?? known)) return;
      const work = { input, stream, sequence, attempts: 0 };
      if (again) this.#owe(key, work);
      else this.#assign(key, work, batch);
    });
    if (this.#owedAtStart.size > 0 && sequence >= known) this.#owedAtStart = new Map();
  }

  #owe(key: ChildKey, work: Work<Input>): void {
    const child = this.#child(key);
    if (child === undefined) return;
    child.owed.push(work);
    this.#parked.add(child);
    if (child.owed.length === 1) this.#nextOwed(child);
  }

  #assign(key: ChildKey, work: Work<Input>, batch: Batch<Input>): void {
    const child = this.#child(key);
    if (child === undefined) {
      this.behaviour.refuse(key, work.input, EngineReject.UNKNOWN_ACCOUNT, this.#context(batch));
      return;
    }
    if (child.parked) {
      child.owed.push(work);
      return;
    }
    child.assigned.push(work);
    batch.touched.add(key);
  }

  #takeOwed(key: ChildKey, batch: Batch<Input>): void {
    const child = this.#children.get(key);
    const work = child?.owed[0];
    if (child === undefined || work === undefined || child.rebuilding || child.poison !== undefined) return;
    child.assigned.push(work);
    batch.touched.add(key);
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

  #actorOf(child: Kid<State, Input>): ActorRef<ChildMessage<Input>> {
    child.actor ??= this.#deps.root.spawnStage<State, ChildMessage<Input>>(this.#group, {
      name: child.label,
      initialState: () => child.state,
      handle: (state, message) => this.#runChild(child, state, message),
      onCrash: async (message, error): Promise<CrashDecision> => {
        await this.#crashed(child, message, error);
        return 'reset';
      },
    });
    return child.actor;
  }

  #runChildren(batch: Batch<Input>): void {
    batch.running = batch.touched.size;
    if (batch.running === 0) {
      this.#finish(batch);
      return;
    }
    for (const key of batch.touched) {
      const child = this.#children.get(key) as Kid<State, Input>;
      const works = child.assigned;
      child.assigned = [];
      child.lastActiveUs = batch.nowUs;
      send(this.#actorOf(child), { batch, works });
    }
  }

  /** In the child's actor. Its entries reach the step only when all of its share went well. */
  #runChild(child: Kid<State, Input>, state: State, { batch, works }: ChildMessage<Input>): State {
    const out: ChangeLogEntry[] = [];
    const context = this.#context(batch, out);
    const persistedBefore = batch.persisted.length;
    const forwardedBefore = batch.forwarded.length;
    try {
      for (const work of works) this.behaviour.run(state, work.input, context);
    } catch (error) {
      batch.persisted.length = persistedBefore;
      batch.forwarded.length = forwardedBefore;
      throw error;
    }
    for (const entry of out) {
      this.behaviour.observe(child.key, entry);
      batch.entries.push(entry);
    }
    if (child.owed.length > 0 && child.owed[0] === works[0]) {
      child.owed.shift();
      this.#nextOwed(child);
    }
    this.#childDone(batch);
    return state;
  }

  #childDone(batch: Batch<Input>): void {
    if (--batch.running > 0) return;
    if (batch.forwarded.length === 0) {
      this.#finish(batch);
      return;
    }
    batch.touched.clear();
    for (const [key, input] of batch.forwarded.splice(0))
      this.#assign(key, { input, stream: '', sequence: 0, attempts: 0 }, batch);
    this.#runChildren(batch);
  }

  #finish(batch: Batch<Input>): void {
    this.#commit(batch);
    this.#batch = undefined;
    if (this.#positionWaiters.length > 0) this.#wakePositionWaiters();
    this.#schedule();
  }

  #wakePositionWaiters(): void {
    this.#positionWaiters = this.#positionWaiters.filter(({ stream, sequence, resolve }) => {
      if ((this.#positions.get(stream) ?? 0) < sequence) return true;
      resolve();
      return false;
    });
  }

  #commit(batch: Batch<Input>): void {
    const log = this.#log as OutputLog;
    if (batch.entries.length === 0) {
      for (const action of batch.persisted) action();
      return;
    }
    const appended = log.append(
      this.behaviour.subject(batch.entries),
      batch.entries,
      this.#positions,
      this.#parkedPositions(),
    );
    appended.then(
      () => {
        for (const action of batch.persisted) action();
        this.#schedule();
      },
      (error: unknown) => this.#fail(error as Error),
    );
    const every = this.#deps.options.snapshotEverySteps;
    if (every > 0 && ++this.#stepsSinceSnapshot >= every && !this.#snapshotting) {
      this.snapshot().catch((error: unknown) => this.#fail(error as Error));
    }
  }

  #parkedPositions(): Map<string, Positions> {
    const parked = new Map<string, Positions>();
    for (const child of this.#parked) {
      const owed = child.owedPositions();
      if (owed.size > 0) parked.set(child.label, owed);
    }
    return parked;
  }

  /** The child's share of the batch comes to nothing; the child is rebuilt and works it off one by one. */
  async #crashed(child: Kid<State, Input>, message: ChildMessage<Input> | undefined, error: Error): Promise<void> {
    child.restarts++;
    child.rebuilding = true;
    this.#parked.add(child);
    const works = message?.works ?? [];
    if (child.owed[0] !== works[0]) child.owed.unshift(...works);
    const first = child.owed[0];
    if (first !== undefined && works.length === 1) first.attempts++;
    if (message !== undefined) this.#childDone(message.batch);
    const attempt = first?.attempts ?? 0;
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt - 1)));
    await this.#log?.whenIdle();
    const recovered = await recoverPartition(this.#deps.bus, this.behaviour.fresh(), { only: child.key });
    const state = recovered.children.get(child.key) ?? this.behaviour.create(child.key);
    if (state === undefined) throw new Error(`${child.label} cannot be rebuilt`);
    child.state = state;
    child.rebuilding = false;
    this.#deps.root.logger.warn(
      { stage: this.name, child: child.label, attempt, owed: child.owed.length },
      'child rebuilt from snapshot and log',
    );
    if (first !== undefined && first.attempts >= this.#deps.options.poisonAttempts) this.#poisoned(child, first, error);
    // The actor is still resetting: the next owed work waits in the partition's queue until it has.
    setImmediate(() => this.#nextOwed(child));
  }

  #poisoned(child: Kid<State, Input>, work: Work<Input>, error: Error): void {
    const facts = { stage: this.name, child: child.label, stream: work.stream, sequence: work.sequence, err: error };
    if (this.behaviour.isCommand(work.input)) {
      const batch = this.#newBatch();
      this.behaviour.refuse(child.key, work.input, EngineReject.POISON, this.#context(batch));
      child.owed.shift();
      this.#push({ kind: 'between', action: () => this.#commit(batch) });
      this.#deps.root.logger.error(facts, 'command crashed again and again: refused');
      return;
    }
    const where = work.stream === '' ? 'a command' : `${work.stream}@${work.sequence}`;
    child.poison = { reason: `${where}: ${error.message}`, sinceMs: Math.floor(this.#deps.clock.nowUs() / 1000) };
    this.#deps.root.logger.error(
      { ...facts, resume: `POST /admin/v1/poison/${child.label}/retry (or /skip)` },
      'poison input: halted, everything else goes on',
    );
    this.behaviour.onPoison(child.key, child.poison.reason);
  }

  #nextOwed(child: Kid<State, Input>): void {
    if (child.rebuilding || child.poison !== undefined) return;
    if (child.owed.length === 0) this.#parked.delete(child);
    else this.#push({ kind: 'owed', key: child.key });
  }

  /** Children without work give up their actors; their state stays, compact. */
  passivate(): void {
    const before = this.#deps.clock.nowUs() - this.#deps.options.passivateAfterMs * 1000;
    for (const child of this.#children.values()) {
      if (
        child.actor === undefined ||
        child.parked ||
        child.lastActiveUs > before ||
        this.#batch?.touched.has(child.key)
      )
        continue;
      stopActor(child.actor as ActorRef<never>);
      child.actor = undefined;
    }
  }

  #fail(error: Error): void {
    if (this.#stopped || error instanceof BusClosedError) return;
    this.#stopped = true;
    const lost =
      error instanceof WrongLastSequenceError ? 'another writer took the partition over' : 'partition failed';
    this.#deps.root.logger.error({ stage: this.name, err: error, storage: error instanceof StorageError }, lost);
    for (const reader of this.#readers) reader.close();
    void this.#lease?.release().catch(() => undefined);
    this.#deps.onFailed(error);
  }
}
