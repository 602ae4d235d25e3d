// The children of a partition by key; made when they are first needed, or found at recovery. One that was found with nothing to do
// rests as bytes until there is work for it: most accounts are idle most of the time.
import { assert } from '../domain/assert.ts';
import { PackedReader } from '../domain/packed/packedReader.ts';
import { PackedRows } from '../domain/packed/packedRows.ts';
import { PackedWriter } from '../domain/packed/packedWriter.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { Child, type ChildMessage } from './child.ts';
import { combineHashes } from './recovery.ts';

export type Kid<State, Input> = Child<State, Input, ChildMessage<Input>>;

export class Children<State, Input> {
  readonly #behaviour: Behaviour<State, Input>;
  /** Those that are awake. */
  readonly #byKey = new Map<ChildKey, Kid<State, Input>>();
  readonly #resting = new PackedRows();
  readonly #reader = new PackedReader();
  readonly #writer = new PackedWriter();

  #snapshots = 0;
  /** Places among the resting that the newest snapshot has walked over. */
  #walked = 0;

  constructor(behaviour: Behaviour<State, Input>) {
    this.#behaviour = behaviour;
  }

  get size(): number {
    return this.#byKey.size + this.#resting.size;
  }

  /** A living child, awake from here on; undefined when nothing was ever for it. */
  find(key: ChildKey): Kid<State, Input> | undefined {
    return this.#byKey.get(key) ?? this.#wake(key);
  }

  /** The child, made anew when it is not there; undefined when there can be none of that key. */
  of(key: ChildKey): Kid<State, Input> | undefined {
    const known = this.find(key);
    if (known !== undefined) return known;
    const state = this.#behaviour.create(key);
    return state === undefined ? undefined : this.adopt(key, state);
  }

  /** To be read only: a child at rest goes on resting. */
  peek(key: ChildKey): State | undefined {
    const awake = this.#byKey.get(key);
    if (awake !== undefined) return awake.state;
    return typeof key === 'number' && this.#resting.read(key, this.#reader) ? this.#unpacked(key) : undefined;
  }

  adopt(key: ChildKey, state: State): Kid<State, Input> {
    return this.#adopt(key, state, this.#snapshots);
  }

  /** Found at recovery: it rests, if it can, until there is work for it. */
  adoptResting(key: ChildKey, state: State): void {
    const packed = typeof key === 'number' && this.#behaviour.packResting?.(state, this.#writer.start());
    if (packed === true) this.#resting.set(key, this.#writer.bytes);
    else this.adopt(key, state);
  }

  /** Of those that are awake: only they may have work, an actor, something owed. */
  awake(): Iterable<Kid<State, Input>> {
    return this.#byKey.values();
  }

  /** All of them, to be read only. */
  *states(): Iterable<readonly [ChildKey, State]> {
    for (const key of this.#resting.ids()) {
      this.#resting.read(key, this.#reader);
      yield [key, this.#unpacked(key)];
    }
    for (const [key, child] of this.#byKey) yield [key, child.state];
  }

  /** A snapshot begins: its number, and who is in it. Those who come from here on are not for it. */
  beginSnapshot(): { readonly number: number; readonly children: Iterable<Kid<State, Input>> } {
    this.#snapshots++;
    this.#walked = 0;
    return { number: this.#snapshots, children: this.#walk() };
  }

  restarts(): number {
    let restarts = 0;
    for (const child of this.#byKey.values()) restarts += child.restarts;
    return restarts;
  }

  /** One hash over all of them, comparable with a fold of the log. */
  hash(): string {
    const behaviour = this.#behaviour;
    const hashes = function* (states: Iterable<readonly [ChildKey, State]>): Generator<readonly [string, string]> {
      for (const [key, state] of states) yield [behaviour.label(key), behaviour.hash(state)];
    };
    return combineHashes(hashes(this.states()));
  }

  /** The resting first: one that wakes up before its turn is met among those that are awake. */
  *#walk(): Generator<Kid<State, Input>> {
    while (this.#walked < this.#resting.places) {
      const place = this.#walked++;
      if (!this.#resting.readAt(place, this.#reader)) continue;
      const key = this.#resting.idAt(place);
      yield new Child(key, this.#behaviour, this.#unpacked(key), this.#snapshots - 1);
    }
    yield* this.#byKey.values();
  }

  #wake(key: ChildKey): Kid<State, Input> | undefined {
    if (typeof key !== 'number') return undefined;
    const place = this.#resting.placeOf(key);
    if (!this.#resting.readAt(place, this.#reader)) return undefined;
    const state = this.#unpacked(key);
    this.#resting.delete(key);
    return this.#adopt(key, state, place < this.#walked ? this.#snapshots : this.#snapshots - 1);
  }

  /** What the reader stands on. */
  #unpacked(key: number): State {
    const { unpackResting } = this.#behaviour;
    assert(unpackResting !== undefined, 'what was packed can be unpacked');
    return unpackResting.call(this.#behaviour, key, this.#reader);
  }

  #adopt(key: ChildKey, state: State, inSnapshot: number): Kid<State, Input> {
    const child: Kid<State, Input> = new Child(key, this.#behaviour, state, inSnapshot);
    this.#byKey.set(key, child);
    return child;
  }
}
