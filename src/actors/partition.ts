// A partition of a stage at work: takes batches from its bounded queue, hands each child its share, puts what the children
// write into one step and appends it. Single writer of its output stream. Knows nothing of orders or money.
import { BusClosedError, type BusMessage, type Lease } from '../bus/bus.ts';
import { streams, subjects } from '../bus/subjects.ts';
import { assertNever } from '../domain/assert.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import { Batch } from './batch.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import type { Work } from './child.ts';
import { Children } from './children.ts';
import { CrashCare } from './crashCare.ts';
import { InputQueue, type QueueItem } from './inputQueue.ts';
import { InputReaders } from './inputReaders.ts';
import { LeaseHeldError, LeaseLostError } from './leaseErrors.ts';
import { knownBy, OutputLog } from './outputLog.ts';
import { Pace } from './pace.ts';
import type { PartitionDeps } from './partitionDeps.ts';
import { recoverPartition } from './recovery.ts';
import { Rounds } from './rounds.ts';
import { SnapshotTaker } from './snapshotTaker.ts';
import { entriesOf, type Positions } from './step.ts';
import { type ActorRef, type Parent, send, stopActor } from './supervision.ts';

/** Between two looks whether a child is rebuilt that a snapshot waits for. */
const REBUILT_POLL_MS = 20;

export class Partition<State, Input> {
  readonly behaviour: Behaviour<State, Input>;
  readonly name: string;
  readonly #deps: PartitionDeps;
  readonly #writer: ActorRef<'run'>;
  readonly #group: Parent;
  readonly #inputs: InputReaders;
  readonly #pace: Pace;
  readonly #queue: InputQueue<Input>;
  readonly #children: Children<State, Input>;
  readonly #care: CrashCare<State, Input>;
  readonly #rounds: Rounds<State, Input>;
  #log: OutputLog | undefined;
  #lease: Lease | undefined;
  #running = false;
  #scheduled = false;
  #stopped = false;
  #epoch = 0;
  /** The newest append. */
  #appended: Promise<unknown> = Promise.resolve();
  #stepsSinceSnapshot = 0;
  /** The snapshot that is being taken. */
  #snapshotting: Promise<void> | undefined;
  processed = 0;

  constructor(behaviour: Behaviour<State, Input>, deps: PartitionDeps) {
    this.behaviour = behaviour;
    this.#deps = deps;
    this.name = `${behaviour.stage}-${behaviour.partition}`;
    this.#queue = new InputQueue(deps.options.maxQueued);
    this.#children = new Children(behaviour);
    this.#inputs = new InputReaders({
      bus: deps.bus,
      name: this.name,
      maxBatch: deps.options.maxBatch,
      take: (stream, message) => this.#received(stream, message),
      ready: (message) => knownBy(deps.registry, message),
      room: () => this.#queue.room(),
      onFailed: (error) => this.#fail(error),
    });
    this.#pace = new Pace({
      appendsAtOnce: deps.bus.appendsAtOnce,
      maxInFlight: deps.options.maxInFlight,
      maxBatch: deps.options.maxBatch,
      restMs: () => behaviour.restMs,
      resume: () => this.#schedule(),
    });
    this.#group = deps.root.group(`partition-${behaviour.partition}`, deps.parent);
    this.#care = new CrashCare({
      name: this.name,
      behaviour,
      children: this.#children,
      deps,
      group: this.#group,
      log: () => this.#log,
      epoch: () => this.#epoch,
      retry: (key) => this.#push({ kind: 'owed', key }),
      commit: (batch) => this.#push({ kind: 'between', action: () => this.#commit(batch) }),
      onFailed: (error) => this.#fail(error),
    });
    this.#rounds = new Rounds(behaviour, this.#children, this.#care);
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
    for (const [key, state] of recovered.children) this.#children.adoptResting(key, state);
    this.#inputs.restore(recovered.positions);
    this.#care.restore(recovered.parked);
    if (this.#stopped) throw new LeaseLostError(`the lease of ${output} was lost during its recovery`);
    const log = new OutputLog(bus, output, writer, epoch, recovered.sequence, recovered.entrySequence, registry);
    // Says in the log who writes from here on, and fences whoever wrote before.
    await log.append(subjects.epoch(output), [], this.#inputs.positions, recovered.parked);
    // Its host takes a partition that started for one that works.
    if (this.#stopped) throw new LeaseLostError(`the lease of ${output} was lost as its writer said so`);
    this.#log = log;
    this.#epoch = epoch;
    this.behaviour.live?.();
    this.#schedule();
    for (const input of this.behaviour.inputs) {
      const from = this.#care.oldestOwed(input.stream, this.#inputs.positions.get(input.stream) ?? 0);
      this.#inputs.follow(input, from + 1);
    }
    return { replayed: recovered.replayed, children: recovered.children.size };
  }

  /** Queues work that comes from no log: a command, a tick. The caller bounds what it sends (see queued). */
  submit(key: ChildKey, input: Input): void {
    this.#push({ kind: 'input', key, input, stream: '', sequence: 0, attempts: 0 });
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
    return this.#children.peek(key);
  }

  /** How many there are. */
  get childCount(): number {
    return this.#children.size;
  }

  states(): Iterable<readonly [ChildKey, State]> {
    return this.#children.states();
  }

  halted(): { name: string; reason: string; since: number }[] {
    return this.#care.halted();
  }

  childRestarts(): number {
    return this.#children.restarts();
  }

  /** Hash over all children, comparable with a fold of the log. Waits for the batch in work. */
  hash(): Promise<string> {
    return this.between(() => this.#children.hash());
  }

  /** An operator goes on after poison. False when no child of that name is halted here. */
  resumePoisoned(label: string, how: 'retry' | 'skip'): boolean {
    return this.#care.resume(label, how);
  }

  /**
   * Stores a snapshot of the state as of now, or waits for the one that is being taken; resolves when it is stored. The partition
   * works on meanwhile.
   */
  snapshot(): Promise<void> {
    if (this.#log === undefined) return Promise.resolve();
    this.#snapshotting ??= this.#storeSnapshot().finally(() => {
      this.#snapshotting = undefined;
    });
    return this.#snapshotting;
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
    this.#pace.stop();
    this.#queue.abandon();
    stopActor(this.#writer as ActorRef<never>);
    stopActor(this.#group);
  }

  /** Children that have not crashed again give up their actors; their state stays. */
  passivate(): void {
    this.#care.passivate();
  }

  async #storeSnapshot(): Promise<void> {
    let begun = await this.between(() => this.#beginSnapshot());
    for (; begun === undefined; begun = await this.between(() => this.#beginSnapshot()))
      await new Promise((resolve) => setTimeout(resolve, REBUILT_POLL_MS));
    const { taker, persisted } = begun;
    try {
      const rows = this.#deps.options.snapshotSliceRows;
      while (!(await this.#whileWorking(() => taker.slice(rows))));
    } finally {
      this.#rounds.beforeWork = undefined;
      taker.close();
    }
    // A snapshot must never be ahead of the log it stands for.
    await persisted;
    await this.#deps.bus.putSnapshot(taker.snapshot);
  }

  /** Undefined while a child is being rebuilt: its state is not what the log says. */
  #beginSnapshot(): { readonly taker: SnapshotTaker<State, Input>; readonly persisted: Promise<void> } | undefined {
    if (this.#stopped) throw new LeaseLostError(`${this.name} stopped`);
    if (this.#care.rebuilds) return undefined;
    const log = this.#log as OutputLog;
    this.#stepsSinceSnapshot = 0;
    const taker = new SnapshotTaker(this.behaviour, {
      ...this.#children.beginSnapshot(),
      sequence: log.sequence,
      entrySequence: log.entrySequence,
      positions: this.#inputs.positions,
      parked: this.#care.parkedPositions(),
    });
    this.#rounds.beforeWork = (child) => taker.beforeChange(child);
    const persisted = log.whenPersisted();
    // Waited for at the end; what became of it is told then.
    persisted.catch(() => undefined);
    return { taker, persisted };
  }

  /** As between, unless the partition ended, may be in the middle of a batch. */
  #whileWorking<T>(action: () => T): Promise<T> {
    return this.between(() => {
      if (this.#stopped) throw new LeaseLostError(`${this.name} stopped`);
      return action();
    });
  }

  #received(stream: string, message: BusMessage): void {
    this.#push({ kind: 'message', stream, sequence: message.sequence, entries: entriesOf(message) });
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
    if (this.#scheduled || this.#running || this.#queue.length === 0) return;
    if (!this.#pace.allows(this.#log?.inFlight ?? 0, this.#queue.length, this.#queue.pressing)) return;
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
    this.processed += this.#queue.take(this.#deps.options.maxBatch, (item) => this.#accept(item, batch));
    this.#rounds.run(batch);
    this.#commit(batch);
    this.#running = false;
    this.#schedule();
  }

  #accept(item: QueueItem<Input>, batch: Batch<Input>): boolean {
    switch (item.kind) {
      case 'message':
        this.#take(item.stream, item.sequence, item.entries, batch);
        return true;
      case 'input':
        this.#rounds.assign(item.key, item, batch);
        return true;
      case 'owed':
        this.#rounds.assignOwed(item.key);
        return true;
      case 'between':
        // Children must be at rest for it: it comes first in a batch or waits for the next.
        if (!this.#rounds.isEmpty) return false;
        item.action();
        return true;
      default:
        return assertNever(item);
    }
  }

  #take(stream: string, sequence: number, entries: readonly ChangeLogEntry[], batch: Batch<Input>): void {
    const known = this.#inputs.positions.get(stream) ?? 0;
    const isNew = this.#inputs.consumed(stream, sequence);
    this.behaviour.route(stream, entries, (key, input) => {
      const work: Work<Input> = { input, stream, sequence, attempts: 0 };
      if (isNew) this.#rounds.assign(key, work, batch);
      else if (this.#care.owesAgain(key, work, known)) this.#care.owe(key, work);
    });
    if (isNew) this.#care.caughtUp();
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
      this.#care.parkedPositions(),
    );
    this.#appended = appended;
    this.#pace.stepTaken();
    appended.then(
      () => {
        batch.persisted();
        this.#schedule();
      },
      (error: unknown) => this.#fail(error as Error),
    );
    const every = this.#deps.options.snapshotEverySteps;
    if (every > 0 && ++this.#stepsSinceSnapshot >= every && this.#snapshotting === undefined) {
      this.snapshot().catch((error: unknown) => this.#fail(error as Error));
    }
  }

  /** A refusal, or a command that took effect before, is answered from state whose steps may still be on their way. */
  #whenPersisted(answer: () => void): void {
    if ((this.#log?.inFlight ?? 0) > 0) this.#appended.then(answer, () => undefined);
    else if (!this.#stopped) answer();
  }

  #fail(error: Error): void {
    if (this.#stopped || error instanceof BusClosedError) return;
    this.#stopped = true;
    this.#deps.root.logger.error({ stage: this.name, err: error }, 'partition failed');
    this.#inputs.close();
    this.#queue.abandon();
    void this.#lease?.release().catch(() => undefined);
    this.#deps.onFailed(error);
  }
}
