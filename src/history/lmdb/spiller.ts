// Moves rows from lists into runs, so that the journal's oldest segments can go: a little with every commit once the
// journal is three quarters full, as much as it takes when it is full. Lists that grow long go too, so that queries need not sort
// them.
import type { HistoryState } from './historyState.ts';
import type { Segment } from './journal.ts';
import { segmentEnd } from './journal.ts';
import { MAX_ID, RUN_ROWS, runCount, Table } from './layout.ts';
import { idAt, LONG_LIST, NOT_LOOKED_UP, type RowList, sortById } from './rowList.ts';
import { RunBuilder } from './runBuilder.ts';

/** What a commit moves at least, once the journal is three quarters full. */
const SPILL_BYTES_MIN = 256 * 1024;
/**
 * At most half of a list of orders stays when the rest goes, and no more than this, those with the highest ids: orders end
 * out of order, and one that ends after its neighbours went into a run is a run of its own.
 */
const HELD_BACK = LONG_LIST / 2;

interface Spilled {
  readonly list: RowList;
  /** Id of the last row now in a run; NOT_LOOKED_UP = as before. */
  readonly lastStored: number;
}

export class Spiller {
  readonly #state: HistoryState;
  readonly #journalBytes: number;
  readonly #runs = new RunBuilder();
  #spilled: Spilled[] = [];
  /** How many of the oldest segments have all their rows elsewhere once this commit is done. */
  #retiring = 0;

  constructor(state: HistoryState, journalBytes: number) {
    this.#state = state;
    this.#journalBytes = journalBytes;
  }

  /** How many of the oldest segments go with this commit. */
  get retiring(): number {
    return this.#retiring;
  }

  /** Puts the runs of this commit, and marks the live rows that have to be written again. */
  spill(): void {
    const { file, journal } = this.#state;
    for (const list of journal.takeLong()) if (list.refs.length >= LONG_LIST) this.#spillList(list, 0);
    const budget = this.#runs.bytes + SPILL_BYTES_MIN + 2 * journal.uncommittedBytes;
    let held = journal.bytes;
    while (held > this.#journalBytes * 0.75 && this.#retiring < journal.segments.length - 1) {
      const segment = journal.segments[this.#retiring] as Segment;
      if (!this.#empty(segment, held > this.#journalBytes ? Number.POSITIVE_INFINITY : budget)) break;
      held -= segment.bytes.length;
      this.#retiring++;
    }
    for (let i = 0; i < this.#retiring; i++) {
      const segment = journal.segments[i] as Segment;
      for (const offset of segment.slices) file.removeSlice(segment.index, offset);
    }
  }

  /** The commit is done: what it put is forgotten here. */
  committed(): void {
    for (const { list, lastStored } of this.#spilled) {
      list.spilled();
      if (lastStored !== NOT_LOOKED_UP) list.lastStored = lastStored;
      if (list.isEmpty) this.#state.release(list);
    }
    for (; this.#retiring > 0; this.#retiring--) this.#state.journal.dropOldest();
    this.#spilled = [];
  }

  /** The commit failed: the rows are where they were, for queries; nothing is committed any more. */
  failed(): void {
    for (const { list } of this.#spilled) list.unspill();
  }

  /** Moves the segment's rows on; false when the budget ended first. */
  #empty(segment: Segment, budget: number): boolean {
    const { journal } = this.#state;
    const end = segmentEnd(segment.index);
    for (let list = this.#nextList(segment); list !== undefined; list = this.#nextList(segment)) {
      const oldest = list.refs[0];
      if (oldest !== undefined && oldest < end) this.#spillList(list, end);
      if (list.refs.length > 0) list.queue(journal);
      else list.queued = false;
      if (this.#runs.bytes > budget) return false;
    }
    for (let row = segment.live.first; row !== null; row = segment.live.first) this.#state.markDirty(row);
    return true;
  }

  /** Of those whose oldest row lies in the segment. */
  #nextList(segment: Segment): RowList | undefined {
    for (;;) {
      const list = segment.lists.pop();
      if (list !== undefined || !this.#state.accounts.wakeOne(segment)) return list;
    }
  }

  /** Rows before the ref `end` have to go; of a long list (no end) most go. */
  #spillList(list: RowList, end: number): void {
    if (list.table === Table.ORDER) this.#spillEnded(list, end, Table.LATE_ORDER);
    else if (list.table === Table.ORDER_LIST) this.#spillEnded(list, end, Table.LATE_ORDER_LIST);
    else this.#spillInOrder(list, end);
  }

  /** Rows that came in order of id go as they came, in full runs as far as they can. */
  #spillInOrder(list: RowList, end: number): void {
    const { refs } = list;
    let take = refs.length - (refs.length % RUN_ROWS);
    if (take < refs.length && (refs[take] as number) < end) take = refs.length;
    const taken = refs.slice(0, take);
    this.#putRuns(list, taken);
    list.startSpill(taken, refs.slice(take));
    this.#spilled.push({ list, lastStored: NOT_LOOKED_UP });
  }

  /** Rows that came in any order: those with low ids, up to the last one that is due. */
  #spillEnded(list: RowList, end: number, late: Table): void {
    const { file, journal } = this.#state;
    const { refs } = list;
    const sorted = sortById(journal, refs);
    let take = Math.max(sorted.length - HELD_BACK, sorted.length >> 1);
    for (let due = sorted.length; due > take; due--) if ((sorted[due - 1] as number) < end) take = due;
    if (list.lastStored === NOT_LOOKED_UP) {
      list.lastStored = file.runBefore(list.table, list.owner, list.part, MAX_ID)?.lastId ?? -1;
    }
    let lateRows = 0;
    for (; lateRows < take; lateRows++) {
      const ref = sorted[lateRows] as number;
      const id = idAt(journal, ref);
      if (id > list.lastStored) break;
      file.putRun(late, list.owner, list.part, id, this.#runs.build(journal, sorted, lateRows, lateRows + 1));
    }
    const taken = sorted.slice(0, take);
    const inRuns = sorted.slice(lateRows, take);
    const lastStored = inRuns.length === 0 ? NOT_LOOKED_UP : idAt(journal, inRuns.at(-1) as number);
    this.#putRuns(list, inRuns);
    const lastTaken = take === 0 ? -1 : idAt(journal, sorted[take - 1] as number);
    list.startSpill(
      taken,
      refs.filter((ref) => idAt(journal, ref) > lastTaken),
    );
    this.#spilled.push({ list, lastStored });
  }

  #putRuns(list: RowList, refs: readonly number[]): void {
    const { file, journal } = this.#state;
    for (let from = 0; from < refs.length; ) {
      const run = this.#runs.build(journal, refs, from, refs.length);
      from += runCount(run);
      const last = refs[from - 1] as number;
      // Client ids are found by scanning back through time, so their runs are keyed by it.
      const lastId = list.table === Table.CLIENT_ID ? last : idAt(journal, last);
      file.putRun(list.table, list.owner, list.part, lastId, run);
    }
  }
}
