// Reads what a PackedWriter wrote, value by value in the same order.
import { InvariantError } from '../assert.ts';
import { nameOf } from '../interned.ts';
import { Amount } from './packedWriter.ts';

/** Characters that are made in one call. */
const AT_ONCE = 256;

export class PackedReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Reads these bytes from here on; they may go once everything is read. */
  start(bytes: Uint8Array, from: number, to: number): this {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    return this;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  byte(): number {
    if (this.#at >= this.#end) throw new InvariantError('a packed row ends too early');
    return this.#bytes[this.#at++] as number;
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  number(): number {
    const value = this.count();
    return value === 0 ? this.#word().getFloat64(0) : unfolded(value - 1);
  }

  amount(): bigint {
    const value = this.count();
    if (value !== 0) return BigInt(unfolded(value - 1));
    return this.byte() === Amount.WORD ? this.#word().getBigInt64(0) : amountOfText(this.text());
  }

  text(): string {
    const head = this.count();
    const length = Math.floor(head / 2);
    const wide = head % 2 === 1;
    if (!wide && length <= AT_ONCE) {
      const from = this.#at;
      this.#skip(length);
      // Texts put together character by character would be kept as what they were put together from.
      return String.fromCharCode.apply(null, this.#bytes.subarray(from, from + length) as unknown as number[]);
    }
    const units: string[] = [];
    for (let i = 0; i < length; i++) units.push(String.fromCharCode(wide ? this.byte() | (this.byte() << 8) : this.byte()));
    return units.join('');
  }

  name(): string {
    const number = this.count();
    return number === 0 ? this.text() : nameOf(number);
  }

  #skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#end) throw new InvariantError('a packed row ends too early');
  }

  #word(): DataView {
    const from = this.#at;
    this.#skip(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + from, 8);
  }
}

function unfolded(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** BigInt() knows no base 36. */
function amountOfText(text: string): bigint {
  const negative = text.startsWith('-');
  let amount = 0n;
  for (const digit of negative ? text.slice(1) : text) amount = amount * 36n + BigInt(Number.parseInt(digit, 36));
  return negative ? -amount : amount;
}
