// Keeps the past in the thread it is called in: every message is applied at the call, every query answered at the call.
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { HistoryKeeper, HistoryMessage, KeeperListener } from './historyKeeper.ts';
import type { HistoryStore } from './historyStore.ts';
import { localHistory } from './localHistory.ts';
import { encodeAnswer, encodeAnswered, encodeFailure } from './remote/messages.ts';
import type { Question } from './remote/queryCodec.ts';

/** Applied and not yet committed: above it the commit is awaited before more is taken. */
const UNFLUSHED_BYTES_MAX = 16 * 2 ** 20;
/** A quiet store is committed this long after the last change. */
const FLUSH_AFTER_MS = 250;

export class LocalKeeper implements HistoryKeeper {
  readonly queries: HistoryQueries;
  readonly #store: HistoryStore;
  readonly #onCommitted: () => void;
  #listener: KeeperListener = {};
  #flushTimer: NodeJS.Timeout | undefined;

  /** `onCommitted` hears of every commit, after which position() is a new one. */
  constructor(store: HistoryStore, onCommitted: () => void = () => undefined) {
    this.#store = store;
    this.#onCommitted = onCommitted;
    this.queries = localHistory(store);
  }

  listen(listener: KeeperListener): void {
    this.#listener = listener;
  }

  position(stream: string): number {
    return this.#store.position(stream);
  }

  take(stream: string, messages: readonly HistoryMessage[]): void | Promise<void> {
    for (const { sequence, payload } of messages) this.#store.apply(stream, sequence, payload);
    if (this.#store.unflushedBytes > UNFLUSHED_BYTES_MAX) return this.flush();
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.flush().catch((error: unknown) => this.#listener.onFailure?.(error as Error));
    }, FLUSH_AFTER_MS);
  }

  async takenIn(): Promise<void> {}

  async flush(): Promise<void> {
    await this.#store.flush();
    this.#onCommitted();
  }

  answer(questions: readonly Question[]): Uint8Array {
    return encodeAnswered(questions.map((question) => this.#answerOne(question)));
  }

  #answerOne({ query, args }: Question): Uint8Array {
    try {
      const ask = this.#store[query] as (...args: readonly unknown[]) => unknown;
      return encodeAnswer(query, ask.apply(this.#store, args as readonly unknown[] as unknown[]));
    } catch (error) {
      this.#listener.onQueryFailure?.(error, query);
      return encodeFailure(`${query}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#flushTimer);
    await this.#store.close();
  }
}
