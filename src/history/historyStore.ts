// The store behind HistoryQueries: fed with the messages of every log, it keeps what they said. It is derived state, so it
// may be thrown away and filled again from the logs; it must never be ahead of what position() says is committed.
import type { HistoryQueries } from '../ports/historyQueries.ts';

/** The queries of HistoryQueries, answered on the spot: the store is in this process and in memory. */
export type HistoryReads = {
  [Query in keyof HistoryQueries]: (...args: Parameters<HistoryQueries[Query]>) => Awaited<ReturnType<HistoryQueries[Query]>>;
};

/**
 * Orders, lists and trades come from markets-*, balances from accounts-*, klines from klines-*; anything else in those
 * streams, and any other stream, only moves the position.
 *
 * What rows say beyond the log: an order that was Rejected and a list that was rejected are found by id and nowhere
 * else; `request` and `outcome` are instructions in flight, so rows carry null; a client id belongs to the order that
 * was given it last and still has it; an amendment's executionId is the sequence of its entry.
 *
 * Ids and times of a listing ascend together (orderId and createdUs per account, tradeId and tradeUs per symbol, entry
 * sequence and updateUs per balance): paging by time relies on it.
 */
export interface HistoryStore extends HistoryReads {
  /**
   * Takes in one message, as the log has it; a message at or before the stream's last applied sequence is ignored. Queries
   * see it at once. It survives the process once a flush() called later has resolved. Throws CodecError on what is no step,
   * which may be taken in by half: nothing more is taken in then.
   */
  apply(stream: string, sequence: number, step: Uint8Array): void;
  /**
   * Commits everything applied so far, together with the positions, in one transaction. Calls made while one commits
   * share the next. Rejects with HistoryWriteError when the storage fails: then the store still answers but takes in
   * nothing more, and what the storage holds is as it was after the last commit. Callers bound memory by awaiting it.
   */
  flush(): Promise<void>;
  /** Last sequence of the stream that is committed; feeding goes on after it. 0 = nothing yet. */
  position(stream: string): number;
  /** The same of every stream that was ever fed. */
  readonly positions: ReadonlyMap<string, number>;
  /** Bytes applied and not yet committed. */
  readonly unflushedBytes: number;
  /** Flushes and closes; queries are over. */
  close(): Promise<void>;
}

/** The storage refused a commit (disk full, map full, I/O error). */
export class HistoryWriteError extends Error {
  override name = 'HistoryWriteError';
}

/** History and log do not meet: the log begins behind where the history stands, or ends before it. */
export class HistoryGapError extends Error {
  override name = 'HistoryGapError';
}

/** The directory holds something this version cannot read: clear it and feed everything again. */
export class HistoryFormatError extends Error {
  override name = 'HistoryFormatError';
}
