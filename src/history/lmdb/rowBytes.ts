// Bytes of stored rows: variable-length integers, so that a row is as long as its numbers are large.
import { InvariantError } from '../../domain/assert.ts';

const TWO_28 = 2 ** 28;
const LOW_28 = TWO_28 - 1;
const TWO_32 = 2 ** 32;
const TWO_21 = 2 ** 21;
const INT64_MAX = 2n ** 63n - 1n;

// The words of an amount, without a call to the runtime for each.
const amount = new BigInt64Array(1);
const words = new Uint32Array(amount.buffer);
amount[0] = 1n;
const LOW = words[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Integers of either sign as non-negative ones, small for small. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(code: number): number {
  return code % 2 === 1 ? -(code + 1) / 2 : code / 2;
}

/** Appends to `bytes` at `at`; whoever calls has made sure that there is room. */
export class RowWriter {
  bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  u8(value: number): void {
    this.bytes[this.at++] = value;
  }

  u24(value: number): void {
    const { bytes, at } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    this.at = at + 3;
  }

  /** Any non-negative safe integer, in seven bytes. */
  u56(value: number): void {
    const low = value >>> 0;
    const high = (value - low) / TWO_32;
    const { bytes, at } = this;
    bytes[at] = low;
    bytes[at + 1] = low >>> 8;
    bytes[at + 2] = low >>> 16;
    bytes[at + 3] = low >>> 24;
    bytes[at + 4] = high;
    bytes[at + 5] = high >>> 8;
    bytes[at + 6] = high >>> 16;
    this.at = at + 7;
  }

  /** A non-negative safe integer in one to eight bytes. */
  varint(value: number): void {
    const bytes = this.bytes;
    let at = this.at;
    let rest = value;
    if (rest >= TWO_28) {
      // Any whole number keeps its lowest 32 bits here: a remainder would take many times as long.
      const low = rest & LOW_28;
      bytes[at] = low | 0x80;
      bytes[at + 1] = (low >>> 7) | 0x80;
      bytes[at + 2] = (low >>> 14) | 0x80;
      bytes[at + 3] = (low >>> 21) | 0x80;
      at += 4;
      rest = (rest - low) / TWO_28;
    } else if (!(rest >= 0)) {
      throw new InvariantError(`not a non-negative integer: ${value}`);
    }
    while (rest >= 0x80) {
      bytes[at++] = rest | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.at = at;
  }

  /** A safe integer of either sign. */
  signed(value: number): void {
    this.varint(zigzag(value));
  }

  /** A non-negative amount; small ones cost what their number costs. */
  units(value: bigint): void {
    if (value < 0n) throw new InvariantError(`not an amount: ${value}`);
    if (value <= INT64_MAX) {
      amount[0] = value;
      const high = words[HIGH] as number;
      if (high < TWO_21) {
        this.varint(high * TWO_32 + (words[LOW] as number));
        return;
      }
    }
    // Longer than eight bytes: continued to the end, which a reader tells by the bytes alone.
    let rest = value;
    const bytes = this.bytes;
    while (rest > 0x7fn) {
      bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    bytes[this.at++] = Number(rest);
  }

  /** An amount as MsgpackReader.amount() reads it: the same bytes. */
  amount(high: number, low: number): void {
    const upper = high >>> 0;
    if (upper < TWO_21) this.varint(upper * TWO_32 + (low >>> 0));
    else this.units((BigInt(upper) << 32n) | BigInt(low >>> 0));
  }

  /** What stands from `start` up to `end`. */
  copy(from: Uint8Array, start: number, end: number): void {
    const { bytes, at } = this;
    const shift = at - start;
    for (let i = start; i < end; i++) bytes[i + shift] = from[i] as number;
    this.at = end + shift;
  }

  /** Bytes of a text that are not made a string: what text() writes of it. */
  textBytes(from: Uint8Array, start: number, length: number): void {
    this.varint(length);
    this.copy(from, start, start + length);
  }

  text(value: string): void {
    const { bytes } = this;
    const length = value.length;
    if (length < 0x80) {
      const start = this.at + 1;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code >= 0x80) break;
        bytes[start + i] = code;
      }
      if (i === length) {
        bytes[this.at] = length;
        this.at = start + length;
        return;
      }
    }
    this.varint(Buffer.byteLength(value));
    this.at += bytes.write(value, this.at);
  }
}

/** Most bytes text() writes for a value. */
export function textRoom(value: string): number {
  return 5 + value.length * 3;
}

/** Reads what RowWriter wrote. */
export class RowReader {
  bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  u8(): number {
    return this.bytes[this.at++] as number;
  }

  varint(): number {
    const { bytes } = this;
    let at = this.at;
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    let scale = 0x80;
    while (byte >= 0x80) {
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    this.at = at;
    return value;
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  units(): bigint {
    const start = this.at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value);
    let big = 0n;
    for (let at = this.at - 1; at >= start; at--) big = (big << 7n) | BigInt((this.bytes[at] as number) & 0x7f);
    return big;
  }

  text(): string {
    const length = this.varint();
    const start = this.at;
    this.at = start + length;
    // Client ids are ASCII: latin1 reads those fastest, and the bytes tell when they are not.
    for (let at = start; at < this.at; at++) {
      if ((this.bytes[at] as number) >= 0x80) return this.bytes.toString('utf8', start, this.at);
    }
    return this.bytes.toString('latin1', start, this.at);
  }
}

export function readU24(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

export function readU56(bytes: Uint8Array, at: number): number {
  const low =
    ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>>
    0;
  return low + readU24(bytes, at + 4) * TWO_32;
}
