// Reads plain msgpack, strictly: only nil, booleans, integers, strings, arrays and maps; everything else is a CodecError.
// (An integer may come as a float64 that holds one: that is how JavaScript libraries write those beyond 32 bits.)
// In: bytes of unknown origin. Out: values of the type the caller asks for. Must not trust any length it reads.
import { CodecError } from './codecError.ts';

/** Symbols, assets and intervals recur: strings up to this length are shared, so that equal ones are one object. */
const INTERN_LENGTH = 12;
const INTERN_SLOTS = 4096;

const words = new Uint32Array(2);
const signed = new BigInt64Array(words.buffer);
const unsigned = new BigUint64Array(words.buffer);
unsigned[0] = 1n;
const LOW = words[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Bytes of a value by its token, for those whose token says it all; 0 = skip() has to look closer. */
const SIZES = new Uint8Array(256).fill(1, 0x00, 0x80).fill(1, 0xe0);
for (let length = 0; length < 0x20; length++) SIZES[0xa0 + length] = 1 + length;
for (const token of [0xc0, 0xc2, 0xc3]) SIZES[token] = 1;
for (let power = 0; power < 4; power++) {
  SIZES[0xcc + power] = 1 + 2 ** power;
  SIZES[0xd0 + power] = 1 + 2 ** power;
}

export class MsgpackReader {
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;
  /** What amount() read: the upper and lower 32 bits, each as an integer with a sign. */
  high = 0;
  low = 0;
  readonly #interned: string[] = new Array<string>(INTERN_SLOTS).fill('');

  begin(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw new CodecError('expected bytes');
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = 0;
  }

  get position(): number {
    return this.#position;
  }

  /** What is read; whoever copies from it asks for nothing before it was read or passed over. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  seek(position: number): void {
    this.#position = position;
  }

  finish(): void {
    const left = this.#bytes.length - this.#position;
    if (left !== 0) throw new CodecError(`${left} bytes too many from byte ${this.#position} on`);
  }

  /** True when the next value is nil, which is then passed over. */
  nil(): boolean {
    if (this.#bytes[this.#position] !== 0xc0) return false;
    this.#position++;
    return true;
  }

  boolean(): boolean {
    const token = this.#bytes[this.#position];
    if (token !== 0xc2 && token !== 0xc3) throw this.#unexpected('a boolean');
    this.#position++;
    return token === 0xc3;
  }

  /** Elements of the array that follow. */
  array(): number {
    const token = this.#bytes[this.#position];
    if (token !== undefined && (token & 0xf0) === 0x90) {
      this.#position++;
      return this.#count(token & 0x0f);
    }
    if (token === 0xdc) return this.#count(this.#length16());
    if (token === 0xdd) return this.#count(this.#length32());
    throw this.#unexpected('an array');
  }

  /** Pairs of the map that follow. */
  map(): number {
    const token = this.#bytes[this.#position];
    if (token !== undefined && (token & 0xf0) === 0x80) {
      this.#position++;
      return this.#count(token & 0x0f);
    }
    if (token === 0xde) return this.#count(this.#length16());
    if (token === 0xdf) return this.#count(this.#length32());
    throw this.#unexpected('a map');
  }

  /** An integer that a number holds exactly. */
  int(): number {
    const token = this.#bytes[this.#position];
    if (token === undefined) throw this.#truncated();
    if (token < 0x80) {
      this.#position++;
      return token;
    }
    if (token >= 0xe0) {
      this.#position++;
      return token - 0x100;
    }
    switch (token) {
      case 0xcc:
        return this.#bytes[this.#take(1)]!;
      case 0xcd:
        return this.#length16();
      case 0xce:
        return this.#length32();
      case 0xcf: {
        const at = this.#take(8);
        return this.#safe(this.#word(at) * 0x100000000 + this.#word(at + 4));
      }
      case 0xd0:
        return (this.#bytes[this.#take(1)]! << 24) >> 24;
      case 0xd1:
        return (this.#length16() << 16) >> 16;
      case 0xd2:
        return this.#length32() | 0;
      case 0xd3: {
        const at = this.#take(8);
        return this.#safe((this.#word(at) | 0) * 0x100000000 + this.#word(at + 4));
      }
      case 0xcb:
        return this.#integral();
      default:
        throw this.#unexpected('an integer');
    }
  }

  #integral(): number {
    if (this.#position + 9 > this.#bytes.length) throw this.#truncated();
    const value = this.#bytes.readDoubleBE(this.#position + 1);
    if (!Number.isSafeInteger(value)) throw this.#unexpected('an integer');
    this.#position += 9;
    return value + 0;
  }

  big(): bigint {
    const token = this.#bytes[this.#position];
    if (token !== 0xcf && token !== 0xd3) return BigInt(this.int());
    const at = this.#take(8);
    words[HIGH] = this.#word(at);
    words[LOW] = this.#word(at + 4);
    return token === 0xcf ? unsigned[0]! : signed[0]!;
  }

  /** A non-negative integer of up to 64 bits, as `high` and `low`: no object is made of it. */
  amount(): void {
    const token = this.#bytes[this.#position];
    if (token === 0xcf || token === 0xd3) {
      const at = this.#take(8);
      this.high = this.#word(at) | 0;
      this.low = this.#word(at + 4) | 0;
      if (token === 0xd3 && this.high < 0) throw new CodecError(`a negative amount before byte ${this.#position}`);
      return;
    }
    const value = this.int();
    if (value < 0) throw new CodecError(`a negative amount before byte ${this.#position}`);
    this.low = value | 0;
    this.high = (value / 0x100000000) | 0;
  }

  string(): string {
    return this.text(this.stringLength());
  }

  /** Bytes of the string that follow: its beginning alone is read. */
  stringLength(): number {
    const token = this.#bytes[this.#position];
    let length: number;
    if (token !== undefined && (token & 0xe0) === 0xa0) {
      length = token & 0x1f;
      this.#position++;
    } else if (token === 0xd9) length = this.#bytes[this.#take(1)]!;
    else if (token === 0xda) length = this.#length16();
    else if (token === 0xdb) length = this.#length32();
    else throw this.#unexpected('a string');
    if (length > this.#bytes.length - this.#position) throw this.#truncated();
    return length;
  }

  /** The next `length` bytes of a string whose beginning is read. */
  text(length: number): string {
    const start = this.#position;
    this.#position = start + length;
    return length > INTERN_LENGTH ? this.#bytes.toString('utf8', start, start + length) : this.#short(start, length);
  }

  #short(start: number, length: number): string {
    const bytes = this.#bytes;
    let hash = length;
    for (let i = start; i < start + length; i++) {
      const byte = bytes[i]!;
      if (byte > 0x7f) return bytes.toString('utf8', start, start + length);
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const slot = (hash ^ (hash >>> 12)) & (INTERN_SLOTS - 1);
    const known = this.#interned[slot]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) return known;
    }
    const fresh = bytes.toString('latin1', start, start + length);
    this.#interned[slot] = fresh;
    return fresh;
  }

  /** True when the next value is a string. */
  isString(): boolean {
    const token = this.#bytes[this.#position] ?? 0;
    return (token & 0xe0) === 0xa0 || (token >= 0xd9 && token <= 0xdb);
  }

  /** Passes over `count` values: scalars, arrays or maps. Not recursive: nesting depth is the sender's choice. */
  skip(count = 1): void {
    const bytes = this.#bytes;
    for (let left = count; left > 0; left--) {
      const token = bytes[this.#position];
      if (token === undefined) throw this.#truncated();
      const size = SIZES[token]!;
      if (size !== 0) this.#position += size;
      else if (token >= 0xd9 && token <= 0xdb) {
        const length = this.stringLength();
        this.#position += length;
      } else if ((token & 0xf0) === 0x90 || token === 0xdc || token === 0xdd) left += this.array();
      else if ((token & 0xf0) === 0x80 || token === 0xde || token === 0xdf) left += 2 * this.map();
      else this.int();
    }
    if (this.#position > bytes.length) throw this.#truncated();
  }

  /** Position of the `bytes` bytes that follow the token; moves behind them. */
  #take(bytes: number): number {
    const at = this.#position + 1;
    if (at + bytes > this.#bytes.length) throw this.#truncated();
    this.#position = at + bytes;
    return at;
  }

  #length16(): number {
    const at = this.#take(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #length32(): number {
    return this.#word(this.#take(4));
  }

  /** By hand: making a DataView for each message costs more than it saves. */
  #word(at: number): number {
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** Every element takes at least a byte, so a count beyond what is left is a lie. */
  #count(count: number): number {
    if (count > this.#bytes.length - this.#position) throw this.#truncated();
    return count;
  }

  #safe(value: number): number {
    if (Number.isSafeInteger(value)) return value;
    throw new CodecError(`integer too large for a number before byte ${this.#position}`);
  }

  #truncated(): CodecError {
    return new CodecError(`message ends too early, at byte ${this.#position} of ${this.#bytes.length}`);
  }

  #unexpected(wanted: string): CodecError {
    const token = this.#bytes[this.#position];
    if (token === undefined) return this.#truncated();
    return new CodecError(`expected ${wanted} at byte ${this.#position}, found ${describe(token)}`);
  }
}

function describe(token: number): string {
  if (token === 0xc0) return 'nil';
  if (token === 0xc2 || token === 0xc3) return 'a boolean';
  if (token < 0x80 || token >= 0xe0 || (token >= 0xcc && token <= 0xd3)) return 'an integer';
  if (token <= 0x8f || token === 0xde || token === 0xdf) return 'a map';
  if (token <= 0x9f || token === 0xdc || token === 0xdd) return 'an array';
  if (token <= 0xbf || (token >= 0xd9 && token <= 0xdb)) return 'a string';
  if (token === 0xca || token === 0xcb) return 'a floating-point number';
  if (token >= 0xc4 && token <= 0xc6) return 'binary data';
  return token === 0xc1 ? 'the reserved byte 0xc1' : 'an extension';
}
