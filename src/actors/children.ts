// The children of a partition by key; made when they are first needed, or found at recovery.
import type { Behaviour, ChildKey } from './behaviour.ts';
import { Child, type ChildMessage } from './child.ts';
import { combineHashes } from './recovery.ts';

export type Kid<State, Input> = Child<State, Input, ChildMessage<Input>>;

export class Children<State, Input> {
  readonly #behaviour: Behaviour<State, Input>;
  readonly #byKey = new Map<ChildKey, Kid<State, Input>>();

  #snapshots = 0;

  constructor(behaviour: Behaviour<State, Input>) {
    this.#behaviour = behaviour;
  }

  /** A living child; undefined when nothing was ever for it. */
  find(key: ChildKey): Kid<State, Input> | undefined {
    return this.#byKey.get(key);
  }

  /** The child, made anew when it is not there; undefined when there can be none of that key. */
  of(key: ChildKey): Kid<State, Input> | undefined {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const state = this.#behaviour.create(key);
    return state === undefined ? undefined : this.adopt(key, state);
  }

  adopt(key: ChildKey, state: State): Kid<State, Input> {
    const child: Kid<State, Input> = new Child(key, this.#behaviour, state, this.#snapshots);
    this.#byKey.set(key, child);
    return child;
  }

  all(): Iterable<Kid<State, Input>> {
    return this.#byKey.values();
  }

  *states(): Iterable<readonly [ChildKey, State]> {
    for (const [key, child] of this.#byKey) yield [key, child.state];
  }

  /** A snapshot begins: its number. Those who come from here on are not for it. */
  beginSnapshot(): number {
    this.#snapshots++;
    return this.#snapshots;
  }

  restarts(): number {
    let restarts = 0;
    for (const child of this.#byKey.values()) restarts += child.restarts;
    return restarts;
  }

  /** One hash over all of them, comparable with a fold of the log. */
  hash(): string {
    return combineHashes([...this.#byKey.values()].map(({ label, state }) => [label, this.#behaviour.hash(state)] as const));
  }
}
