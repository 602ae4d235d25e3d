// Admission control, SEDA's door-keeper: refuses at once what would have to wait too long, so that overload costs a refusal and
// what is let in keeps its latency.
//
// A command let in now waits for those before it: pending / rate. The rate at which answers come is the venue's capacity only
// while there is work for all of it, so it is believed when commands have begun to wait (projected or observed), and then as many
// are let in as are answered within the target (Little's law). With room to spare the door opens again, as far as it is used.

export interface AdmissionOptions {
  /** Commands in flight never exceed this. */
  readonly maxPending: number;
  /** Nor fall below this, however slow answers get. */
  readonly minPending: number;
  /** Response time the door keeps to. */
  readonly targetMs: number;
}

/** Where the door stands until the venue has shown what it can: what comes at once may meet a process that is still cold. */
const FIRST_LIMIT = 1024;
const WINDOW_MS = 25;
const PAUSE_MS = 1000;
/** Fewer answers than this say nothing about a rate. */
const ANSWERS_MIN = 8;
/** What is let in for the target: the rest of it is for rates that vary. */
const SHARE = 0.7;
/** A window moves the capacity that is believed by this much: one garbage collection or fsync is not the end of it. */
const WEIGHT = 0.4;
/** Per window, while the door is used to its full width; and while answers are not nearly late. */
const OPENING = 1.1;
const OPENING_EARLY = 1.5;
/** Part of the target at which answers begin to be late. */
const LATE = 0.3;

export class Admission {
  readonly #options: AdmissionOptions;
  #limit: number;
  #windowStartMs = 0;
  /** Answers come in bursts, a turn of every stage: a window as long as a response time has all of them. */
  #windowMs = WINDOW_MS;
  #sumMs = 0;
  #count = 0;
  /** Most that were in flight in this window. */
  #peak = 0;
  /** Answers a millisecond under full load; undefined until it was seen. */
  #capacity: number | undefined;
  shed = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = Math.min(options.maxPending, Math.max(options.minPending, FIRST_LIMIT));
  }

  get limit(): number {
    return this.#limit;
  }

  admits(pending: number): boolean {
    if (pending > this.#peak) this.#peak = pending;
    if (pending < this.#limit) return true;
    this.shed++;
    return false;
  }

  /** One answer, which took so long. */
  observe(responseMs: number, nowMs: number): void {
    this.#sumMs += responseMs;
    this.#count++;
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs < this.#windowMs) return;
    const meanMs = this.#sumMs / this.#count;
    // After a pause the window says nothing but when the next one starts.
    if (elapsedMs < PAUSE_MS && this.#count >= ANSWERS_MIN) this.#adapt(this.#count / elapsedMs, meanMs);
    this.#windowMs = Math.max(WINDOW_MS, Math.min(meanMs, this.#options.targetMs));
    this.#windowStartMs = nowMs;
    this.#sumMs = 0;
    this.#count = 0;
    this.#peak = 0;
  }

  #adapt(rate: number, meanMs: number): void {
    const { maxPending, minPending, targetMs } = this.#options;
    const clamp = (limit: number): number => Math.max(minPending, Math.min(maxPending, Math.floor(limit)));
    // A queue that is long for this rate is overload only where answers are late already: else it has just come.
    const waits = meanMs > targetMs * SHARE || (meanMs > targetMs * LATE && this.#peak / rate > targetMs);
    if (waits) {
      this.#capacity = this.#capacity === undefined ? rate : this.#capacity + (rate - this.#capacity) * WEIGHT;
      this.#limit = clamp(this.#capacity * targetMs * SHARE);
    } else if (this.#peak >= this.#limit * 0.8) {
      this.#limit = clamp(this.#limit * (meanMs < targetMs * LATE ? OPENING_EARLY : OPENING) + 1);
      this.#capacity = this.#limit / (targetMs * SHARE);
    }
  }
}
