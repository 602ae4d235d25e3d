// When a partition begins its next batch: how many steps may be on their way, and when it rests. Batches get as large as the
// way to the log is slow: what comes in meanwhile is the next one (docs/decisions/0012-jetstream-units.md).
export interface PaceOptions {
  /** Of the bus; undefined = as many as there are. */
  readonly appendsAtOnce: number | undefined;
  /** Most steps appended and not yet persisted. */
  readonly maxInFlight: number;
  readonly maxBatch: number;
  /** Of the behaviour, as of now. */
  readonly restMs: () => number | undefined;
  /** The rest is over. */
  readonly resume: () => void;
}

export class Pace {
  readonly #options: PaceOptions;
  #lastStepMs = Number.NEGATIVE_INFINITY;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /**
   * False: another call of the owner's, when a step is persisted or the rest is over, begins the batch. `pressing`: somebody waits for
   * some of what is queued, which therefore is not let rest.
   */
  allows(inFlight: number, queued: number, pressing: boolean): boolean {
    const { maxInFlight, appendsAtOnce, maxBatch } = this.#options;
    if (inFlight >= maxInFlight) return false;
    if (appendsAtOnce === undefined) return true;
    const isFull = queued >= maxBatch;
    // What would wait for another step to be acknowledged is better a part of the next. Only a full step is prepared
    // meanwhile, so that the writer does not stand still under load.
    if (inFlight >= appendsAtOnce && !(isFull && inFlight === appendsAtOnce)) return false;
    return isFull || pressing || !this.#rests();
  }

  stepTaken(): void {
    // Not the exchange's clock: a rest is a matter of the machine.
    this.#lastStepMs = performance.now();
  }

  stop(): void {
    clearTimeout(this.#rest);
  }

  #rests(): boolean {
    const { resume } = this.#options;
    const restMs = this.#options.restMs();
    if (restMs === undefined) return false;
    const leftMs = this.#lastStepMs + restMs - performance.now();
    if (leftMs <= 0) return false;
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      resume();
    }, leftMs);
    return true;
  }
}
