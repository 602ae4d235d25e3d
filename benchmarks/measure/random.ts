/** The same numbers in every run. */
export class Random {
  #state = 23;

  /** From 0 to below the bound. */
  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * bound);
  }
}
