// Admission control, SEDA's door-keeper: the number of commands let in at once follows the response time observed, so
// that overload is refused here, at once, and what is let in keeps its latency.

export interface AdmissionOptions {
  /** Commands in flight never exceed this. */
  readonly maxPending: number;
  /** Nor fall below this, however slow answers get. */
  readonly minPending: number;
  /** Mean response time above which the door narrows. */
  readonly targetMs: number;
}

const WINDOW_MS = 100;

export class Admission {
  readonly #options: AdmissionOptions;
  #limit: number;
  #windowEndMs = 0;
  #sumMs = 0;
  #count = 0;
  shed = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = options.maxPending;
  }

  get limit(): number {
    return this.#limit;
  }

  admits(pending: number): boolean {
    if (pending < this.#limit) return true;
    this.shed++;
    return false;
  }

  /** Additive opening, multiplicative closing, once a window. */
  observe(responseMs: number, nowMs: number): void {
    this.#sumMs += responseMs;
    this.#count++;
    if (nowMs < this.#windowEndMs) return;
    const { maxPending, minPending, targetMs } = this.#options;
    const mean = this.#sumMs / this.#count;
    this.#limit =
      mean > targetMs
        ? Math.max(minPending, Math.floor(this.#limit * 0.8))
        : Math.min(maxPending, this.#limit + Math.ceil(maxPending / 20));
    this.#windowEndMs = nowMs + WINDOW_MS;
    this.#sumMs = 0;
    this.#count = 0;
  }
}
