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
  readonly label: string;
  state: State;
  /** Spawned when it crashes, stopped when idle again; the state stays. */
  actor: ActorRef<Message> | undefined;
  /** The owed work that the batch being put together holds. */
  given: Work<Input> | undefined;
  /** When it last crashed. */
  crashedUs = 0;
  /** Not empty: the child crashed and works these off one at a time; new work queues behind. */
  owed: Work<Input>[] = [];
  rebuilding = false;
  poison: Poison | undefined;
  restarts = 0;
  /** See SnapshotChild. */
  inSnapshot: number;

  constructor(key: ChildKey, label: string, state: State, inSnapshot: number) {
    this.key = key;
    this.inSnapshot = inSnapshot;
    this.label = label;
    this.state = state;
  }

  get parked(): boolean {
    return this.rebuilding || this.owed.length > 0 || this.poison !== undefined;
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
