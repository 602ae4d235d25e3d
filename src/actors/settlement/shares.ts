// What a message of a market's log holds for each account.
import type { ChangeLogEntry } from '../../domain/changeLogEntry.ts';

/** The entries of a message by the account that they concern, in the order in which each account first comes up. */
export class Shares {
  readonly #at = new Map<number, number>();
  readonly #accountIds: number[] = [];
  readonly #entries: ChangeLogEntry[][] = [];

  give(accountId: number, entry: ChangeLogEntry): void {
    const at = this.#at.get(accountId);
    if (at === undefined) {
      this.#at.set(accountId, this.#accountIds.length);
      this.#accountIds.push(accountId);
      this.#entries.push([entry]);
      return;
    }
    const entries = this.#entries[at] as ChangeLogEntry[];
    const [first] = entries as [ChangeLogEntry];
    // Mostly a trade and what it made of the order: an array that is pushed to has room for 17.
    if (entries.length === 1) this.#entries[at] = [first, entry];
    else entries.push(entry);
  }

  each(visit: (accountId: number, entries: ChangeLogEntry[]) => void): void {
    for (let i = 0; i < this.#accountIds.length; i++) visit(this.#accountIds[i] as number, this.#entries[i] as ChangeLogEntry[]);
  }
}
