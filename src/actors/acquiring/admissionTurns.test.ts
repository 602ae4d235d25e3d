// The door in front of a venue that works in turns, as an event loop does: each turn reads all that has come, refusals cost it
// time too, and an order let in moves one step a turn, so that answers come in bursts. Measured by the venue's own clock.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../tests/faults/seededRandom.ts';
import { Admission } from './admission.ts';

const OPTIONS = { maxPending: 8192, minPending: 32, targetMs: 250 };
/** Microseconds of one thread, as measured on a small machine: to refuse a request, to let it in, to work on it. */
const REFUSE_US = 15;
const ADMIT_US = 25;
const WORK_US = 25;
const STEPS = 3;
/** What a turn costs by itself, and the collector's pauses. */
const TURN_MS = 0.3;
const COLLECTION_MS = 10;
const COLLECTION_EVERY_MS = 60;
/** A process that has not been under load yet is three times as slow at first. */
const COLD_MS = 500;

interface Seen {
  readonly perSecond: number;
  /** From where the process has read the request to its answer, milliseconds. */
  readonly p99: number;
  /** How long refused requests waited to be read, milliseconds. */
  readonly unreadP99: number;
}

function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

/** What is seen from `fromMs` on of so many seconds at that rate. */
function venueOfTurns(offered: number, seconds: number, fromMs: number): Seen {
  const admission = new Admission(OPTIONS);
  const random = seededRandom(1);
  const steps: number[][] = Array.from({ length: STEPS }, () => []);
  const response: number[] = [];
  const waited: number[] = [];
  let unread: number[] = [];
  let nowMs = 0;
  let arrivalMs = 0;
  let collectionMs = COLLECTION_EVERY_MS;
  let pending = 0;
  while (nowMs < seconds * 1000) {
    const slowness = 1 + Math.max(0, 2 - (2 * nowMs) / COLD_MS);
    for (; arrivalMs <= nowMs; arrivalMs += (-Math.log(1 - random()) * 1000) / offered) unread.push(arrivalMs);
    for (const arrived of unread) {
      if (admission.admits(pending)) {
        pending++;
        steps[0]!.push(nowMs);
        nowMs += (ADMIT_US * slowness) / 1000;
      } else {
        if (nowMs >= fromMs) waited.push(nowMs - arrived);
        nowMs += (REFUSE_US * slowness) / 1000;
      }
    }
    unread = [];
    const done = steps.pop()!;
    steps.unshift([]);
    nowMs += (done.length * WORK_US * slowness) / 1000;
    for (const submittedMs of done) {
      pending--;
      if (nowMs >= fromMs) response.push(nowMs - submittedMs);
      admission.observe(nowMs - submittedMs, nowMs);
    }
    nowMs += TURN_MS;
    if (nowMs < collectionMs) continue;
    nowMs += COLLECTION_MS;
    collectionMs = nowMs + COLLECTION_EVERY_MS;
  }
  return {
    perSecond: (response.length * 1000) / (seconds * 1000 - fromMs),
    p99: quantile(response, 0.99),
    unreadP99: quantile(waited, 0.99),
  };
}

test.each([20_000, 30_000, 36_000])('%d a second offered, warm: in time, and read in time', (offered) => {
  const seen = venueOfTurns(offered, 10, 1000);
  expect(seen.p99).toBeLessThan(OPTIONS.targetMs * 1.2);
  expect(seen.unreadP99).toBeLessThan(OPTIONS.targetMs);
  // What reading and refusing leaves of the thread goes to orders.
  const left = 1 - (offered * REFUSE_US) / 1e6;
  expect(seen.perSecond).toBeGreaterThan((left / (ADMIT_US + WORK_US - REFUSE_US)) * 1e6 * 0.7);
});

test.each([20_000, 36_000])('%d a second offered to a process that is cold: twice the target at most', (offered) => {
  expect(venueOfTurns(offered, 3, 0).p99).toBeLessThan(OPTIONS.targetMs * 2);
});
