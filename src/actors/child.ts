// A child of a partition (a symbol, an account): its state, its actor, and the inputs it still owes when it is parked.
import type { ChildKey } from './behaviour.ts';
import type { ActorRef } from './supervision.ts';

/** One input for one child, with where it came from: that decides what a crash makes of it. */
export interface Work<Input> {
  readonly input: Input;
  /** The input stream; '' for commands, ticks and other work that is not in a log. */
  readonly stream: string;
  readonly sequence: number;
  attempts: number;
}

export function workOf<Input>(input: Input): Work<Input> {
  return { input, stream: '', sequence: 0, attempts: 0 };
}

/** To a child's actor: its share of a batch made it crash. */
export interface ChildMessage<Input> {
  readonly works: readonly Work<Input>[];
  readonly error: Error;
}

export interface Poison {
  readonly reason: string;
  readonly sinceMs: number;
}

export class Child<State, Input, Message> {
  readonly key: ChildKey;
  readonly #labels: { label(key: ChildKey): string };
  state: State;
  /** Spawned when it crashes, stopped when idle again; the state stays. */
  actor: ActorRef<Message> | undefined;
  /** The owed work that the batch being put together holds. */
  given: Work<Input> | undefined;
  /** When it last crashed. */
  crashedUs = 0;
  /** Made when the child first crashes. */
  #owed: Work<Input>[] | undefined;
  rebuilding = false;
  poison: Poison | undefined;
  restarts = 0;
  /** See SnapshotChild. */
  inSnapshot: number;

  constructor(key: ChildKey, labels: { label(key: ChildKey): string }, state: State, inSnapshot: number) {
    this.key = key;
    this.inSnapshot = inSnapshot;
    this.#labels = labels;
    this.state = state;
  }

  /** In logs, health and operators' commands; made when it is asked for, as there are many children. */
  get label(): string {
    return this.#labels.label(this.key);
  }

  /** Not empty: the child crashed and works these off one at a time; new work queues behind. */
  get owed(): Work<Input>[] {
    this.#owed ??= [];
    return this.#owed;
  }

  get parked(): boolean {
    return this.rebuilding || (this.#owed !== undefined && this.#owed.length > 0) || this.poison !== undefined;
  }

  /** Per input stream the last position this child is done with; empty unless it owes inputs of a log. */
  owedPositions(): ReadonlyMap<string, number> {
    const positions = new Map<string, number>();
    for (const work of this.owed) {
      if (work.stream === '') continue;
      const before = work.sequence - 1;
      const known = positions.get(work.stream);
      if (known === undefined || before < known) positions.set(work.stream, before);
    }
    return positions;
  }
}
