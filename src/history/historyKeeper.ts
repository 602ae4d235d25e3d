// Where the past is kept, as the stage that follows the logs sees it: in this thread (LocalKeeper), or in a thread of its own
// (thread/). In: messages of the logs, in order. Out: answers that reflect every message taken before they were asked for.
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { Question } from './remote/queryCodec.ts';

/** A message of a log: what of a BusMessage the past is made of. */
export interface HistoryMessage {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface KeeperListener {
  /** Hears, once, of the error behind which nothing more is taken in: HistoryWriteError and the like. The process must end. */
  readonly onFailure?: (error: Error) => void;
  /** Hears of queries that failed for another reason than their arguments. */
  readonly onQueryFailure?: (error: unknown, query: string) => void;
}

/** Answers other processes' questions, encoded as the reply that decodeReply() reads. */
export interface Answering {
  /** One answer a question; one that fails is told in its place. */
  answer(questions: readonly Question[]): Uint8Array | Promise<Uint8Array>;
}

export interface HistoryKeeper extends Answering {
  /** Each answered from everything taken before it was asked. */
  readonly queries: HistoryQueries;
  /** Last sequence of the stream that is committed; feeding goes on after it. 0 = nothing yet. */
  position(stream: string): number;
  /**
   * Takes messages of one stream, in order; those at or before the last one taken are ignored. The next call waits until what
   * this one returned has resolved: that bounds memory. Committed within a moment, and in close(). Throws (or rejects with)
   * what the store could not take in.
   */
  take(stream: string, messages: readonly HistoryMessage[]): void | Promise<void>;
  /** Resolves when the store has taken in everything taken before the call, which need not be committed. */
  takenIn(): Promise<void>;
  /** Commits everything taken before the call. Rejects with HistoryWriteError when the storage fails. */
  flush(): Promise<void>;
  listen(listener: KeeperListener): void;
  /** Commits and closes; queries are over. */
  close(): Promise<void>;
}
