// The door in front of a queue whose capacity is known: what it promises under overload, in the queue's own time.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../tests/faults/seededRandom.ts';
import { Admission, type AdmissionOptions } from './admission.ts';

const OPTIONS: AdmissionOptions = { maxPending: 8192, minPending: 32, targetMs: 250 };

interface Phase {
  readonly seconds: number;
  /** Arrivals a second. */
  readonly rate: number;
}

interface Seen {
  readonly offered: number;
  readonly shed: number;
  readonly served: number;
  readonly p50: number;
  readonly p99: number;
  readonly peak: number;
}

/** Commands that arrive at random and are answered one by one, `capacity` a second, with a pause of 40 ms now and then. */
class Queue {
  readonly #admission: Admission;
  readonly #random = seededRandom(7);
  readonly #capacity: number;
  readonly #waiting: number[] = [];
  #nowMs = 1000;
  /** When the server is free, and when it next stops for a while. */
  #freeMs = 1000;
  #pauseMs = 1500;

  constructor(capacity: number, options = OPTIONS) {
    this.#capacity = capacity;
    this.#admission = new Admission(options);
  }

  run({ seconds, rate }: Phase): Seen {
    const endMs = this.#nowMs + seconds * 1000;
    const times: number[] = [];
    let offered = 0;
    let shed = 0;
    let peak = 0;
    while (this.#nowMs < endMs) {
      this.#nowMs += (-Math.log(1 - this.#random()) * 1000) / rate;
      this.#serve(times);
      offered++;
      if (!this.#admission.admits(this.#waiting.length)) {
        shed++;
        continue;
      }
      this.#waiting.push(this.#nowMs);
      peak = Math.max(peak, this.#waiting.length);
    }
    times.sort((a, b) => a - b);
    const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0;
    return { offered, shed, served: times.length, p50: at(0.5), p99: at(0.99), peak };
  }

  #serve(times: number[]): void {
    while (this.#waiting.length > 0) {
      const start = Math.max(this.#freeMs, this.#waiting[0]!);
      if (start >= this.#pauseMs) {
        this.#pauseMs = start + 1500;
        this.#freeMs = start + 40;
        continue;
      }
      const doneMs = start + (1000 / this.#capacity) * (0.5 + this.#random());
      if (doneMs > this.#nowMs) return;
      this.#freeMs = doneMs;
      const arrivedMs = this.#waiting.shift()!;
      times.push(doneMs - arrivedMs);
      this.#admission.observe(doneMs - arrivedMs, doneMs);
    }
  }
}

test.each([300, 3_000, 20_000])(
  'three times what %d a second can be: the rest is shed, and what is let in is answered in time',
  (capacity) => {
    const queue = new Queue(capacity);
    queue.run({ seconds: 2, rate: capacity / 2 });
    const begins = queue.run({ seconds: 1, rate: capacity * 3 });
    const goesOn = queue.run({ seconds: 10, rate: capacity * 3 });
    // While it finds out.
    expect(begins.p99).toBeLessThan(OPTIONS.targetMs * 2);
    expect(goesOn.p99).toBeLessThan(OPTIONS.targetMs * 1.2);
    // The venue goes on at its capacity, less its pauses.
    expect(goesOn.served).toBeGreaterThan(capacity * 10 * 0.9);
    expect(goesOn.shed / goesOn.offered).toBeGreaterThan(0.6);
  },
);

test.each([300, 3_000, 20_000])('after overload %d a second is at its latency again at once', (capacity) => {
  const queue = new Queue(capacity);
  const calm = queue.run({ seconds: 3, rate: capacity * 0.6 });
  expect(calm.shed).toBe(0);
  queue.run({ seconds: 10, rate: capacity * 3 });
  // What was let in before is answered within the first second.
  queue.run({ seconds: 1, rate: capacity * 0.6 });
  const after = queue.run({ seconds: 3, rate: capacity * 0.6 });
  expect(after.shed).toBe(0);
  expect(after.p99).toBeLessThan(Math.max(calm.p99 * 1.5, 60));
});

test('a load below capacity is never shed, also when it comes in bursts', () => {
  const queue = new Queue(10_000);
  for (let round = 0; round < 20; round++) {
    expect(queue.run({ seconds: 0.02, rate: 50_000 }).shed).toBe(0);
    expect(queue.run({ seconds: 0.3, rate: 500 }).shed).toBe(0);
  }
});

test('a capacity that grows is found', () => {
  const admission = new Admission(OPTIONS);
  let nowMs = 0;
  /** A second at which so many are in flight, each answered after so long. */
  const second = (pending: () => number, responseMs: number, perMs: number): void => {
    for (let i = 0; i < 1000 * perMs; i++) {
      nowMs += 1 / perMs;
      admission.admits(pending());
      admission.observe(responseMs, nowMs);
    }
  };
  second(() => 8192, 800, 2);
  expect(admission.limit).toBeLessThan(500);
  const narrow = admission.limit;
  second(() => admission.limit, 40, 10);
  expect(admission.limit).toBeGreaterThan(narrow * 4);
});

test('the bounds hold', () => {
  const admission = new Admission({ maxPending: 100, minPending: 10, targetMs: 5 });
  expect(admission.admits(99)).toBe(true);
  expect(admission.admits(100)).toBe(false);
  for (let ms = 0; ms < 5000; ms++) {
    admission.admits(100);
    admission.observe(1000, ms);
  }
  expect(admission.limit).toBe(10);
  expect(admission.admits(9)).toBe(true);
  expect(admission.shed).toBeGreaterThan(0);
});
