// What a partition does about children that throw. A child that crashed is parked: its siblings go on, what it owes stands
// in the steps' headers, and new work queues behind. It crashes in an actor of its own, whose supervision rebuilds it from
// snapshot and log; then it works off what it owes, one by one. Input that fails again and again is poison: a command is
// refused, anything else halts the child until an operator decides.
import { EngineReject } from '../domain/rejectReason.ts';
import { Batch } from './batch.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import type { ChildMessage, Work } from './child.ts';
import type { Children, Kid } from './children.ts';
import { LeaseLostError } from './leaseErrors.ts';
import { knownBy, type OutputLog } from './outputLog.ts';
import type { PartitionDeps } from './partitionDeps.ts';
import { recoverPartition } from './recovery.ts';
import type { Positions } from './step.ts';
import { type ActorRef, backOffMs, type CrashDecision, type Parent, send, stopActor } from './supervision.ts';

export interface CrashCareOptions<State, Input> {
  readonly name: string;
  readonly behaviour: Behaviour<State, Input>;
  readonly children: Children<State, Input>;
  readonly deps: PartitionDeps;
  /** Parent of the children's actors. */
  readonly group: Parent;
  readonly log: () => OutputLog | undefined;
  /** Of the lease the partition writes under. */
  readonly epoch: () => number;
  /** The first work that the child owes is to be in one of the next batches. */
  readonly retry: (key: ChildKey) => void;
  /** Between two batches: what a refusal wrote goes into the log. */
  readonly commit: (batch: Batch<Input>) => void;
  readonly onFailed: (error: Error) => void;
}

export class CrashCare<State, Input> {
  readonly #options: CrashCareOptions<State, Input>;
  readonly #parked = new Set<Kid<State, Input>>();
  /** Positions of parked children as found at recovery, until their owed inputs were read again. */
  #owedAtStart: ReadonlyMap<string, Positions> = new Map();

  constructor(options: CrashCareOptions<State, Input>) {
    this.#options = options;
  }

  /** What children owed when the log was last written. */
  restore(parked: ReadonlyMap<string, Positions>): void {
    this.#owedAtStart = parked;
  }

  /** Where reading a stream begins: at the position that is consumed, or before it when a child still owes inputs. */
  oldestOwed(stream: string, consumed: number): number {
    let oldest = consumed;
    for (const positions of this.#owedAtStart.values()) oldest = Math.min(oldest, positions.get(stream) ?? oldest);
    return oldest;
  }

  /** At or below the consumed position only children that were parked at the last stop still owe an input. */
  owesAgain(key: ChildKey, { stream, sequence }: Work<Input>, consumed: number): boolean {
    return sequence > (this.#owedAtStart.get(this.#options.behaviour.label(key))?.get(stream) ?? consumed);
  }

  /** A new input was read: nothing is owed from before any more but what the children hold. */
  caughtUp(): void {
    if (this.#owedAtStart.size > 0) this.#owedAtStart = new Map();
  }

  /** For the steps' headers, by label: where the children are that lag behind. */
  parkedPositions(): ReadonlyMap<string, Positions> {
    const parked = new Map<string, Positions>();
    for (const child of this.#parked) {
      const owed = child.owedPositions();
      if (owed.size > 0) parked.set(child.label, owed);
    }
    return parked;
  }

  /** The state of some child is not what the log says, as it crashed in the middle of its work. */
  get rebuilds(): boolean {
    for (const child of this.#parked) if (child.rebuilding) return true;
    return false;
  }

  halted(): { name: string; reason: string; since: number }[] {
    return [...this.#parked].flatMap(({ label, poison }) =>
      poison === undefined ? [] : [{ name: label, reason: poison.reason, since: poison.sinceMs }],
    );
  }

  /** Read again after a restart, for a child that was parked then. */
  owe(key: ChildKey, work: Work<Input>): void {
    const child = this.#options.children.of(key);
    if (child === undefined) return;
    child.owed.push(work);
    this.#parked.add(child);
    const reason = this.#options.behaviour.poisonOf(key);
    if (reason !== undefined) child.poison ??= { reason, sinceMs: this.#nowMs() };
    else if (child.owed.length === 1) this.#nextOwed(child);
  }

  /** The owed work to be done now, given once; undefined when there is none or it has to wait. */
  giveOwed(child: Kid<State, Input>): Work<Input> | undefined {
    const work = child.owed[0];
    if (work === undefined || child.rebuilding || child.poison !== undefined || child.given === work) return undefined;
    child.given = work;
    return work;
  }

  /** The work that the child owed is done. */
  worked(child: Kid<State, Input>): void {
    child.given = undefined;
    child.owed.shift();
    this.#nextOwed(child);
  }

  /** The child's share of the batch comes to nothing: it owes it, which stands in the step's header. */
  crashed(child: Kid<State, Input>, works: readonly Work<Input>[], error: Error): void {
    child.restarts++;
    child.rebuilding = true;
    child.given = undefined;
    child.crashedUs = this.#options.deps.clock.nowUs();
    this.#parked.add(child);
    if (child.owed[0] !== works[0]) child.owed.unshift(...works);
    const first = child.owed[0];
    if (first !== undefined && works.length === 1) first.attempts++;
    // It crashes in an actor of its own, whose supervision rebuilds it while its siblings go on.
    send(this.#actorOf(child), { works, error });
  }

  /** An operator goes on after poison. False when no child of that name is halted here. */
  resume(label: string, how: 'retry' | 'skip'): boolean {
    const child = [...this.#parked].find((parked) => parked.label === label && parked.poison !== undefined);
    if (child === undefined) return false;
    const work = child.owed[0];
    if (how === 'skip' && work !== undefined) {
      if (!this.#giveUp(child, work))
        throw new RangeError(`${label}: this input moves money that is already traded, it can only be retried`);
    } else if (work !== undefined) work.attempts = 0;
    this.#options.behaviour.beforeRetry(child.key, child.state);
    child.poison = undefined;
    this.#nextOwed(child);
    return true;
  }

  /** Children that have not crashed again give up their actors; their state stays. */
  passivate(): void {
    const { children, deps } = this.#options;
    const before = deps.clock.nowUs() - deps.options.passivateAfterMs * 1000;
    for (const child of children.awake()) {
      if (child.actor === undefined || child.parked || child.crashedUs > before) continue;
      stopActor(child.actor as ActorRef<never>);
      child.actor = undefined;
    }
  }

  #actorOf(child: Kid<State, Input>): ActorRef<ChildMessage<Input>> {
    const { deps, group } = this.#options;
    child.actor ??= deps.root.spawnStage<undefined, ChildMessage<Input>>(group, {
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

  /** From snapshot and log, after a pause that grows with the attempts. */
  async #rebuild(child: Kid<State, Input>, error: Error): Promise<void> {
    const { behaviour, deps, name, log, epoch } = this.#options;
    const { root, bus, options, registry } = deps;
    const first = child.owed[0];
    const attempt = first?.attempts ?? 0;
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, backOffMs(attempt - 1)));
    await log()?.whenIdle();
    const recovered = await recoverPartition(bus, behaviour.fresh(), {
      only: child.key,
      ready: (message) => knownBy(registry, message),
    });
    // Overtaken: what it could not make sense of may be its successor's doing, and is no poison.
    if (recovered.epoch > epoch()) {
      this.#options.onFailed(new LeaseLostError(`${behaviour.output} is written in epoch ${recovered.epoch}, this one was ${epoch()}`));
      return;
    }
    const state = recovered.children.get(child.key) ?? behaviour.create(child.key);
    if (state === undefined) throw new Error(`${child.label} cannot be rebuilt`);
    behaviour.replace?.(child.state, state);
    child.state = state;
    child.rebuilding = false;
    root.logger.warn({ stage: name, child: child.label, attempt, owed: child.owed.length }, 'child rebuilt from snapshot and log');
    if (first !== undefined && attempt >= options.poisonAttempts) this.#poisoned(child, first, error);
    // After the actor's reset, which follows this promise.
    setImmediate(() => this.#nextOwed(child));
  }

  #poisoned(child: Kid<State, Input>, work: Work<Input>, error: Error): void {
    const { behaviour, deps, name } = this.#options;
    const { logger } = deps.root;
    const facts = { stage: name, child: child.label, stream: work.stream, sequence: work.sequence, err: error };
    if (behaviour.isCommand(work.input)) {
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
    behaviour.onPoison(child.key, child.poison.reason);
  }

  /** Passes over the input: whoever waits for it is refused. False when it must not be passed over. */
  #giveUp(child: Kid<State, Input>, work: Work<Input>): boolean {
    const batch = new Batch<Input>(this.#options.deps.clock.nowUs());
    if (!batch.refuse(this.#options.behaviour, child.key, work.input, EngineReject.POISON)) return false;
    child.owed.shift();
    this.#options.commit(batch);
    return true;
  }

  #nextOwed(child: Kid<State, Input>): void {
    if (child.rebuilding || child.poison !== undefined) return;
    if (child.owed.length === 0) this.#parked.delete(child);
    else this.#options.retry(child.key);
  }

  #nowMs(): number {
    return Math.floor(this.#options.deps.clock.nowUs() / 1000);
  }
}
