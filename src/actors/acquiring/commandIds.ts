// Numbers for commands: unique over processes and restarts without asking anyone, and exact in a JavaScript number.

/** 2^21 process lives times 2^32 commands each. */
const COMMANDS_PER_LIFE = 2 ** 32;
const LIVES = 2 ** 21;

export class CommandIds {
  readonly #base: number;
  #next = 0;

  /** `life`: a number this life of the process shares with none that may still have commands in flight. */
  constructor(life: number) {
    this.#base = (Math.abs(Math.trunc(life)) % LIVES) * COMMANDS_PER_LIFE;
  }

  next(): number {
    this.#next = (this.#next + 1) % COMMANDS_PER_LIFE;
    return this.#base + this.#next;
  }
}
