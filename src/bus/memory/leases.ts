// Leases between parties of one process. A holder that lives renews, so a lease ends only by release, by the bus closing or
// by expire(). Epochs are kept by the journal, where there is one, and so grow over restarts too.
import type { Lease } from '../bus.ts';
import type { Journal } from './journal.ts';
import { checkName, fromJson, leaseKey, metaRows, toJson } from './journalLayout.ts';

interface Held {
  readonly lease: Lease;
  readonly lose: () => void;
}

export class Leases {
  readonly #journal: Journal | undefined;
  readonly #epochs = new Map<string, number>();
  readonly #held = new Map<string, Held>();

  constructor(journal: Journal | undefined) {
    this.#journal = journal;
    if (journal === undefined) return;
    for (const [name, stored] of metaRows(journal.storage, 'lease:')) {
      this.#epochs.set(name, Number(fromJson(leaseKey(name), stored, `the epoch of lease ${name}`)));
    }
  }

  async acquire(name: string): Promise<Lease | undefined> {
    checkName(name);
    if (this.#held.has(name)) return undefined;
    const epoch = (this.#epochs.get(name) ?? 0) + 1;
    let lose: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => {
      lose = resolve;
    });
    const lease: Lease = {
      name,
      epoch,
      lost,
      release: async () => {
        if (this.#held.get(name)?.lease === lease) this.#held.delete(name);
        lose();
      },
    };
    // Before the first wait: nobody else may take it meanwhile.
    this.#held.set(name, { lease, lose });
    this.#epochs.set(name, epoch);
    try {
      await this.#journal?.write([{ table: 'meta', key: leaseKey(name), value: toJson(leaseKey(name), epoch) }]);
    } catch (error) {
      await lease.release();
      throw error;
    }
    return lease;
  }

  /** As if the holder had not renewed in time. */
  expire(name: string): void {
    const held = this.#held.get(name);
    this.#held.delete(name);
    held?.lose();
  }

  releaseAll(): void {
    for (const name of [...this.#held.keys()]) this.expire(name);
  }
}
