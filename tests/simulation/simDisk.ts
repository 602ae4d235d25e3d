// The disk under a journal: ordered tables, commits that are on it or not. What was not synced is lost with the power; a
// commit or a sync can fail, a disk can be full, and a commit that was being written when the power went can be torn.
import { snapshotKey } from '../../src/bus/memory/journalLayout.ts';
import type { JournalStorage, StorageRow, StorageWrite, Table } from '../../src/bus/memory/storage.ts';
import type { Random } from './random.ts';
import type { Machine } from './scheduler.ts';

export type DiskFault = 'commit fails' | 'sync fails' | 'disk full';

interface Rows {
  readonly keys: string[];
  readonly values: Map<string, Uint8Array>;
}
type Tables = Readonly<Record<Table, Rows>>;

const emptyTables = (): Tables => ({
  log: { keys: [], values: new Map() },
  meta: { keys: [], values: new Map() },
  snapshots: { keys: [], values: new Map() },
});

export interface DiskTimes {
  /** A commit takes up to this long. */
  readonly commitUs: number;
}

/** What survives its user. open() gives a process its storage; crash() says what is left of what it was doing. */
export class SimDisk {
  readonly #random: Random;
  readonly #times: DiskTimes;
  #tables = emptyTables();
  #writing: readonly StorageWrite[] | undefined;
  /** Writes that undo a torn commit, latest first. */
  #torn: StorageWrite[] = [];
  /** The next commits meet these. */
  readonly faults: DiskFault[] = [];
  commits = 0;

  constructor(random: Random, times: DiskTimes) {
    this.#random = random;
    this.#times = times;
  }

  open(machine: Machine): JournalStorage {
    const tables = this.#tables;
    return {
      commit: (writes) => this.#commit(machine, writes),
      sync: () => this.#sync(machine),
      get: (table, key) => tables[table].values.get(hex(key)),
      range: (table, from, to, limit, bytesMax) => range(tables[table], hex(from), hex(to), limit, bytesMax),
      count: (table) => tables[table].keys.length,
      close: async () => undefined,
    };
  }

  /** The power is gone: what was being written is there, or not, or (torn) in part. */
  crash(torn: boolean): void {
    const writes = this.#writing;
    this.#writing = undefined;
    if (writes === undefined || writes.length === 0) return;
    if (torn && writes.length > 1) this.#torn = this.#apply(writes.filter(() => this.#random.chance(0.5)));
    else if (this.#random.chance(0.5)) this.#apply(writes);
  }

  /** The torn commit is taken back, as an operator does with the copy at the last good state. False when none is torn. */
  repair(): boolean {
    if (this.#torn.length === 0) return false;
    this.#apply(this.#torn);
    this.#torn = [];
    return true;
  }

  /**
   * A snapshot that the torn commit left in parts is put back as it was, after it was found to be damaged; what was written since stays.
   * False when it is none of those.
   */
  repairSnapshot(name: string): boolean {
    const rows = [hex(snapshotKey(name)), hex(Buffer.from(`${name}\0`))] as const;
    const undo = this.#torn.filter(({ table, key }) =>
      table === 'meta' ? hex(key) === rows[0] : table === 'snapshots' && hex(key).startsWith(rows[1]),
    );
    this.#torn = this.#torn.filter((one) => !undo.includes(one));
    this.#apply(undo);
    return undo.length > 0;
  }

  async #commit(machine: Machine, writes: readonly StorageWrite[]): Promise<void> {
    if (this.#writing !== undefined) throw new Error('a commit was started while another was running');
    this.#writing = writes;
    await wait(machine, 1 + this.#random.below(this.#times.commitUs));
    this.#writing = undefined;
    const fault = this.faults.shift();
    if (fault === 'disk full') throw new Error('ENOSPC: no space left on device');
    if (fault === 'commit fails' || fault === 'sync fails') {
      // Nothing is known about what the disk holds then.
      if (this.#random.chance(0.5)) this.#apply(writes);
      throw new Error(fault === 'sync fails' ? 'EIO: fsync' : 'EIO: write');
    }
    this.#apply(writes);
    this.commits++;
  }

  async #sync(machine: Machine): Promise<void> {
    await wait(machine, 1 + this.#random.below(this.#times.commitUs));
  }

  /** Returns the writes that undo these. */
  #apply(writes: readonly StorageWrite[]): StorageWrite[] {
    const undo: StorageWrite[] = [];
    for (const { table, key, value } of writes) {
      const rows = this.#tables[table];
      const name = hex(key);
      undo.unshift({ table, key: Uint8Array.from(key), value: rows.values.get(name) });
      const at = position(rows.keys, name);
      if (value === undefined) {
        if (rows.values.delete(name)) rows.keys.splice(at, 1);
      } else {
        if (rows.keys[at] !== name) rows.keys.splice(at, 0, name);
        rows.values.set(name, Uint8Array.from(value));
      }
    }
    return undo;
  }
}

function wait(machine: Machine, us: number): Promise<void> {
  return new Promise((resolve) => machine.after(us, resolve));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Where the key is or belongs. */
function position(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function range(rows: Rows, from: string, to: string, limit: number, bytesMax = Number.MAX_SAFE_INTEGER): StorageRow[] {
  const found: StorageRow[] = [];
  let bytes = 0;
  for (let at = position(rows.keys, from); at < rows.keys.length; at++) {
    const key = rows.keys[at] as string;
    if (key >= to || found.length === limit || bytes >= bytesMax) break;
    const value = rows.values.get(key) as Uint8Array;
    found.push([Buffer.from(key, 'latin1'), value]);
    bytes += value.length;
  }
  return found;
}
