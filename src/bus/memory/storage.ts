// What the journal needs of a disk: an ordered key-value store with atomic commits. lmdbStorage.ts is the real one;
// tests and the simulator bring one that loses, fails and lies.

/** log: the messages. meta: streams, heads, leases, snapshot pointers. snapshots: their chunks. */
export type Table = 'log' | 'meta' | 'snapshots';

/** A put, or a removal when value is undefined. */
export interface StorageWrite {
  readonly table: Table;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export type StorageRow = readonly [key: Uint8Array, value: Uint8Array];

export interface JournalStorage {
  /**
   * All of the writes or none. Resolves once they are committed: visible to get and range, safe from the death of the
   * process, and from that of the machine too when the storage syncs every commit. One call at a time. Values may be
   * read until it resolves. After a rejection nothing is known about what the disk holds.
   */
  commit(writes: readonly StorageWrite[]): Promise<void>;
  /** Makes every commit before it safe from the death of the machine. */
  sync(): Promise<void>;
  get(table: Table, key: Uint8Array): Uint8Array | undefined;
  /**
   * Rows with from <= key < to, ascending: at most `limit`, and no more once bytesMax is passed. The bytes belong to the
   * caller.
   */
  range(table: Table, from: Uint8Array, to: Uint8Array, limit: number, bytesMax?: number): StorageRow[];
  /** Rows in the table, without counting them. */
  count(table: Table): number;
  /** Waits for nothing: the caller has let its commits finish. */
  close(): Promise<void>;
}

/** How far an acknowledged append has come. */
export type Durability =
  /** Committed and on the disk: survives the machine. */
  | 'always'
  /** Committed: survives the process. On the disk every intervalMs. */
  | 'interval'
  /** In memory, written soon after. */
  | 'none';
