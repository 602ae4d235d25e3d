// A hash over canonical state, equal for equal state in every process: the oracle of replay, restore and take-over.

/** Feed values in a fixed order; order-free collections are to be sorted first. */
export class StateHash {
  #a = 0x9e3779b9;
  #b = 0x85ebca6b;

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0xcc9e2d51);
    this.#a = (this.#a << 13) | (this.#a >>> 19);
    this.#b = Math.imul(this.#b ^ (word + 0x7f4a7c15), 0x1b873593);
    this.#b = ((this.#b << 17) | (this.#b >>> 15)) ^ this.#a;
  }

  number(value: number): this {
    const word = value | 0;
    this.#mix(word);
    // Most numbers are small: their upper word is their sign.
    if (word === value) {
      this.#mix(word >> 31);
      return this;
    }
    this.#mix(Math.floor(value / 4294967296) | 0);
    return this;
  }

  bigint(value: bigint): this {
    // Most amounts of an order are none: spares them the text.
    if (value === 0n) return this.string('0');
    return this.string(value.toString(36));
  }

  string(value: string): this {
    this.#mix(value.length);
    for (let i = 0; i < value.length; i++) this.#mix(value.charCodeAt(i));
    return this;
  }

  /** 16 hex digits. */
  digest(): string {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < 4; i++) {
      a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d);
      b = Math.imul(b ^ (b >>> 13) ^ a, 0x297a2d39);
    }
    return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
  }
}
