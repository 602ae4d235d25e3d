// Rows of one list in order of id, from wherever they are: runs in LMDB, refs into the journal, live rows. A listing
// merges its sources.
import type { Page } from '../../ports/historyQueries.ts';
import type { HistoryFile, StoredRun } from './historyFile.ts';
import type { Journal } from './journal.ts';
import { offsetOf } from './journal.ts';
import { MAX_ID, ROW_AT, RUN_HEAD_BYTES, rowId, rowLength, rowTime, runCount, runLastRow, type Table } from './layout.ts';
import type { LiveRow } from './liveRow.ts';

/** What a source is searched by: something of a row that ascends with its id. */
export type RowKey = (bytes: Buffer, at: number) => number;

const NO_BYTES = Buffer.alloc(0);

export abstract class RowSource {
  /** False behind the last row; then nothing else holds. */
  valid = false;
  id = 0;
  time = 0;
  /** Where the row is, unless it is a live one. */
  bytes: Buffer = NO_BYTES;
  at = 0;
  live: LiveRow | null = null;

  /** Goes to the first row whose key is `target` or above, or (descending) to the last one whose key is not above. */
  abstract seek(key: RowKey, target: number, ascending: boolean): void;
  abstract step(): void;
}

/** Rows in runs of one table. */
export class RunSource extends RowSource {
  readonly #file: HistoryFile;
  readonly #table: Table;
  readonly #owner: number;
  readonly #part: number;
  #run: StoredRun | undefined;
  #starts: number[] = [];
  #index = 0;
  #ascending = true;

  constructor(file: HistoryFile, table: Table, owner: number, part: number) {
    super();
    this.#file = file;
    this.#table = table;
    this.#owner = owner;
    this.#part = part;
  }

  seek(key: RowKey, target: number, ascending: boolean): void {
    this.#ascending = ascending;
    // Times are shared: the last row not above `target` is in the first run that ends above it, or before that run.
    const run = this.#find(key, ascending ? target : target + 1);
    if (ascending) {
      this.#load(run);
      if (run === undefined) return;
      let index = 0;
      while (key(run.bytes, this.#starts[index] as number) < target) index++;
      this.#go(index);
      return;
    }
    this.#load(run ?? this.#before(MAX_ID));
    if (this.#run === undefined) return;
    let index = this.#starts.length - 1;
    while (index >= 0 && key(this.#run.bytes, this.#starts[index] as number) > target) index--;
    this.#go(index);
  }

  step(): void {
    this.#go(this.#index + (this.#ascending ? 1 : -1));
  }

  #go(index: number): void {
    const run = this.#run as StoredRun;
    if (index < 0) {
      this.#load(this.#before(rowId(run.bytes, this.#starts[0] as number)));
      this.#show(this.#starts.length - 1);
    } else if (index === this.#starts.length) {
      this.#load(this.#file.runFrom(this.#table, this.#owner, this.#part, run.lastId + 1));
      this.#show(0);
    } else {
      this.#show(index);
    }
  }

  #show(index: number): void {
    if (this.#run === undefined) return;
    this.#index = index;
    this.bytes = this.#run.bytes;
    this.at = this.#starts[index] as number;
    this.id = rowId(this.bytes, this.at);
    this.time = rowTime(this.bytes, this.at);
  }

  #load(run: StoredRun | undefined): void {
    this.#run = run;
    this.valid = run !== undefined;
    this.#starts = run === undefined ? [] : runRows(run.bytes);
  }

  #before(id: number): StoredRun | undefined {
    return this.#file.runBefore(this.#table, this.#owner, this.#part, id);
  }

  /** The first run whose last row's key is `target` or above. */
  #find(key: RowKey, target: number): StoredRun | undefined {
    if (key === rowId || target <= 0) return this.#from(target);
    const lastKey = (run: StoredRun): number => key(run.bytes, runLastRow(run.bytes));
    let best = this.#before(MAX_ID);
    if (best === undefined || lastKey(best) < target) return undefined;
    // Ids are keys in the B-tree and the wanted key ascends with them: halve the ids in question.
    let low = 0;
    let high = rowId(best.bytes, RUN_HEAD_BYTES) - 1;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const run = this.#from(middle) as StoredRun;
      if (lastKey(run) < target) {
        low = run.lastId + 1;
      } else {
        best = run;
        high = Math.min(middle, rowId(run.bytes, RUN_HEAD_BYTES)) - 1;
      }
    }
    return best;
  }

  #from(id: number): StoredRun | undefined {
    return id > MAX_ID ? undefined : this.#file.runFrom(this.#table, this.#owner, this.#part, id);
  }
}

/** Rows in the journal, by refs that ascend by id. */
export class RefSource extends RowSource {
  readonly #journal: Journal;
  readonly #refs: readonly number[];
  #index = 0;
  #step = 1;

  constructor(journal: Journal, refs: readonly number[]) {
    super();
    this.#journal = journal;
    this.#refs = refs;
  }

  seek(key: RowKey, target: number, ascending: boolean): void {
    this.#step = ascending ? 1 : -1;
    let low = 0;
    let high = this.#refs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const ref = this.#refs[middle] as number;
      const value = key(this.#journal.segment(ref).bytes, offsetOf(ref) + ROW_AT);
      if (ascending ? value < target : value <= target) low = middle + 1;
      else high = middle;
    }
    this.#go(ascending ? low : low - 1);
  }

  step(): void {
    this.#go(this.#index + this.#step);
  }

  #go(index: number): void {
    this.#index = index;
    const ref = this.#refs[index];
    this.valid = ref !== undefined;
    if (ref === undefined) return;
    this.bytes = this.#journal.segment(ref).bytes;
    this.at = offsetOf(ref) + ROW_AT;
    this.id = rowId(this.bytes, this.at);
    this.time = rowTime(this.bytes, this.at);
  }
}

/** Live rows that ascend by id. Searched by id and time only. */
export class LiveSource extends RowSource {
  readonly #rows: readonly LiveRow[];
  #index = 0;
  #step = 1;

  constructor(rows: readonly LiveRow[]) {
    super();
    this.#rows = rows;
  }

  seek(key: RowKey, target: number, ascending: boolean): void {
    this.#step = ascending ? 1 : -1;
    const value = (row: LiveRow): number => (key === rowTime ? row.time : row.id);
    const index = ascending ? this.#rows.findIndex((row) => value(row) >= target) : this.#rows.findLastIndex((row) => value(row) <= target);
    this.#go(index);
  }

  step(): void {
    this.#go(this.#index + this.#step);
  }

  #go(index: number): void {
    this.#index = index;
    const row = this.#rows[index];
    this.valid = row !== undefined;
    if (row === undefined) return;
    this.live = row;
    this.id = row.id;
    this.time = row.time;
  }
}

/** Where a run's rows begin. */
export function runRows(run: Buffer): number[] {
  const starts: number[] = [];
  let at = RUN_HEAD_BYTES;
  for (let count = runCount(run); count > 0; count--) {
    starts.push(at);
    at += rowLength(run, at);
  }
  return starts;
}

/** A page with a lower bound goes up from it; any other goes down from the newest. */
export function ascends(page: Omit<Page, 'limit'>): boolean {
  return page.fromId !== undefined || page.startUs !== undefined;
}

/** Rows over all sources in order of id, each id once, from where the sources stand until `visit` says false. */
export function merge(sources: readonly RowSource[], ascending: boolean, visit: (source: RowSource) => boolean): void {
  for (let last = -1; ; ) {
    let nearest: RowSource | undefined;
    for (const source of sources) {
      if (!source.valid) continue;
      if (nearest === undefined || (ascending ? source.id < nearest.id : source.id > nearest.id)) nearest = source;
    }
    if (nearest === undefined) return;
    // A row may be in two places while its run is being committed.
    if (nearest.id !== last) {
      last = nearest.id;
      if (!visit(nearest)) return;
    }
    nearest.step();
  }
}

/** A page and bounds of the ids that can match. */
export interface Range extends Page {
  readonly lowestId?: number;
  readonly highestId?: number;
}

/**
 * The page's rows, ascending by id. `read` makes a row's answer; undefined leaves it out, and it does not count towards
 * the limit.
 */
export function collect<T>(sources: readonly RowSource[], range: Range, read: (source: RowSource) => T | undefined): T[] {
  const { startUs, endUs = Number.POSITIVE_INFINITY, lowestId = 0, highestId = MAX_ID } = range;
  const fromId = Math.max(range.fromId ?? 0, lowestId);
  const ascending = ascends(range);
  for (const source of sources) {
    if (ascending) {
      if (startUs !== undefined) source.seek(rowTime, startUs, true);
      if (startUs === undefined || (source.valid && source.id < fromId)) source.seek(rowId, fromId, true);
    } else {
      if (range.endUs !== undefined) source.seek(rowTime, endUs, false);
      if (range.endUs === undefined || (source.valid && source.id > highestId)) source.seek(rowId, highestId, false);
    }
  }
  const rows: T[] = [];
  merge(sources, ascending, (source) => {
    if (source.time > endUs || source.id < lowestId || source.id > highestId) return false;
    const row = read(source);
    if (row !== undefined) rows.push(row);
    return rows.length < range.limit;
  });
  return ascending ? rows : rows.reverse();
}
