// What the last commands of an account did, so that a retry is answered and not carried out again. In: the orders created
// and the requests made, as they go into the account's log. Bounded; a function of the log alone.

/** Orders and requests remembered: more than an account can have in flight while its partition moves to another owner. */
export const RECENT_MAX = 256;

const EMPTY: number[] = [];

export class RecentCommands {
  /** Pairs [commandId, reference]: one flat array of numbers, 16 bytes a pair. A ring once it is full. */
  #pairs: number[] = EMPTY;
  #oldest = 0;
  /** The highest command id it ever took in. */
  #highest = -1;

  /** Numbers kept. */
  get size(): number {
    return this.#pairs.length;
  }

  /** `reference`: an order it created, or the negative of an order it sent a request to. */
  add(commandId: number, reference: number): void {
    if (commandId > this.#highest) this.#highest = commandId;
    if (this.#pairs.length < RECENT_MAX * 2) {
      if (this.#pairs.length === 0) this.#pairs = [commandId, reference];
      else this.#pairs.push(commandId, reference);
      return;
    }
    this.#pairs[this.#oldest] = commandId;
    this.#pairs[this.#oldest + 1] = reference;
    this.#oldest = (this.#oldest + 2) % (RECENT_MAX * 2);
  }

  has(commandId: number): boolean {
    // A process numbers its commands in ascending order, so the next one is seldom looked for among those before it.
    if (commandId > this.#highest) return false;
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === commandId) return true;
    return false;
  }

  /** References of the command, oldest first. */
  referencesOf(commandId: number): number[] {
    const references: number[] = [];
    const pairs = this.toPairs();
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === commandId) references.push(pairs[i + 1] as number);
    return references;
  }

  /** Oldest first. */
  toPairs(): number[] {
    return [...this.#pairs.slice(this.#oldest), ...this.#pairs.slice(0, this.#oldest)];
  }

  static fromPairs(pairs: readonly number[]): RecentCommands {
    const recent = new RecentCommands();
    if (pairs.length > 0) recent.#pairs = [...pairs];
    for (let i = 0; i < pairs.length; i += 2) recent.#highest = Math.max(recent.#highest, pairs[i] as number);
    return recent;
  }
}
