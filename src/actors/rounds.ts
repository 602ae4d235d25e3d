// The work of a batch: done by its children in the order of arrival, then what they forwarded, round after round until
// nothing is left. A child that throws ends its own part of the round alone.
import { EngineReject } from '../domain/rejectReason.ts';
import type { Batch } from './batch.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { type Work, workOf } from './child.ts';
import type { Children, Kid } from './children.ts';
import type { CrashCare } from './crashCare.ts';

export class Rounds<State, Input> {
  readonly #behaviour: Behaviour<State, Input>;
  readonly #children: Children<State, Input>;
  readonly #care: CrashCare<State, Input>;
  readonly #merge: ((first: Input, second: Input) => Input) | undefined;
  /** What is to be done next, and by whom. */
  #works: Work<Input>[] = [];
  #workers: Kid<State, Input>[] = [];
  /** While a snapshot is taken: hears of a child before it works. */
  beforeWork: ((child: Kid<State, Input>) => void) | undefined;

  constructor(behaviour: Behaviour<State, Input>, children: Children<State, Input>, care: CrashCare<State, Input>) {
    this.#behaviour = behaviour;
    this.#children = children;
    this.#care = care;
    this.#merge = behaviour.merge?.bind(behaviour);
  }

  get isEmpty(): boolean {
    return this.#works.length === 0;
  }

  /** For the child of that key, or behind what it owes already when it is parked. */
  assign(key: ChildKey, work: Work<Input>, batch: Batch<Input>): void {
    const child = this.#children.of(key);
    if (child === undefined) batch.refuse(this.#behaviour, key, work.input, EngineReject.UNKNOWN_ACCOUNT);
    else if (child.parked) child.owed.push(work);
    else this.#give(child, work);
  }

  /** The child tries again what it owes, unless it has to wait. */
  assignOwed(key: ChildKey): void {
    const child = this.#children.find(key);
    const work = child === undefined ? undefined : this.#care.giveOwed(child);
    if (child !== undefined && work !== undefined) this.#give(child, work);
  }

  run(batch: Batch<Input>): void {
    while (this.#works.length > 0) {
      const works = this.#works;
      const workers = this.#workers;
      this.#works = [];
      this.#workers = [];
      batch.beginRound();
      this.#runRound(works, workers, batch);
      batch.endRound();
      for (const [key, input] of batch.takeForwarded(this.#merge)) this.assign(key, workOf(input), batch);
    }
  }

  #give(child: Kid<State, Input>, work: Work<Input>): void {
    this.#works.push(work);
    this.#workers.push(child);
  }

  #runRound(works: readonly Work<Input>[], workers: readonly Kid<State, Input>[], batch: Batch<Input>): void {
    const ahead = this.#behaviour.lookAhead ?? 0;
    for (let i = 0; i < works.length; i++) {
      if (ahead > 0 && i % ahead === 0) this.#announce(works, workers, i, Math.min(i + ahead, works.length), batch);
      const work = works[i] as Work<Input>;
      const child = workers[i] as Kid<State, Input>;
      if (batch.hasFailed(child.key)) continue;
      if (this.beforeWork !== undefined) this.beforeWork(child);
      batch.begin(child.key);
      try {
        this.#behaviour.run(child.state, work.input, batch);
      } catch (error) {
        batch.fail(child.key);
        const share = works.filter((_, at) => workers[at] === child);
        this.#care.crashed(child, share, error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      batch.end();
      if (child.given === work) this.#care.worked(child);
    }
  }

  /** What the children are to do next. One piece of work alone would have to wait for what it needs in any case. */
  #announce(works: readonly Work<Input>[], workers: readonly Kid<State, Input>[], from: number, to: number, batch: Batch<Input>): void {
    if (to - from < 2) return;
    const behaviour = this.#behaviour;
    for (let i = from; i < to; i++) {
      const child = workers[i] as Kid<State, Input>;
      // What a crash left behind is not to be looked at.
      if (!batch.hasFailed(child.key)) behaviour.announce?.(child.state, (works[i] as Work<Input>).input);
    }
    for (let i = from; i < to; i++) {
      const child = workers[i] as Kid<State, Input>;
      if ((i === from || child !== workers[i - 1]) && !batch.hasFailed(child.key)) behaviour.fetch?.(child.state);
    }
  }
}
