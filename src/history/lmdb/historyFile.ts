// The LMDB environment: the only place that knows its API. Reads are synchronous, from what is committed; writes are
// gathered in one event turn, which makes them one transaction.
import { type Database, open, type RootDatabase } from 'lmdb';
import { HistoryFormatError, HistoryWriteError } from '../historyStore.ts';
import { FORMAT, keyId, keyOwner, keyPart, MAX_ID, runKey, sliceKey, type Table } from './layout.ts';

const LIST_PREFIX_BYTES = 11;
const NAME_PREFIX = 'name:';
/**
 * Never: a quarter of an order's cost was compressing its rows, for a fifth of the file (docs/decisions/0032-history-thread.md). The
 * database keeps its kind, so that runs that were compressed are read.
 */
const COMPRESS_FROM = 2 ** 30;

export interface StoredRun {
  readonly bytes: Buffer;
  /** Id of its last row. */
  readonly lastId: number;
}

export interface FileOptions {
  readonly dir: string;
  readonly mapSizeBytes?: number;
  readonly fsync?: boolean;
}

export class HistoryFile {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #journal: Database<Buffer, Buffer>;
  readonly #rows: Database<Buffer, Buffer>;
  readonly #meta: Database<Buffer, string>;
  /** Of what was put and not yet waited for. */
  #writes: Promise<unknown>[] = [];

  constructor(options: FileOptions) {
    this.#root = open<Buffer, Buffer>({
      path: options.dir,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // Commits resolve when they are visible and survive the process; flushing to the disk goes on behind them.
      separateFlushed: true,
      noSync: options.fsync === false,
      ...(options.mapSizeBytes === undefined ? {} : { mapSize: options.mapSizeBytes }),
    });
    this.#journal = this.#root.openDB<Buffer, Buffer>('journal', { encoding: 'binary', keyEncoding: 'binary' });
    this.#rows = this.#root.openDB<Buffer, Buffer>('rows', {
      encoding: 'binary',
      keyEncoding: 'binary',
      compression: { threshold: COMPRESS_FROM },
    });
    this.#meta = this.#root.openDB<Buffer, string>('meta', { encoding: 'binary', keyEncoding: 'ordered-binary' });
    this.#checkFormat();
  }

  #checkFormat(): void {
    const stored = this.#meta.get('format');
    if (stored === undefined) this.putMeta('format', FORMAT);
    else if (stored.toString() !== String(FORMAT)) {
      throw new HistoryFormatError(
        `history has format ${stored.toString()}, this version reads ${FORMAT}: clear the directory and feed it again`,
      );
    }
  }

  // Writing: everything put in one event turn commits together.

  putRun(table: Table, owner: number, part: number, lastId: number, run: Buffer): void {
    this.#write(this.#rows.put(runKey(table, owner, part, lastId), run));
  }

  putSlice(segment: number, offset: number, slice: Buffer): void {
    this.#write(this.#journal.put(sliceKey(segment, offset), slice));
  }

  removeSlice(segment: number, offset: number): void {
    this.#write(this.#journal.remove(sliceKey(segment, offset)));
  }

  putMeta(key: string, value: unknown): void {
    this.#write(this.#meta.put(key, Buffer.from(JSON.stringify(value))));
  }

  putName(id: number, name: string): void {
    this.putMeta(NAME_PREFIX + id, name);
  }

  /** lmdb-js may tell of one turn's puts by several promises: when a commit fails, none of them may be nobody's. */
  #write(written: Promise<unknown>): void {
    if (written === this.#writes.at(-1)) return;
    this.#writes.push(written);
    written.catch(() => undefined);
  }

  /** Resolves when everything put in this event turn is committed, and reads see it. */
  async committed(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    try {
      await Promise.all(writes);
    } catch (error) {
      throw await writeError(error);
    }
    this.#rows.resetReadTxn();
  }

  // Reading.

  meta(key: string): unknown {
    const value = this.#meta.get(key);
    return value === undefined ? undefined : JSON.parse(value.toString());
  }

  /** [id, name], in no order. */
  *names(): Iterable<readonly [id: number, name: string]> {
    for (const { key, value } of this.#meta.getRange({ start: NAME_PREFIX, end: `${NAME_PREFIX}~` })) {
      yield [Number(key.slice(NAME_PREFIX.length)), JSON.parse(value.toString()) as string];
    }
  }

  /** The journal's slices, oldest first. */
  *slices(): Iterable<{ readonly segment: number; readonly offset: number; readonly bytes: Buffer }> {
    for (const { key, value } of this.#journal.getRange()) {
      yield { segment: key.readUInt32BE(0), offset: key.readUInt32BE(4), bytes: value };
    }
  }

  /** The list's first run that ends with `id` or above. */
  runFrom(table: Table, owner: number, part: number, id: number): StoredRun | undefined {
    const start = runKey(table, owner, part, Math.max(0, id));
    const end = runKey(table, owner, part, MAX_ID);
    for (const { key, value } of this.#rows.getRange({ start, end, limit: 1 })) {
      return { bytes: value, lastId: keyId(key) };
    }
    return undefined;
  }

  /** The list's last run that ends below `id`. */
  runBefore(table: Table, owner: number, part: number, id: number): StoredRun | undefined {
    if (id <= 0) return undefined;
    const start = runKey(table, owner, part, id - 1);
    for (const { key, value } of this.#rows.getRange({ start, reverse: true, limit: 1 })) {
      if (key.compare(start, 0, LIST_PREFIX_BYTES, 0, LIST_PREFIX_BYTES) !== 0) return undefined;
      return { bytes: value, lastId: keyId(key) };
    }
    return undefined;
  }

  /** The parts (symbols, assets) of the owner's lists that have runs in the table, ascending. */
  parts(table: Table, owner: number): number[] {
    const parts: number[] = [];
    for (let part = 0; ; ) {
      const start = runKey(table, owner, part, 0);
      const [key] = this.#rows.getKeys({ start, limit: 1 });
      if (key === undefined || key[0] !== table || keyOwner(key) !== owner) return parts;
      parts.push(keyPart(key));
      part = keyPart(key) + 1;
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/** What is committed in `from`, which another process may have open, as a whole to the empty folder `to`. */
export async function copyHistoryFile(from: string, to: string): Promise<void> {
  const source = open<Buffer, Buffer>({ path: from, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', readOnly: true });
  try {
    await source.backup(to, true);
  } finally {
    await source.close();
  }
}

/** lmdb-js rejects with a wrapper; what happened is in a promise that rejects in its turn. */
export async function writeError(error: unknown): Promise<HistoryWriteError> {
  let cause = error;
  try {
    await (error as { commitError?: Promise<unknown> }).commitError;
  } catch (commitError) {
    cause = commitError;
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HistoryWriteError(`history could not be committed: ${text}`, { cause });
}
