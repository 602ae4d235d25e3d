// What tells one partitioned stage from another: which child an input belongs to, and what that child does with it.
import type { Capture } from '../domain/capture.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import type { PackedReader } from '../domain/packed/packedReader.ts';
import type { PackedWriter } from '../domain/packed/packedWriter.ts';
import type { EngineReason } from '../domain/rejectReason.ts';

export type ChildKey = string | number;

/** Who waits for the answer to a piece of work: an object that is there anyway, so that none is made for its answer. */
export interface Asker<T> {
  answered(answer: T): void;
}

/** Handed to a child while it runs a piece of work. */
export interface RunContext {
  /** The writer's clock, one reading per batch. */
  readonly nowUs: number;
  /** What the partition's step is made of: append to it, and touch nothing that is there. */
  readonly out: ChangeLogEntry[];
  /** Told once the step with this batch's entries is in the log: answers to clients wait there. */
  afterPersisted<T>(asker: Asker<T>, answer: T): void;
  /** Hands work to another child of the partition, in the same step, after this round. */
  forward(key: ChildKey, input: unknown): void;
}

export interface Behaviour<State, Input> {
  readonly stage: string;
  readonly partition: number;
  /** The stream this partition is the single writer of. */
  readonly output: string;
  readonly inputs: readonly { readonly stream: string; readonly filters?: readonly string[] }[];
  /**
   * Pause after a step, milliseconds, where appends travel one at a time: nobody waits for what becomes of the input logs so urgently
   * that each piece of it is worth a message. Commands, ticks and questions end it. Looked at before each step. Absent: none.
   */
  readonly restMs?: number;

  /** Name of a child in logs, health and operator commands. */
  label(key: ChildKey): string;
  /** A new child; undefined when there can be none of that key. */
  create(key: ChildKey): State | undefined;
  /** Which children the entries of one input message concern, in order. */
  route(stream: string, entries: readonly ChangeLogEntry[], assign: (key: ChildKey, input: Input) => void): void;
  /** The child does it: changes its state and writes the entries that say so. */
  run(state: State, input: Input, context: RunContext): void;
  /** Pieces of work that are announced together before the first of them is run; absent: none are. */
  readonly lookAhead?: number;
  /** The child will run this input soon. Once all that are announced together are, fetch() brings near what they need; nothing changes. */
  announce?(state: State, input: Input): void;
  fetch?(state: State): void;
  /** Two forwarded inputs for one child become one, where that saves entries. */
  merge?(first: Input, second: Input): Input;
  /** The input is given up ('skip', or a poisonous command): writes the refusal. False = it must not be given up. */
  refuse(key: ChildKey, input: Input, reason: EngineReason, context: RunContext): boolean;
  /** True for input that a client waits for: after repeated crashes it is refused instead of halting the child. */
  isCommand(input: Input): boolean;

  /** Keeps indexes that a fold needs: called with every entry of the output log when it is folded, before it is applied. */
  observe(key: ChildKey, entry: ChangeLogEntry): void;
  /** The child an entry of the output log belongs to, by content and indexes; undefined = none that lives. */
  keyOf(entry: ChangeLogEntry): ChildKey | undefined;
  apply(state: State, entry: ChangeLogEntry): void;
  /** The state as it is now, to be read off in parts while the child works on. */
  capture(state: State): Capture;
  /** The first part of a captured state; or the whole of it, as snapshots before version 3 have it. */
  restore(key: ChildKey, part: unknown): State;
  /** A later part. */
  restoreMore(state: State, part: unknown): void;
  /** Parts of several children into one piece of plain data that is smaller than they are, and back. */
  pack?(parts: readonly (readonly [ChildKey, unknown])[]): unknown;
  unpack?(packed: unknown): Iterable<readonly [ChildKey, unknown]>;
  /**
   * A child with a number for a key, between two batches, as bytes from which unpackResting makes it again, exactly; false when it
   * is to stay as it is. Absent: all do.
   */
  packResting?(state: State, w: PackedWriter): boolean;
  unpackResting?(key: ChildKey, r: PackedReader): State;
  /** Fills the partition's indexes from a restored child. */
  index(key: ChildKey, state: State): void;
  /** Recovery is over: indexes that only a fold needs may go. */
  live?(): void;
  /** A child that crashed has a new state, made by a fresh behaviour: the partition's indexes lead to it from here on. */
  replace?(state: State, rebuilt: State): void;
  /** The same behaviour with empty indexes, for a recovery beside the living one. */
  fresh(): Behaviour<State, Input>;
  hash(state: State): string;
  /** Subject of a step, from its entries and the child that wrote them all; undefined when several did. */
  subject(entries: readonly ChangeLogEntry[], writer: ChildKey | undefined): string;
  /** A child is halted by poison: close its door (halt the symbol, freeze the account). */
  onPoison(key: ChildKey, reason: string): void;
  /** Why the child's door is closed, when poison closed it before the last restart. */
  poisonOf(key: ChildKey): string | undefined;
  /** The operator lets the child go on: it takes in what it missed of its surroundings while it was halted. */
  beforeRetry(key: ChildKey, state: State): void;
}
