// The journal's disk: one LMDB environment. The only file that knows lmdb.
//
// Commits go through batch(), one at a time: lmdb-js then starts no transaction of its own, and a failing one rejects a
// promise that somebody holds. overlappingSync stays off: with it a failed fsync leaves `flushed` unsettled for ever.
//
// Durability 'interval' commits without fsync and survives a power cut all the same: syncedMeta.ts knows the commit to go back
// to, and a read transaction that is held from one sync to the next keeps every page of that commit from being used again.
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { CorruptLogError, StorageError } from '../bus.ts';
import type { Durability, JournalStorage, StorageRow, StorageWrite, Table } from './storage.ts';
import {
  checkNotCut,
  DATA_FILE,
  forgetSynced,
  keepSynced,
  LAST_PAGE_AT,
  MAGIC,
  MAGIC_AT,
  newestMeta,
  PAGE_SIZE_AT,
  restoreSynced,
} from './syncedMeta.ts';
import { checkNotCutUnsynced, forgetUnsynced, markUnsynced } from './unsyncedMark.ts';

export interface LmdbOptions {
  readonly dir: string;
  readonly durability: Durability;
  /** Address space to map at first; it grows as needed. */
  readonly mapSizeBytes?: number;
  readonly readOnly?: boolean;
  /** Opens what a power cut left of a journal with durability 'none', to be looked at; its mark stays. @default false */
  readonly afterCut?: boolean;
}

type Rows = Database<Buffer, Uint8Array>;
interface Pinned {
  readonly synced: ReturnType<typeof newestMeta>;
  readonly kept: Transaction;
  readonly commits: number;
}
/** What lmdb-js has and its types lack. */
interface Internals {
  sync(callback: (error?: Error) => void): unknown;
}

export class LmdbStorage implements JournalStorage {
  readonly #env: RootDatabase<Buffer, Uint8Array>;
  readonly #tables: Readonly<Record<Table, Rows>>;
  readonly #dir: string;
  readonly #interval: boolean;
  /** It carries the mark of a journal that may not be on the disk. */
  readonly #marked: boolean;
  #committing = false;
  /** Waits for the moment between two commits. */
  #between: (() => void) | undefined;
  /** Keeps the pages of the commit that was synced last. */
  #kept: Transaction | undefined;
  #commits = 0;
  /** Of those, how many the last sync covers. */
  #commitsSynced = -1;

  /** To write. Rejects with CorruptLogError. */
  static async open(options: LmdbOptions): Promise<LmdbStorage> {
    const { dir, durability, afterCut = false } = options;
    if (!afterCut) checkNotCutUnsynced(dir);
    restoreSynced(dir);
    if (durability !== 'interval') await forgetSynced(dir);
    if (durability === 'always') await forgetUnsynced(dir);
    if (durability === 'none' && !afterCut) await markUnsynced(dir);
    const storage = new LmdbStorage(options);
    if (durability !== 'interval') return storage;
    try {
      // From here on there is something to go back to.
      await storage.sync();
      await forgetUnsynced(dir);
      return storage;
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  constructor(options: LmdbOptions) {
    const { dir, durability, mapSizeBytes, readOnly = false, afterCut = false } = options;
    checkFile(join(dir, DATA_FILE));
    if (readOnly) {
      checkNotCutUnsynced(dir);
      checkNotCut(dir);
    }
    this.#dir = dir;
    this.#interval = durability === 'interval' && !readOnly;
    this.#marked = durability === 'none' && !readOnly && !afterCut;
    try {
      this.#env = open<Buffer, Uint8Array>({
        path: dir,
        encoding: 'binary',
        keyEncoding: 'binary',
        maxDbs: 8,
        readOnly,
        overlappingSync: false,
        eventTurnBatching: false,
        noSync: durability !== 'always',
        ...(mapSizeBytes === undefined ? {} : { mapSize: mapSizeBytes }),
      });
      this.#tables = { log: this.#open('log'), meta: this.#open('meta'), snapshots: this.#open('snapshots') };
    } catch (cause) {
      throw new CorruptLogError(`${dir} can't be opened as a journal: ${(cause as Error).message}`, { cause });
    }
  }

  #open(name: Table): Rows {
    return this.#env.openDB<Buffer, Uint8Array>({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  async commit(writes: readonly StorageWrite[]): Promise<void> {
    this.#committing = true;
    this.#commits++;
    try {
      await this.#env.batch(() => {
        for (const { table, key, value } of writes) {
          if (value === undefined) this.#tables[table].remove(key);
          else this.#tables[table].put(key, value as Buffer);
        }
      });
    } catch (error) {
      // lmdb-js rejects with a general error that carries a promise of the real one.
      const cause = await (error as { commitError?: Promise<never> }).commitError?.catch((why: unknown) => why);
      throw new StorageError(`commit failed: ${((cause ?? error) as Error).message}`, { cause: cause ?? error });
    } finally {
      this.#committing = false;
      this.#between?.();
    }
  }

  async sync(): Promise<void> {
    if (!this.#interval) {
      const commits = this.#commits;
      await this.#fsync();
      this.#commitsSynced = commits;
      return;
    }
    const { synced, kept, commits } = await this.#pin();
    try {
      await this.#fsync();
      await keepSynced(this.#dir, synced);
    } catch (error) {
      kept.done();
      throw error instanceof StorageError ? error : new StorageError(`sync failed: ${(error as Error).message}`, { cause: error });
    }
    this.#kept?.done();
    this.#kept = kept;
    this.#commitsSynced = commits;
  }

  /** What the next fsync will cover, and a hold on it: taken before another commit begins. */
  #pin(): Promise<Pinned> {
    const pin = (): Pinned => ({ synced: newestMeta(this.#dir), kept: this.#env.useReadTransaction(), commits: this.#commits });
    return new Promise((resolve, reject) => {
      const take = (): void => {
        this.#between = undefined;
        try {
          resolve(pin());
        } catch (error) {
          reject(error);
        }
      };
      if (this.#committing) this.#between = take;
      else take();
    });
  }

  #fsync(): Promise<void> {
    return new Promise((resolve, reject) => {
      (this.#env as unknown as Internals).sync((error) => {
        if (error) reject(new StorageError(`sync failed: ${error.message}`, { cause: error }));
        else resolve();
      });
    });
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#tables[table].get(key);
  }

  range(table: Table, from: Uint8Array, to: Uint8Array, limit: number, bytesMax = Number.MAX_SAFE_INTEGER): StorageRow[] {
    const rows: StorageRow[] = [];
    let bytes = 0;
    for (const { key, value } of this.#tables[table].getRange({ start: from, end: to, limit })) {
      rows.push([key, value]);
      bytes += value.length;
      if (bytes >= bytesMax) break;
    }
    return rows;
  }

  count(table: Table): number {
    return (this.#tables[table].getStats() as { entryCount: number }).entryCount;
  }

  async close(): Promise<void> {
    this.#kept?.done();
    await this.#env.close();
    if (this.#commitsSynced !== this.#commits) return;
    if (this.#interval) await forgetSynced(this.#dir);
    if (this.#marked) await forgetUnsynced(this.#dir);
  }
}

const META_BYTES = 152;
/** The last pages of a sound file may never have been written: those a transaction took and gave back. */
const UNWRITTEN_PAGES_MAX = 64;

/**
 * What LMDB can't be left to find out: a file that is not its own makes lmdb-js 3.5 crash the process, and one much shorter
 * than its own pages does (SIGBUS) on the first read behind its end.
 */
function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const meta = Buffer.alloc(META_BYTES);
    let pageSize = 0;
    for (const page of [0, 1]) {
      const read = readSync(file, meta, 0, META_BYTES, page * pageSize);
      if (read < META_BYTES || meta.readUInt32LE(MAGIC_AT) !== MAGIC) {
        throw new CorruptLogError(`${path} is no journal: its page ${page} is not one of LMDB's`);
      }
      pageSize = meta.readUInt32LE(PAGE_SIZE_AT);
      const pages = Number(meta.readBigUInt64LE(LAST_PAGE_AT)) + 1;
      if (size < (pages - UNWRITTEN_PAGES_MAX) * pageSize) {
        throw new CorruptLogError(`${path} was cut: ${size} bytes of ${pages * pageSize}`);
      }
    }
  } finally {
    closeSync(file);
  }
}
