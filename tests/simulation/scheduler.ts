// Simulated time and processes. While a simulation runs, the timers of Node are this scheduler's: every callback belongs to
// the machine (a simulated operating-system process) whose callback made it, and which machine's turn it is is drawn.
// Within one machine immediates keep their order and timers theirs, as Node has it; between the two nothing is promised.
import type { Random } from './random.ts';
import { TimerHeap } from './timerHeap.ts';

/** 2026-11-22T00:00:00Z. */
export const SIMULATION_STARTS_US = 1_795_305_600_000_000;
/** A task takes up to this much simulated time. */
const TASK_US = 20;
/** Tasks run within one turn of Node's loop: microtasks drain between them, nothing else can come in between. */
const TASKS_PER_TURN = 64;

export interface SimTimer {
  readonly machine: Machine;
  atUs: number;
  order: number;
  everyUs: number;
  cancelled: boolean;
  readonly run: () => void;
  unref(): SimTimer;
  ref(): SimTimer;
  hasRef(): boolean;
}

export class Machine {
  readonly name: string;
  readonly scheduler: Scheduler;
  /** False once it crashed: nothing of it runs any more. */
  alive = true;
  pausedUntilUs = 0;
  /** What its clock is ahead of simulated time. */
  clockOffsetUs = 0;
  /** How many times a task of it is passed over for others, on average. */
  slowness = 0;
  readonly timers = new TimerHeap();
  immediates: SimTimer[] = [];
  #lastUs = 0;

  constructor(scheduler: Scheduler, name: string) {
    this.scheduler = scheduler;
    this.name = name;
  }

  /** The machine's wall clock; like the real one it never goes back within a process. */
  nowUs(): number {
    const sinceStart = this.scheduler.clocksUs ?? this.scheduler.nowUs + this.clockOffsetUs;
    this.#lastUs = Math.max(this.#lastUs, SIMULATION_STARTS_US + sinceStart);
    return this.#lastUs;
  }

  /** Runs on this machine, soon. */
  post(run: () => void): SimTimer {
    const timer = this.scheduler.timer(this, 0, 0, run);
    if (this.alive) this.immediates.push(timer);
    return timer;
  }

  /** Runs on this machine after so many microseconds. */
  after(us: number, run: () => void): SimTimer {
    const timer = this.scheduler.timer(this, this.scheduler.nowUs + us, 0, run);
    if (this.alive) this.timers.push(timer);
    return timer;
  }

  crash(): void {
    this.alive = false;
    this.immediates = [];
    this.timers.clear();
  }
}

type Globals = Pick<typeof globalThis, 'setTimeout' | 'setInterval' | 'setImmediate' | 'clearTimeout' | 'clearInterval' | 'clearImmediate'>;
const realNow = performance.now.bind(performance);
const real: Globals = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

export class Scheduler {
  /** Since the start of the simulation. */
  nowUs = 0;
  /** Set: every clock shows it, and stands still until it is set anew. */
  clocksUs: number | undefined;
  /** The machine whose callback, or a promise of it, is running. */
  current: Machine | undefined;
  tasks = 0;
  readonly machines: Machine[] = [];
  readonly #random: Random;
  readonly #onThrow: (machine: Machine, error: Error) => void;
  #order = 0;
  #realOriginMs: number | undefined;

  constructor(random: Random, onThrow: (machine: Machine, error: Error) => void) {
    this.#random = random;
    this.#onThrow = onThrow;
  }

  machine(name: string): Machine {
    const machine = new Machine(this, name);
    this.machines.push(machine);
    return machine;
  }

  remove(machine: Machine): void {
    const at = this.machines.indexOf(machine);
    if (at >= 0) this.machines.splice(at, 1);
  }

  /** Runs until `done` says so after a task, or nothing is left to do. The timers are Node's again afterwards. */
  run(done: () => boolean): Promise<void> {
    const restore = this.#install();
    return new Promise<void>((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        over = true;
        this.current = undefined;
        restore();
        settle();
      };
      const turn = (): void => {
        for (let i = 0; i < TASKS_PER_TURN; i++) {
          real.setImmediate(() => {
            if (over) return;
            try {
              if (done() || !this.#step()) end(resolve);
            } catch (error) {
              end(() => reject(error as Error));
            }
          });
        }
        real.setImmediate(() => {
          this.current = undefined;
          if (!over) turn();
        });
      };
      turn();
    });
  }

  /** Simulated time follows real time, until the returned function is called: for tests that wait for real. */
  runRealTime(): () => void {
    this.#realOriginMs = realNow() - this.nowUs / 1000;
    const restore = this.#install();
    let over = false;
    const turn = (): void => {
      this.current = undefined;
      if (over) return;
      if (this.#step()) real.setImmediate(turn);
      else real.setTimeout(turn, 1);
    };
    turn();
    return () => {
      over = true;
      restore();
    };
  }

  timer(machine: Machine, atUs: number, everyUs: number, run: () => void): SimTimer {
    const timer: SimTimer = {
      machine,
      atUs,
      order: ++this.#order,
      everyUs,
      cancelled: false,
      run,
      unref: () => timer,
      ref: () => timer,
      hasRef: () => true,
    };
    return timer;
  }

  /** One task; false when there is none and never will be. */
  #step(): boolean {
    if (this.#realOriginMs !== undefined) this.nowUs = Math.max(this.nowUs, (realNow() - this.#realOriginMs) * 1000);
    const ready = this.machines.filter((machine) => this.#isReady(machine));
    if (ready.length === 0) {
      const next = this.#nextUs();
      if (next === undefined || this.#realOriginMs !== undefined) return false;
      this.nowUs = Math.max(this.nowUs, next);
      return true;
    }
    let machine = this.#random.pick(ready);
    if (machine.slowness > 0 && ready.length > 1 && this.#random.below(machine.slowness + 1) > 0) machine = this.#random.pick(ready);
    const timer = this.#take(machine);
    if (timer === undefined) return true;
    this.tasks++;
    if (this.#realOriginMs === undefined) this.nowUs += 1 + this.#random.below(TASK_US);
    this.current = machine;
    try {
      timer.run();
    } catch (error) {
      this.#onThrow(machine, error as Error);
    }
    if (timer.everyUs > 0 && !timer.cancelled && machine.alive) {
      timer.atUs = this.nowUs + timer.everyUs;
      timer.order = ++this.#order;
      machine.timers.push(timer);
    }
    return true;
  }

  #isReady(machine: Machine): boolean {
    if (machine.pausedUntilUs > this.nowUs) return false;
    if (machine.immediates.length > 0) return true;
    const first = machine.timers.first();
    return first !== undefined && first.atUs <= this.nowUs;
  }

  /** A cancelled immediate is taken like any other: undefined. */
  #take(machine: Machine): SimTimer | undefined {
    const first = machine.timers.first();
    const isDue = first !== undefined && first.atUs <= this.nowUs;
    const fromTimers = isDue && (machine.immediates.length === 0 || this.#random.below(2) === 0);
    const timer = fromTimers ? machine.timers.pop() : machine.immediates.shift();
    return timer?.cancelled === true ? undefined : timer;
  }

  #nextUs(): number | undefined {
    let next: number | undefined;
    for (const machine of this.machines) {
      const timerUs = machine.immediates.length > 0 ? this.nowUs : machine.timers.first()?.atUs;
      if (timerUs === undefined) continue;
      const at = Math.max(timerUs, machine.pausedUntilUs);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** Calls from outside of any machine (the test runner's own) still get the real timers. */
  #install(): () => void {
    const virtual = (run: (...args: never[]) => void, ms: number, every: boolean, args: never[]): SimTimer => {
      const machine = this.current as Machine;
      const us = Math.max(1, Number.isFinite(ms) ? ms : 1) * 1000;
      const timer = this.timer(machine, this.nowUs + us, every ? us : 0, () => run(...args));
      if (machine.alive) machine.timers.push(timer);
      return timer;
    };
    const cancel = (realClear: (handle: never) => void) => (handle: unknown) => {
      if (isSimTimer(handle)) handle.cancelled = true;
      else realClear(handle as never);
    };
    const replaced = {
      setTimeout: (run: (...args: never[]) => void, ms = 1, ...args: never[]) =>
        this.current === undefined ? real.setTimeout(() => run(...args), ms) : virtual(run, ms, false, args),
      setInterval: (run: (...args: never[]) => void, ms = 1, ...args: never[]) =>
        this.current === undefined ? real.setInterval(() => run(...args), ms) : virtual(run, ms, true, args),
      setImmediate: (run: (...args: never[]) => void, ...args: never[]) =>
        this.current === undefined ? real.setImmediate(() => run(...args)) : this.current.post(() => run(...args)),
      clearTimeout: cancel(real.clearTimeout),
      clearInterval: cancel(real.clearInterval),
      clearImmediate: cancel(real.clearImmediate),
    };
    Object.assign(globalThis, replaced);
    if (this.#realOriginMs === undefined) performance.now = () => (this.current === undefined ? realNow() : this.nowUs / 1000);
    return () => {
      Object.assign(globalThis, real);
      performance.now = realNow;
    };
  }
}

function isSimTimer(handle: unknown): handle is SimTimer {
  return typeof handle === 'object' && handle !== null && 'machine' in handle && 'cancelled' in handle;
}
