// A count within fixed aligned windows: it starts again at zero when the window of `nowUs` is another one.
import { type RateLimit, windowUs } from './rateLimitSettings.ts';

export class WindowCounter {
  readonly limit: RateLimit;
  readonly #windowUs: number;
  #startUs = -1;
  #count = 0;

  constructor(limit: RateLimit) {
    this.limit = limit;
    this.#windowUs = windowUs(limit);
  }

  /** True when this call began a new window. A time before the window counts as in it: clocks of others may lag. */
  roll(nowUs: number): boolean {
    if (this.#startUs >= 0 && nowUs < this.#startUs + this.#windowUs) return false;
    this.#startUs = nowUs - (nowUs % this.#windowUs);
    this.#count = 0;
    return true;
  }

  count(nowUs: number): number {
    this.roll(nowUs);
    return this.#count;
  }

  /** The count after adding; never below zero. */
  add(amount: number, nowUs: number): number {
    this.roll(nowUs);
    this.#count = Math.max(0, this.#count + amount);
    return this.#count;
  }

  /** Takes back what was added at `addedUs`, unless its window is over. */
  takeBack(amount: number, addedUs: number, nowUs: number): void {
    this.roll(nowUs);
    if (addedUs >= this.#startUs) this.#count = Math.max(0, this.#count - amount);
  }

  /** When the window of `nowUs` ends. */
  endUs(nowUs: number): number {
    return nowUs - (nowUs % this.#windowUs) + this.#windowUs;
  }
}
