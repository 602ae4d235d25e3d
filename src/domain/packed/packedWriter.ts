// Values as few bytes, for what is kept in memory and seldom looked at. The bytes are this process's own: they are never stored or
// sent, so that names stand as numbers that only this process knows. PackedReader is the way back.
import { nameNumber } from '../interned.ts';

const BYTES = 1024;
/** Above it a number or amount does not fit seven-bit groups of a safe integer any more. */
const SMALL_MAX = 2 ** 51;
const SMALL_MAX_UNITS = BigInt(SMALL_MAX);

/** What stands in front of an amount that is not small. */
export const Amount = { WORD: 0, TEXT: 1 } as const;

export class PackedWriter {
  #bytes = new Uint8Array(BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written since start(); to be copied before the next one. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  start(): this {
    this.#length = 0;
    return this;
  }

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** A safe integer, not negative. */
  count(value: number): this {
    this.#room(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = rest < 2 ** 31 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** Any number. */
  number(value: number): this {
    if (Number.isInteger(value) && value > -SMALL_MAX && value < SMALL_MAX && !Object.is(value, -0)) return this.count(folded(value) + 1);
    this.count(0);
    this.#room(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
    return this;
  }

  /** Any amount. */
  amount(value: bigint): this {
    if (value > -SMALL_MAX_UNITS && value < SMALL_MAX_UNITS) return this.count(folded(Number(value)) + 1);
    this.count(0);
    if (BigInt.asIntN(64, value) !== value) return this.byte(Amount.TEXT).text(value.toString(36));
    this.byte(Amount.WORD);
    this.#room(8);
    this.#view.setBigInt64(this.#length, value);
    this.#length += 8;
    return this;
  }

  /** Any text. */
  text(value: string): this {
    const { length } = value;
    let wide = 0;
    for (let i = 0; i < length; i++) if (value.charCodeAt(i) > 0xff) wide = 1;
    this.count(length * 2 + wide);
    this.#room(length * 2);
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      this.#bytes[this.#length++] = unit & 0xff;
      if (wide === 1) this.#bytes[this.#length++] = unit >>> 8;
    }
    return this;
  }

  /** A text of which there are few: an asset, a symbol. */
  name(value: string): this {
    const number = nameNumber(value);
    this.count(number);
    return number === 0 ? this.text(value) : this;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** 0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ... */
function folded(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
