// The wall clock in microseconds: started from the system's time, carried on by the monotonic timer, so that it never goes
// back within a process and follows the system's time when that is ahead.
import { performance } from 'node:perf_hooks';
import type { Clock } from '../ports/clock.ts';

export class SystemClock implements Clock {
  readonly #originUs = Math.round(performance.timeOrigin * 1000);
  #lastUs = 0;

  nowUs(): number {
    const monotonic = this.#originUs + Math.floor(performance.now() * 1000);
    // The machine's clock may have been set forward since the start (sleep, NTP).
    const wall = Date.now() * 1000;
    const now = wall - monotonic > 1_000 ? wall : monotonic;
    if (now > this.#lastUs) this.#lastUs = now;
    return this.#lastUs;
  }
}
