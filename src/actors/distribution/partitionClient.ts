// Asks the owner of a partition, wherever it runs. A take-over in between is waited out within the time given.
import { type Bus, BusClosedError, NoRespondersError, RequestError } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import { OutcomeUnknownError, OverloadShedError } from '../../ports/exchangePort.ts';
import type { Owners } from './owners.ts';

/** How a served partition refuses a request that it has not begun: ask again, ask the next owner. */
export const MOVED = 'moved';
/** What it says of a request it had begun when it lost the partition: done or not, the log knows. */
export const LOST = 'lost';
/** How it refuses what it has no room for. */
export const OVERLOADED = 'overloaded';

export interface AskOptions {
  readonly timeoutMs: number;
  /** True when asking twice does no more than asking once: then a lost answer is asked for again. */
  readonly idempotent: boolean;
}

/** An owner that answers nothing for this long is asked again: it may be gone, and the log may not say so yet. */
const ATTEMPT_MS = 3_000;
const PAUSE_MS = 25;
const PAUSE_MAX_MS = 200;

class NewOwnerError extends Error {
  override name = 'NewOwnerError';
}

export class PartitionClient {
  readonly #bus: Bus;
  readonly #owners: Owners;

  constructor(bus: Bus, owners: Owners) {
    this.#bus = bus;
    this.#owners = owners;
  }

  /**
   * Rejects with OverloadShedError when nothing happened (nobody there in time, or no room), with OutcomeUnknownError when
   * a request went out and no answer came, with RequestError when the owner's handler refused it.
   */
  async ask(stream: string, endpoint: string, payload: Uint8Array, options: AskOptions): Promise<Uint8Array> {
    const deadline = performance.now() + options.timeoutMs;
    let unanswered = false;
    for (let pause = PAUSE_MS; ; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
      const left = deadline - performance.now();
      if (left <= 0) throw unanswered ? unknownOutcome(stream) : unavailable(stream);
      const owner = this.#owners.of(stream);
      try {
        if (owner !== undefined) return await this.#attempt(stream, endpoint, owner.epoch, payload, Math.min(ATTEMPT_MS, left));
      } catch (error) {
        if (error instanceof BusClosedError) throw error;
        if (error instanceof RequestError && error.message === OVERLOADED) throw unavailable(stream);
        const notBegun = error instanceof NoRespondersError || (error instanceof RequestError && error.message === MOVED);
        // The handler's own refusal is final. Whatever else went wrong on the way, nobody can tell what became of the request.
        if (error instanceof RequestError && !notBegun && error.message !== LOST) throw error;
        if (!notBegun && !options.idempotent) throw unknownOutcome(stream);
        unanswered ||= !notBegun;
      }
      await this.#ownerOrPause(stream, Math.min(pause, Math.max(1, deadline - performance.now())));
    }
  }

  /** One request to the owner of that epoch; given up as soon as the log names another. */
  #attempt(stream: string, endpoint: string, epoch: number, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stop = this.#owners.onNext(stream, () => reject(new NewOwnerError(`${stream} has a new owner`)));
      this.#bus
        .request(subjects.ask(stream, endpoint, epoch), payload, timeoutMs)
        .then(resolve, reject)
        .finally(stop);
    });
  }

  #ownerOrPause(stream: string, pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, pauseMs);
      const stop = this.#owners.onNext(stream, done);
      function done(): void {
        clearTimeout(timer);
        stop();
        resolve();
      }
    });
  }
}

function unavailable(stream: string): OverloadShedError {
  return new OverloadShedError(`Service unavailable: nobody took the request to ${stream}; nothing happened. Please try again.`);
}

function unknownOutcome(stream: string): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `Timeout waiting for response from backend server (${stream}). Send status unknown; execution status unknown.`,
  );
}
