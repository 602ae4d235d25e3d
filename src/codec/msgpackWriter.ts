// Writes plain msgpack (https://github.com/msgpack/msgpack/blob/master/spec.md), the hot half of the codec.
// In: integers, bigints, short strings, in the order the caller lays them out. Out: bytes that are never written again.
// Must not know entities. docs/decisions/0010-encoding.md says why it is not msgpackr that writes.
import { InvariantError } from '../domain/assert.ts';
import { CodecError } from './codecError.ts';

const CHUNK_BYTES = 1 << 18;
/** reserve() leaves this much room beyond what was asked: the fixed-size fields up to the next variable-size one. */
const MARGIN_BYTES = 1024;
/** Above this, the native UTF-8 encoder beats a loop over char codes. */
const SHORT_STRING = 48;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

const bigScratch = new BigInt64Array(1);
const wordScratch = new Uint32Array(bigScratch.buffer);
bigScratch[0] = 1n;
const LOW = wordScratch[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/**
 * begin(), then values, then finish(). Finished messages are views of a chunk that is written front to back and then
 * left to the garbage collector with them: nothing is copied and nothing is reused under a reader's eyes.
 */
export class MsgpackWriter {
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #view: DataView = new DataView(this.#chunk.buffer);
  #start = 0;
  #position = 0;

  begin(): void {
    this.#start = this.#position;
    this.reserve(0);
  }

  finish(): Uint8Array {
    // A store past the end of a typed array is silently dropped, so a wrong margin has to be found here.
    if (this.#position > this.#chunk.length) throw new InvariantError('msgpack writer ran past its buffer');
    const message = this.#chunk.subarray(this.#start, this.#position);
    this.#start = this.#position;
    return message;
  }

  /** Forgets what was written since begin(). */
  abandon(): void {
    this.#position = this.#start;
  }

  /** Makes room for `bytes` and MARGIN_BYTES of fixed-size fields. */
  reserve(bytes: number): void {
    if (this.#position + bytes + MARGIN_BYTES > this.#chunk.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const written = this.#position - this.#start;
    const needed = written + bytes + MARGIN_BYTES;
    const chunk = Buffer.allocUnsafeSlow(Math.max(needed * 2, CHUNK_BYTES));
    this.#chunk.copy(chunk, 0, this.#start, this.#position);
    this.#chunk = chunk;
    this.#view = new DataView(chunk.buffer);
    this.#start = 0;
    this.#position = written;
  }

  nil(): void {
    this.#chunk[this.#position++] = 0xc0;
  }

  boolean(value: unknown): void {
    if (value !== true && value !== false) throw unexpected('a boolean', value);
    this.#chunk[this.#position++] = value ? 0xc3 : 0xc2;
  }

  array(length: number): void {
    if (length < 16) {
      this.#chunk[this.#position++] = 0x90 | length;
    } else if (length < 0x10000) {
      this.#chunk[this.#position++] = 0xdc;
      this.#view.setUint16(this.#position, length);
      this.#position += 2;
    } else {
      this.#chunk[this.#position++] = 0xdd;
      this.#view.setUint32(this.#position, length);
      this.#position += 4;
    }
  }

  map(size: number): void {
    if (size < 16) {
      this.#chunk[this.#position++] = 0x80 | size;
    } else if (size < 0x10000) {
      this.#chunk[this.#position++] = 0xde;
      this.#view.setUint16(this.#position, size);
      this.#position += 2;
    } else {
      this.#chunk[this.#position++] = 0xdf;
      this.#view.setUint32(this.#position, size);
      this.#position += 4;
    }
  }

  /** A safe integer, in the fewest bytes. */
  int(value: unknown): void {
    if (typeof value !== 'number') throw unexpected('an integer', value);
    const low = value >>> 0;
    if (low === value) this.#uint32(low);
    else if (!Number.isSafeInteger(value)) throw unexpected('an integer', value);
    else if (value > 0) this.#uint64(Math.floor(value / 0x100000000), low);
    else if (value >= -0x80000000) this.#negative32(value);
    else this.#int64(Math.floor(value / 0x100000000) >>> 0, low);
  }

  /** A bigint of the range of (u)int64, in the fewest bytes. */
  big(value: unknown): void {
    if (typeof value !== 'bigint') throw unexpected('a bigint', value);
    if (value < INT64_MIN || value > UINT64_MAX) throw unexpected('a bigint of 64 bits', value);
    bigScratch[0] = value;
    const high = wordScratch[HIGH]!;
    const low = wordScratch[LOW]!;
    if (high === 0) this.#uint32(low);
    else if (value > 0n) this.#uint64(high, low);
    else if (high === 0xffffffff && low >= 0x80000000) this.#negative32(low | 0);
    else this.#int64(high, low);
  }

  string(value: unknown): void {
    if (typeof value !== 'string') throw unexpected('a string', value);
    const length = value.length;
    this.reserve(length * 3 + 5);
    if (length > SHORT_STRING || !this.#ascii(value, length)) this.#utf8(value, length);
  }

  /** False, with nothing written, when a character needs more than a byte. */
  #ascii(value: string, length: number): boolean {
    const chunk = this.#chunk;
    let position = this.#position;
    if (length < 32) {
      chunk[position++] = 0xa0 | length;
    } else {
      chunk[position++] = 0xd9;
      chunk[position++] = length;
    }
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      chunk[position++] = code;
    }
    this.#position = position;
    return true;
  }

  #utf8(value: string, length: number): void {
    const bytes = Buffer.byteLength(value, 'utf8');
    this.#stringHeader(bytes);
    if (bytes === length) this.#chunk.write(value, this.#position, bytes, 'latin1');
    else this.#chunk.write(value, this.#position, bytes, 'utf8');
    this.#position += bytes;
  }

  #stringHeader(bytes: number): void {
    if (bytes < 32) {
      this.#chunk[this.#position++] = 0xa0 | bytes;
    } else if (bytes < 0x100) {
      this.#chunk[this.#position++] = 0xd9;
      this.#chunk[this.#position++] = bytes;
    } else if (bytes < 0x10000) {
      this.#chunk[this.#position++] = 0xda;
      this.#view.setUint16(this.#position, bytes);
      this.#position += 2;
    } else {
      this.#chunk[this.#position++] = 0xdb;
      this.#view.setUint32(this.#position, bytes);
      this.#position += 4;
    }
  }

  #uint32(value: number): void {
    if (value < 0x80) {
      this.#chunk[this.#position++] = value;
    } else if (value < 0x100) {
      this.#chunk[this.#position++] = 0xcc;
      this.#chunk[this.#position++] = value;
    } else if (value < 0x10000) {
      this.#chunk[this.#position++] = 0xcd;
      this.#view.setUint16(this.#position, value);
      this.#position += 2;
    } else {
      this.#chunk[this.#position++] = 0xce;
      this.#view.setUint32(this.#position, value);
      this.#position += 4;
    }
  }

  #uint64(high: number, low: number): void {
    this.#chunk[this.#position++] = 0xcf;
    this.#view.setUint32(this.#position, high);
    this.#view.setUint32(this.#position + 4, low);
    this.#position += 8;
  }

  #int64(high: number, low: number): void {
    this.#uint64(high, low);
    this.#chunk[this.#position - 9] = 0xd3;
  }

  #negative32(value: number): void {
    if (value >= -0x20) {
      this.#chunk[this.#position++] = value & 0xff;
    } else if (value >= -0x80) {
      this.#chunk[this.#position++] = 0xd0;
      this.#chunk[this.#position++] = value & 0xff;
    } else {
      this.#chunk[this.#position++] = 0xd2;
      this.#view.setInt32(this.#position, value);
      this.#position += 4;
    }
  }
}

function unexpected(wanted: string, value: unknown): CodecError {
  const found = value === null ? 'null' : typeof value === 'object' ? 'an object' : `${typeof value} ${String(value)}`;
  return new CodecError(`expected ${wanted}, got ${found}`);
}
