// Rows of bytes by a whole number (an account's id), for what is many and seldom looked at: some twenty bytes a row besides its own,
// and no object that a collector has to visit. Walked in the order in which the ids first came.
import { assert } from '../assert.ts';
import { slotOf } from '../idMap.ts';
import type { PackedReader } from './packedReader.ts';

const CHUNK_BYTES = 2 ** 16;
/** So many chunks a position can name. */
const CHUNKS_MAX = 2 ** 16;
/** Of a row: its place among the ids and its length, four bytes each. */
const HEAD_BYTES = 8;
const SLOTS = 16;
const NOWHERE = 0xffffffff;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes that were written to, and those of them that rows still have. */
  used: number;
  live: number;
}

export class PackedRows {
  /** Ids in the order in which they came, and where each one's row is. */
  #ids = new Float64Array(SLOTS);
  #positions = new Uint32Array(SLOTS);
  /** Open addressing with linear probing: place + 1 in #ids, 0 = free. */
  #slots = new Uint32Array(SLOTS);
  #places = 0;
  #size = 0;
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #spare: number[] = [];
  /** Where rows are written now; -1 = nowhere yet. */
  #tail = -1;

  get size(): number {
    return this.#size;
  }

  /** One more than the highest place; an id keeps its place, with a row or without. */
  get places(): number {
    return this.#places;
  }

  /** Bytes held, indexes and what rows left behind included. */
  get bytes(): number {
    let bytes = this.#ids.byteLength + this.#positions.byteLength + this.#slots.byteLength;
    for (const chunk of this.#chunks) bytes += chunk?.bytes.length ?? 0;
    return bytes;
  }

  /** The id's place; -1 when it never had a row. */
  placeOf(id: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = slotOf(id, mask); ; slot = (slot + 1) & mask) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0 || this.#ids[place] === id) return place;
    }
  }

  idAt(place: number): number {
    return this.#ids[place] as number;
  }

  hasRowAt(place: number): boolean {
    return place >= 0 && this.#positions[place] !== NOWHERE;
  }

  has(id: number): boolean {
    return this.hasRowAt(this.placeOf(id));
  }

  /** Starts the reader on the id's row, until the rows are changed; false when it has none. */
  read(id: number, reader: PackedReader): boolean {
    return this.readAt(this.placeOf(id), reader);
  }

  readAt(place: number, reader: PackedReader): boolean {
    if (!this.hasRowAt(place)) return false;
    const position = this.#positions[place] as number;
    const { bytes, view } = this.#chunks[position >>> 16] as Chunk;
    const from = (position & (CHUNK_BYTES - 1)) + HEAD_BYTES;
    reader.start(bytes, from, from + view.getUint32(from - 4));
    return true;
  }

  /** `id`: a safe integer, not negative. The bytes are copied. */
  set(id: number, bytes: Uint8Array): void {
    let place = this.placeOf(id);
    if (place < 0) place = this.#newPlace(id);
    else if (this.hasRowAt(place)) this.#leave(place);
    this.#positions[place] = this.#append(place, bytes);
    this.#size++;
  }

  delete(id: number): boolean {
    const place = this.placeOf(id);
    if (!this.hasRowAt(place)) return false;
    this.#leave(place);
    return true;
  }

  clear(): void {
    this.#ids = new Float64Array(SLOTS);
    this.#positions = new Uint32Array(SLOTS);
    this.#slots = new Uint32Array(SLOTS);
    this.#places = 0;
    this.#size = 0;
    this.#chunks.length = 0;
    this.#spare.length = 0;
    this.#tail = -1;
  }

  /** Rows may come, go and change meanwhile. */
  *ids(): Generator<number> {
    for (let place = 0; place < this.#places; place++) if (this.#positions[place] !== NOWHERE) yield this.#ids[place] as number;
  }

  #newPlace(id: number): number {
    if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`not an id: ${id}`);
    const place = this.#places++;
    if (place === this.#ids.length) {
      const room = Math.ceil(place * 1.5);
      const ids = new Float64Array(room);
      ids.set(this.#ids);
      const positions = new Uint32Array(room);
      positions.set(this.#positions);
      this.#ids = ids;
      this.#positions = positions;
    }
    this.#ids[place] = id;
    this.#positions[place] = NOWHERE;
    if (this.#places * 4 > this.#slots.length * 3) this.#grow();
    else this.#index(place);
    return place;
  }

  #index(place: number): void {
    const mask = this.#slots.length - 1;
    let slot = slotOf(this.#ids[place] as number, mask);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = place + 1;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let place = 0; place < this.#places; place++) this.#index(place);
  }

  #append(place: number, bytes: Uint8Array): number {
    const length = HEAD_BYTES + bytes.length;
    let chunk = this.#chunks[this.#tail];
    if (chunk === undefined || chunk.used + length > chunk.bytes.length) chunk = this.#newChunk(Math.max(length, CHUNK_BYTES));
    const at = chunk.used;
    chunk.view.setUint32(at, place);
    chunk.view.setUint32(at + 4, bytes.length);
    chunk.bytes.set(bytes, at + HEAD_BYTES);
    chunk.used += length;
    chunk.live += length;
    return this.#tail * CHUNK_BYTES + at;
  }

  #newChunk(size: number): Chunk {
    const bytes = new Uint8Array(size);
    const chunk = { bytes, view: new DataView(bytes.buffer), used: 0, live: 0 };
    this.#tail = this.#spare.pop() ?? this.#chunks.length;
    assert(this.#tail < CHUNKS_MAX, 'packed rows fill every chunk');
    this.#chunks[this.#tail] = chunk;
    return chunk;
  }

  /** The place has no row any more. A chunk of which most is left goes; what it still has moves on. */
  #leave(place: number): void {
    const position = this.#positions[place] as number;
    const index = position >>> 16;
    const chunk = this.#chunks[index] as Chunk;
    chunk.live -= HEAD_BYTES + chunk.view.getUint32((position & (CHUNK_BYTES - 1)) + 4);
    this.#positions[place] = NOWHERE;
    this.#size--;
    if (index === this.#tail || chunk.live * 2 > chunk.used) return;
    this.#chunks[index] = undefined;
    for (let at = 0; at < chunk.used; ) {
      const owner = chunk.view.getUint32(at);
      const length = chunk.view.getUint32(at + 4);
      const row = chunk.bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
      if (this.#positions[owner] === index * CHUNK_BYTES + at) this.#positions[owner] = this.#append(owner, row);
      at += HEAD_BYTES + length;
    }
    this.#spare.push(index);
  }
}
