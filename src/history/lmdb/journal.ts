// Every row in the order it came, in memory and (slice by slice, with each commit) in LMDB. A row is known by its ref,
// which only ever grows. The oldest segments go once what they hold is kept elsewhere: lists write their rows as runs,
// live rows are written again at the end.
import { assert, InvariantError } from '../../domain/assert.ts';
import type { Table } from './layout.ts';
import { FRAME_BYTES, ROW_HEAD_BYTES } from './layout.ts';
import { LiveChain } from './liveRow.ts';
import { RowWriter } from './rowBytes.ts';
import type { RowList } from './rowList.ts';

/** A ref is a segment's index and an offset in it; no segment is larger. */
export const SEGMENT_BYTES_MAX = 2 ** 24;

export const segmentOf = (ref: number): number => Math.floor(ref / SEGMENT_BYTES_MAX);
export const offsetOf = (ref: number): number => ref & (SEGMENT_BYTES_MAX - 1);
/** The ref behind every row of the segment. */
export const segmentEnd = (index: number): number => (index + 1) * SEGMENT_BYTES_MAX;

/** Refs never are small integers, so that lists of them are arrays of doubles from the first one on. */
const FIRST_INDEX = 2 ** 8;

export class Segment {
  readonly index: number;
  readonly bytes: Buffer;
  used = 0;
  /** How much of it LMDB holds, and at which offsets its slices begin. */
  committed = 0;
  readonly slices: number[] = [];
  /** Lists whose oldest row not yet in a run lies here. */
  lists: RowList[] = [];
  /** Accounts at rest with such a list; or awake again. */
  readonly resting: number[] = [];
  /** Live rows that stand as they were last written, here. */
  readonly live = new LiveChain();

  constructor(index: number, bytes: Buffer) {
    this.index = index;
    this.bytes = bytes;
  }
}

export class Journal {
  /** Ascending by index, without a gap; the last one is written to. */
  readonly segments: Segment[] = [];
  readonly writer = new RowWriter(Buffer.alloc(0));
  readonly segmentBytes: number;
  /** Bytes of rows that LMDB does not hold yet. */
  uncommittedBytes = 0;
  #nextIndex = FIRST_INDEX;
  #tail: Segment | undefined;
  #rowStart = 0;
  #spare: Buffer[] = [];
  #long: RowList[] = [];

  constructor(segmentBytes: number) {
    assert(segmentBytes <= SEGMENT_BYTES_MAX, `history journal: segments of ${segmentBytes} bytes`);
    this.segmentBytes = segmentBytes;
  }

  /** Memory held. */
  get bytes(): number {
    let bytes = 0;
    for (const segment of this.segments) bytes += segment.bytes.length;
    return bytes;
  }

  get tail(): Segment | undefined {
    return this.#tail;
  }

  segment(ref: number): Segment {
    const segment = this.segments[segmentOf(ref) - (this.segments[0] as Segment).index];
    // Not assert(): its message would be made for every row that is looked at.
    if (segment === undefined) throw new InvariantError(`history journal: no segment of row ${ref}`);
    return segment;
  }

  /** Starts a row: the caller writes its body (of at most `room` bytes) to `writer` and ends it. */
  begin(table: Table, id: number, time: number, room: number): RowWriter {
    const needed = room + FRAME_BYTES + ROW_HEAD_BYTES;
    let tail = this.#tail;
    if (tail === undefined || tail.bytes.length - tail.used < needed) tail = this.#grow(needed);
    const { writer } = this;
    this.#rowStart = tail.used;
    const at = tail.used;
    writer.bytes[at] = table;
    writer.at = at + FRAME_BYTES;
    writer.u56(id);
    writer.u56(time);
    return writer;
  }

  /** Ends the row; returns its ref. */
  end(): number {
    const { writer } = this;
    const tail = this.#tail as Segment;
    const start = this.#rowStart;
    const end = writer.at;
    assert(end <= tail.bytes.length, 'history journal: a row outgrew its room');
    writer.at = start + 1;
    writer.u24(end - start - FRAME_BYTES);
    this.uncommittedBytes += end - tail.used;
    tail.used = end;
    return tail.index * SEGMENT_BYTES_MAX + start;
  }

  /** A segment read back from LMDB; rows follow in further slices of it or in a new segment. */
  restoreSlice(index: number, offset: number, slice: Uint8Array): Segment {
    let segment = this.segments.at(-1);
    if (segment === undefined || segment.index !== index) {
      assert(segment === undefined || index === segment.index + 1, `history journal: segment ${index} follows a gap`);
      // Room for what is to come would be wasted: a restarted writer begins a new segment.
      segment = new Segment(index, Buffer.allocUnsafe(this.segmentBytes));
      this.segments.push(segment);
      this.#nextIndex = index + 1;
    }
    assert(offset === segment.used, `history journal: segment ${index} has a gap at ${segment.used}`);
    if (offset + slice.length > segment.bytes.length) {
      const larger = new Segment(index, Buffer.allocUnsafe(offset + slice.length));
      segment.bytes.copy(larger.bytes, 0, 0, segment.used);
      larger.slices.push(...segment.slices);
      this.segments[this.segments.length - 1] = larger;
      segment = larger;
    }
    segment.bytes.set(slice, offset);
    segment.slices.push(offset);
    segment.used = offset + slice.length;
    segment.committed = segment.used;
    return segment;
  }

  /** Notes a list that has become long. */
  long(list: RowList): void {
    this.#long.push(list);
  }

  takeLong(): readonly RowList[] {
    const long = this.#long;
    this.#long = [];
    return long;
  }

  dropOldest(): void {
    const segment = this.segments.shift() as Segment;
    assert(segment !== this.#tail, 'history journal: the segment written to must stay');
    if (segment.bytes.length === this.segmentBytes && this.#spare.length < 8) this.#spare.push(segment.bytes);
  }

  #grow(needed: number): Segment {
    assert(needed <= SEGMENT_BYTES_MAX, `history journal: a row of ${needed} bytes`);
    const bytes =
      needed > this.segmentBytes ? Buffer.allocUnsafeSlow(needed) : (this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.segmentBytes));
    const segment = new Segment(this.#nextIndex++, bytes);
    this.segments.push(segment);
    this.#tail = segment;
    this.writer.bytes = bytes;
    return segment;
  }
}
