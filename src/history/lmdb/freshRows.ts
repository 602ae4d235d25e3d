// Rows of orders that came since the last commit, one behind the other. With the commit those that are still open go to the
// journal, and the memory is used again: most that take have ended by then, and are written once.
import { LENGTH_BYTES, ROW_HEAD_BYTES } from './layout.ts';
import { RowWriter } from './rowBytes.ts';

const BLOCK_BYTES = 256 * 1024;
/** Kept for what comes; a burst's are given back. */
const BLOCKS_KEPT = 16;

export class FreshRows {
  readonly #writer = new RowWriter(Buffer.alloc(0));
  #blocks: Buffer[] = [];
  /** How many of the blocks have rows. */
  #used = 0;
  #start = 0;

  /** Starts a row: the caller writes its body (of at most `room` bytes) and calls end(). */
  begin(id: number, time: number, room: number): RowWriter {
    const w = this.#writer;
    const needed = ROW_HEAD_BYTES + room;
    if (w.bytes.length - w.at < needed) this.#next(needed);
    this.#start = w.at;
    w.at += LENGTH_BYTES;
    w.u56(id);
    w.u56(time);
    return w;
  }

  /** Ends the row: it is in `bytes` at what is returned. */
  end(): number {
    const w = this.#writer;
    const end = w.at;
    w.at = this.#start;
    w.u24(end - this.#start - LENGTH_BYTES);
    w.at = end;
    return this.#start;
  }

  get bytes(): Buffer {
    return this.#writer.bytes;
  }

  /** Nobody reads any of the rows from here on. */
  clear(): void {
    this.#blocks = this.#blocks.filter((block) => block.length === BLOCK_BYTES).slice(0, BLOCKS_KEPT);
    this.#used = 0;
    this.#writer.bytes = Buffer.alloc(0);
    this.#writer.at = 0;
  }

  #next(needed: number): void {
    const w = this.#writer;
    let block = this.#blocks[this.#used];
    if (block === undefined || block.length < needed) {
      block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, needed));
      this.#blocks.splice(this.#used, 0, block);
    }
    this.#used++;
    w.bytes = block;
    w.at = 0;
  }
}
