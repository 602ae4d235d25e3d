// Remembers what must not come twice, for a while, in bounded memory: signatures of requests that change something.

export class ReplayMemory {
  readonly #windowMs: number;
  readonly #max: number;
  /** What came in the running window, and in the one before: together they reach back one window at least. */
  #recent = new Set<string>();
  #older = new Set<string>();
  #turnMs = 0;

  /** Everything is remembered for `windowMs` at least; at most `max` at a time. */
  constructor(windowMs: number, max: number) {
    this.#windowMs = windowMs;
    this.#max = max;
  }

  /** 'full' remembers nothing: letting it pass would open a gap for replays. */
  add(token: string, nowMs: number): 'new' | 'seen' | 'full' {
    if (nowMs >= this.#turnMs) {
      // After a pause of two windows nothing that is kept can matter any more.
      this.#older = nowMs < this.#turnMs + this.#windowMs ? this.#recent : new Set();
      this.#recent = new Set();
      this.#turnMs = nowMs + this.#windowMs;
    }
    if (this.#recent.has(token) || this.#older.has(token)) return 'seen';
    if (this.#recent.size + this.#older.size >= this.#max) return 'full';
    this.#recent.add(token);
    return 'new';
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }
}
