// What lies between simulated machines. A line is one connection: what is sent on it arrives in order, or not at all once it
// was cut; stray() is for what may be lost, doubled and overtaken (requests, answers, notices).
import type { Random } from './random.ts';
import type { Machine } from './scheduler.ts';

/** Probabilities from 0 to 1, per message. */
export interface NetworkFaults {
  /** The message waits for up to delayUs. */
  delay: number;
  delayUs: number;
  /** Stray messages only. */
  drop: number;
  duplicate: number;
  /** The acknowledgement of a persisted append gets lost. */
  lostAck: number;
}

export const calmNetwork = (): NetworkFaults => ({ delay: 0, delayUs: 0, drop: 0, duplicate: 0, lostAck: 0 });

const LATENCY_US = 200;

export class Network {
  faults: NetworkFaults;
  readonly random: Random;

  constructor(random: Random, faults: NetworkFaults) {
    this.random = random;
    this.faults = faults;
  }

  latencyUs(): number {
    const { delay, delayUs } = this.faults;
    return 20 + this.random.below(LATENCY_US) + (this.random.chance(delay) ? this.random.below(delayUs) : 0);
  }

  /** One message without a connection; `sameOrder` holds while nothing is set to go wrong. */
  stray(to: Machine, deliver: () => void, order?: Order): void {
    const { faults, random } = this;
    if (random.chance(faults.drop)) return;
    const calm = faults.delay === 0 && faults.duplicate === 0 && faults.drop === 0;
    const times = random.chance(faults.duplicate) ? 2 : 1;
    for (let i = 0; i < times; i++) {
      const us = this.latencyUs();
      to.after(calm && order !== undefined ? order.next(to, us) : us, deliver);
    }
  }
}

/** Nothing overtakes what was sent before. */
export class Order {
  #lastUs = 0;

  /** Microseconds from now. */
  next(to: Machine, us: number): number {
    const { nowUs } = to.scheduler;
    this.#lastUs = Math.max(nowUs + us, this.#lastUs);
    return this.#lastUs - nowUs;
  }
}

/** A connection between two machines, as one of its ends made it. */
export class Line {
  readonly #network: Network;
  readonly #there = new Order();
  readonly #back = new Order();
  #cut = false;
  #blockedUntilUs = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** Everything on its way in either direction is lost, and so is what is sent from now on. */
  cut(): void {
    this.#cut = true;
  }

  /** Nothing arrives before then: a switch that forgot its tables, or a slow link. */
  hold(untilUs: number): void {
    this.#blockedUntilUs = Math.max(this.#blockedUntilUs, untilUs);
  }

  there(from: Machine, to: Machine, deliver: () => void): void {
    this.#send(from, to, this.#there, deliver);
  }

  back(from: Machine, to: Machine, deliver: () => void): void {
    this.#send(from, to, this.#back, deliver);
  }

  #send(from: Machine, to: Machine, order: Order, deliver: () => void): void {
    // A machine that died in the middle of a task says nothing more.
    if (this.#cut || !from.alive) return;
    const held = Math.max(0, this.#blockedUntilUs - to.scheduler.nowUs);
    to.after(order.next(to, held + this.#network.latencyUs()), () => {
      if (!this.#cut) deliver();
    });
  }
}
