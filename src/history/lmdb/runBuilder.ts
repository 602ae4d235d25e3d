// Packs rows of the journal into runs.
import type { Journal } from './journal.ts';
import { offsetOf } from './journal.ts';
import { ROW_AT, RUN_BYTES, RUN_HEAD_BYTES, RUN_ROWS, rowLength } from './layout.ts';

const ARENA_BYTES = 1024 * 1024;
/** Below this many bytes a loop copies faster than a call. */
const SHORT_ROW = 64;

/** Runs share large buffers, which LMDB reads until they are written: no part of one is ever used twice. */
export class RunBuilder {
  /** Bytes packed so far. */
  bytes = 0;
  #arena = Buffer.alloc(0);
  #used = 0;

  /** A run of the rows from refs[from] up to, at most, refs[to - 1]: as many as a run holds. */
  build(journal: Journal, refs: readonly number[], from: number, to: number): Buffer {
    let at = this.#used + RUN_HEAD_BYTES;
    let lastAt = at;
    let count = 0;
    while (from + count < to && count < RUN_ROWS && at - this.#used < RUN_BYTES) {
      const ref = refs[from + count] as number;
      const { bytes } = journal.segment(ref);
      const start = offsetOf(ref) + ROW_AT;
      const length = rowLength(bytes, start);
      if (at + length > this.#arena.length) at = this.#renew(at - this.#used, length);
      lastAt = at;
      at = copy(bytes, start, length, this.#arena, at);
      count++;
    }
    const run = this.#arena.subarray(this.#used, at);
    run.writeUInt16LE(count, 0);
    run.writeUInt32LE(lastAt - this.#used, 2);
    this.bytes += run.length;
    this.#used = at;
    return run;
  }

  /** Goes on in a new arena; returns where. */
  #renew(written: number, needed: number): number {
    const arena = Buffer.allocUnsafeSlow(Math.max(ARENA_BYTES, written + needed));
    this.#arena.copy(arena, 0, this.#used, this.#used + written);
    this.#arena = arena;
    this.#used = 0;
    return written;
  }
}

/** Returns where the copy ends. */
function copy(from: Buffer, start: number, length: number, to: Buffer, at: number): number {
  if (length >= SHORT_ROW) from.copy(to, at, start, start + length);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  return at + length;
}
