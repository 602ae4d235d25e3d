// History: keeps the queryable past up with the log. In: markets, accounts, klines. Out: the embedded store. What the store
// has not committed when the process dies is fed to it again: the log is the truth.
import type { Bus, BusMessage } from '../../bus/bus.ts';
import type { HistoryStore } from '../../history/historyStore.ts';
import { HistoryServer } from '../../history/remote/historyServer.ts';
import { LogConsumer } from '../logConsumer.ts';
import { entriesOf } from '../step.ts';
import type { ActorRoot, Parent } from '../supervision.ts';
import { checkReach } from './historyReach.ts';

export interface HistoryStageDeps {
  readonly bus: Bus;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly store: HistoryStore;
  readonly streams: readonly string[];
  readonly maxBatch: number;
  /** Present where other processes ask this one for the past: what it says of itself. */
  readonly serves?: { readonly version: string; readonly metadata: Readonly<Record<string, string>> };
}

/** Applied and not yet committed: above it the stage waits for the commit before it takes more. */
const UNFLUSHED_BYTES_MAX = 16 * 2 ** 20;
/** A quiet store is committed this long after the last change. */
const FLUSH_AFTER_MS = 250;

export class HistoryStage {
  readonly consumer: LogConsumer;
  /** Absent where nobody but this process asks. */
  readonly server: HistoryServer | undefined;
  readonly #bus: Bus;
  readonly #streams: readonly string[];
  readonly #store: HistoryStore;
  readonly #root: ActorRoot;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(deps: HistoryStageDeps) {
    const { store, bus, root, parent, streams, maxBatch } = deps;
    this.#store = store;
    this.#root = root;
    this.#bus = bus;
    this.#streams = streams;
    this.consumer = new LogConsumer(bus, root, parent, {
      name: 'history',
      streams: streams.map((stream) => ({ stream, position: store.position(stream) })),
      maxBatch,
      handle: (stream, messages) => this.#take(stream, messages),
      // The store ignores what it already has, so the batch is tried once more; when that fails too, the process ends.
      recover: async (stream, messages) => this.#take(stream, messages),
    });
    const { consumer } = this;
    const onError = (error: unknown, query: string): void => root.logger.error({ stage: 'history', query, err: error }, 'a query failed');
    this.server = deps.serves && new HistoryServer({ bus, reads: store, progress: consumer, onError, ...deps.serves });
  }

  /**
   * Rejects with HistoryGapError when the logs no longer have what the store lacks. Resolves when it reads them; others are
   * answered once it has read what they held by now, which after a long absence takes its time.
   */
  async start(): Promise<void> {
    await checkReach(this.#bus, this.#streams, (stream) => this.#store.position(stream));
    this.consumer.start();
    this.server?.start().then(
      () => {
        if (this.server?.isAnswering) this.#root.logger.info({ stage: 'history' }, 'answers the queries of other processes');
      },
      (error: unknown) => this.#root.fatal('history', error as Error),
    );
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    await this.consumer.stop();
    clearTimeout(this.#flushTimer);
    await this.#store.close();
  }

  #take(stream: string, messages: readonly BusMessage[]): void | Promise<void> {
    for (const message of messages) this.#store.apply(stream, message.sequence, entriesOf(message));
    if (this.#store.unflushedBytes > UNFLUSHED_BYTES_MAX) return this.#store.flush();
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#store.flush().catch((error: unknown) => this.#root.fatal('history', error as Error));
    }, FLUSH_AFTER_MS);
  }
}
