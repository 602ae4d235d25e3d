// A lease as its holder sees it: renewed three times a time to live; lost when nobody confirmed it for that long.
import type { Lease } from '../../src/bus/bus.ts';
import type { Machine, SimTimer } from './scheduler.ts';

export interface LeaseTerms {
  readonly name: string;
  readonly epoch: number;
  readonly holder: string;
  readonly ttlMs: number;
  /** When it was asked for: it cannot have been given earlier. */
  readonly askedUs: number;
  readonly machine: Machine;
}

export interface LeaseCalls {
  renew(reply: (held: boolean) => void): void;
  release(): void;
  over(): void;
}

export class SimLease implements Lease {
  readonly name: string;
  readonly epoch: number;
  readonly lost: Promise<void>;
  readonly #terms: LeaseTerms;
  readonly #calls: LeaseCalls;
  #confirmedUs: number;
  #timer: SimTimer;
  #neglected = false;
  #over = false;
  #lose: () => void = () => undefined;

  constructor(terms: LeaseTerms, calls: LeaseCalls) {
    this.name = terms.name;
    this.epoch = terms.epoch;
    this.#terms = terms;
    this.#calls = calls;
    this.#confirmedUs = terms.askedUs;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#timer = this.#schedule();
  }

  neglect(): void {
    this.#neglected = true;
  }

  async release(): Promise<void> {
    if (this.#over) return;
    this.#end();
    this.#calls.release();
  }

  #schedule(): SimTimer {
    return this.#terms.machine.after((this.#terms.ttlMs * 1000) / 3, () => this.#tick());
  }

  #tick(): void {
    if (this.#over) return;
    const { nowUs } = this.#terms.machine.scheduler;
    if (nowUs - this.#confirmedUs > this.#terms.ttlMs * 1000) {
      this.#end();
      return;
    }
    if (!this.#neglected) {
      this.#calls.renew((held) => {
        if (held) this.#confirmedUs = Math.max(this.#confirmedUs, nowUs);
        else this.#end();
      });
    }
    this.#timer = this.#schedule();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.cancelled = true;
    this.#calls.over();
    this.#lose();
  }
}
