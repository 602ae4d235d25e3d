// Takes a snapshot of a partition's children as they are at one moment, in slices between which the partition works on. A child
// that is about to change before its turn is captured first, so that every child stands for the same position of the log. Rows
// go into parts of about a thousand, each encoded by itself: no slice has more to do than that.
import type { Snapshot } from '../bus/bus.ts';
import { SnapshotParts } from '../codec/snapshotCodec.ts';
import type { Capture } from '../domain/capture.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { CombinedHash, SNAPSHOT_VERSION } from './recovery.ts';
import { formatParked, formatPositions, type Positions } from './step.ts';

const PART_ROWS = 1024;

export interface SnapshotChild<State> {
  readonly key: ChildKey;
  readonly label: string;
  readonly state: State;
  /** Number of the last snapshot that has it, or that was begun before there was the child. */
  inSnapshot: number;
}

/** The moment. */
export interface SnapshotSource<State> {
  /** Counts up. */
  readonly number: number;
  /** May grow while the snapshot is taken, by children that have this number already. */
  readonly children: Iterable<SnapshotChild<State>>;
  readonly sequence: number;
  readonly entrySequence: number;
  readonly positions: Positions;
  readonly parked: ReadonlyMap<string, Positions>;
}

interface Reading {
  readonly key: ChildKey;
  readonly label: string;
  readonly capture: Capture;
}

export class SnapshotTaker<State, Input> {
  readonly #behaviour: Behaviour<State, Input>;
  readonly #number: number;
  readonly #meta: Readonly<Record<string, string>>;
  readonly #waiting: Iterator<SnapshotChild<State>>;
  /** Captured before their turn. */
  readonly #early: Reading[] = [];
  #reading: Reading | undefined;
  #rows: [ChildKey, unknown][] = [];
  #weight = 0;
  readonly #hash = new CombinedHash();
  readonly #parts = new SnapshotParts();

  constructor(behaviour: Behaviour<State, Input>, source: SnapshotSource<State>) {
    this.#behaviour = behaviour;
    this.#number = source.number;
    this.#waiting = source.children[Symbol.iterator]();
    this.#meta = {
      version: SNAPSHOT_VERSION,
      sequence: String(source.sequence),
      entrySequence: String(source.entrySequence),
      positions: formatPositions(source.positions),
      parked: formatParked(source.parked),
    };
  }

  /** The child is about to change. */
  beforeChange(child: SnapshotChild<State>): void {
    if (child.inSnapshot !== this.#number) this.#early.push(this.#capture(child));
  }

  /** Reads about so many rows more, and never many more than a part has; true when all are read. */
  slice(rows: number): boolean {
    for (let left = rows; left > 0; ) {
      this.#reading ??= this.#early.pop() ?? this.#next();
      const reading = this.#reading;
      if (reading === undefined) {
        this.#endPart();
        return true;
      }
      const part = reading.capture.next(Math.min(left, PART_ROWS));
      if (part === undefined) {
        this.#hash.add(reading.label, reading.capture.hash());
        this.#reading = undefined;
        continue;
      }
      this.#rows.push([reading.key, part.data]);
      this.#weight += part.rows;
      left -= part.rows;
      if (this.#weight >= PART_ROWS) this.#endPart();
    }
    return false;
  }

  /** After the last slice. */
  get snapshot(): Snapshot {
    return { name: this.#behaviour.output, meta: { ...this.#meta, hash: this.#hash.digest() }, data: this.#parts.data };
  }

  /** Nothing more is kept for it. */
  close(): void {
    this.#reading?.capture.close();
    for (const { capture } of this.#early) capture.close();
  }

  #next(): Reading | undefined {
    for (;;) {
      const { value, done } = this.#waiting.next();
      if (done === true) return undefined;
      if (value.inSnapshot !== this.#number) return this.#capture(value);
    }
  }

  #capture(child: SnapshotChild<State>): Reading {
    child.inSnapshot = this.#number;
    return { key: child.key, label: child.label, capture: this.#behaviour.capture(child.state) };
  }

  #endPart(): void {
    if (this.#rows.length === 0) return;
    this.#parts.add(this.#behaviour.pack?.(this.#rows) ?? this.#rows);
    this.#rows = [];
    this.#weight = 0;
  }
}
