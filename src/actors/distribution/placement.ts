// Which partitions this process works: follows the members of the exchange, takes what falls to it, hands over what does
// not. The lease keeps two from working one partition at a time; the log keeps them from writing it.
import { LeaseHeldError } from '../leaseErrors.ts';
import type { Role } from '../roles.ts';
import { backOffMs, type StageLogger } from '../supervision.ts';
import { assign } from './assignment.ts';

/** A partition as the placement moves it. */
export interface Movable {
  /** 'match-3' */
  readonly name: string;
  readonly role: Role;
  readonly isRunning: boolean;
  /** Rejects with LeaseHeldError while another process has it. */
  start(): Promise<{ readonly replayed: number; readonly children: number }>;
  /** Finishes, persists, takes a snapshot and gives it free. */
  handOver(): Promise<void>;
}

export interface Member {
  readonly id: string;
  readonly roles: ReadonlySet<Role>;
}

interface Slot {
  readonly movable: Movable;
  wanted: boolean;
  driving: Promise<void> | undefined;
  failures: number;
  /** Ends a pause early: the members changed. */
  wake: () => void;
}

/** How often a lease that another holds is tried again: what a take-over waits at most beyond the lease's end. */
const RETRY_MS = 100;

export class Placement {
  readonly #self: string;
  readonly #logger: StageLogger;
  readonly #slots: readonly Slot[];
  #stopped = false;

  constructor(self: string, movables: readonly Movable[], logger: StageLogger) {
    this.#self = self;
    this.#logger = logger;
    this.#slots = movables.map((movable) => ({ movable, wanted: false, driving: undefined, failures: 0, wake: () => undefined }));
  }

  /** The members there are now, this process included. Called anew whenever they change. */
  follow(members: readonly Member[]): void {
    if (this.#stopped) return;
    for (const role of new Set(this.#slots.map(({ movable }) => movable.role))) {
      const slots = this.#slots.filter(({ movable }) => movable.role === role);
      const able = members.filter((member) => member.roles.has(role)).map(({ id }) => id);
      const owners = assign(
        slots.map(({ movable }) => movable.name),
        able,
      );
      for (const slot of slots) this.#want(slot, owners.get(slot.movable.name) === this.#self);
    }
  }

  /** Everything that falls to this process runs, and nothing else. */
  get isSettled(): boolean {
    return this.#slots.every(({ wanted, movable }) => wanted === movable.isRunning);
  }

  /** A partition was lost to another process, or failed: if it still falls to this one, it is taken again. */
  lost(name: string): void {
    const slot = this.#slots.find(({ movable }) => movable.name === name);
    if (slot !== undefined) this.#want(slot, slot.wanted);
  }

  /** Hands everything over; resolves when nothing runs here any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const slot of this.#slots) this.#want(slot, false);
    await Promise.all(this.#slots.map(({ driving }) => driving));
  }

  #want(slot: Slot, wanted: boolean): void {
    slot.wanted = wanted;
    slot.wake();
    if (wanted !== slot.movable.isRunning)
      slot.driving ??= this.#drive(slot).finally(() => {
        slot.driving = undefined;
        if (slot.wanted !== slot.movable.isRunning) this.#want(slot, slot.wanted);
      });
  }

  async #drive(slot: Slot): Promise<void> {
    const { movable } = slot;
    while (slot.wanted !== movable.isRunning) {
      try {
        if (slot.wanted) {
          const { replayed, children } = await movable.start();
          slot.failures = 0;
          this.#logger.info({ stage: movable.name, replayed, children }, 'partition taken');
        } else {
          await movable.handOver();
          this.#logger.info({ stage: movable.name }, 'partition handed over');
        }
      } catch (error) {
        if (error instanceof LeaseHeldError) await pause(slot, RETRY_MS);
        else {
          const pauseMs = backOffMs(slot.failures++);
          this.#logger.error({ stage: movable.name, err: error, pauseMs }, 'partition could not be moved; trying again');
          if (this.#stopped && slot.failures > 3) return;
          await pause(slot, pauseMs);
        }
      }
    }
  }
}

function pause(slot: Slot, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      slot.wake = () => undefined;
      resolve();
    };
    const timer = setTimeout(done, ms);
    slot.wake = done;
  });
}
