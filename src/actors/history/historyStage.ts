// History: keeps the queryable past up with the log. In: markets, accounts, klines. Out: the embedded store.
import type { Bus, BusMessage } from '../../bus/bus.ts';
import type { HistoryStore } from '../../history/historyStore.ts';
import { LogConsumer } from '../logConsumer.ts';
import { entriesOf } from '../step.ts';
import type { ActorRoot, Parent } from '../supervision.ts';

export interface HistoryStageDeps {
  readonly bus: Bus;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly store: HistoryStore;
  readonly streams: readonly string[];
  readonly maxBatch: number;
}

export class HistoryStage {
  readonly consumer: LogConsumer;
  readonly #store: HistoryStore;

  constructor(deps: HistoryStageDeps) {
    const { store, bus, root, parent, streams, maxBatch } = deps;
    this.#store = store;
    this.consumer = new LogConsumer(bus, root, parent, {
      name: 'history',
      streams: streams.map((stream) => ({ stream, position: store.position(stream) })),
      maxBatch,
      handle: (stream, messages) => this.#take(stream, messages),
      // The store takes a batch whole or not at all, and ignores what it already has: the log is the truth, so try once more.
      recover: (stream, messages) => this.#take(stream, messages),
    });
  }

  start(): void {
    this.consumer.start();
  }

  async stop(): Promise<void> {
    await this.consumer.stop();
    await this.#store.close();
  }

  #take(stream: string, messages: readonly BusMessage[]): Promise<void> {
    for (const message of messages) this.#store.apply(stream, message.sequence, entriesOf(message));
    return this.#store.flush();
  }
}
