// History: keeps the queryable past up with the log. In: markets, accounts, klines. Out: what its keeper, in this thread or
// another, makes of them. What is not committed when the process dies is fed to it again: the log is the truth.
import type { Bus } from '../../bus/bus.ts';
import type { HistoryKeeper } from '../../history/historyKeeper.ts';
import { HistoryServer } from '../../history/remote/historyServer.ts';
import { LogConsumer } from '../logConsumer.ts';
import type { ActorRoot, Parent } from '../supervision.ts';
import { checkReach } from './historyReach.ts';

export interface HistoryStageDeps {
  readonly bus: Bus;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly keeper: HistoryKeeper;
  readonly streams: readonly string[];
  readonly maxBatch: number;
  /** Present where other processes ask this one for the past: what it says of itself. */
  readonly serves?: { readonly version: string; readonly metadata: Readonly<Record<string, string>> };
}

export class HistoryStage {
  readonly keeper: HistoryKeeper;
  /** A message counts as consumed when the keeper has taken it: from then on answers reflect it. */
  readonly consumer: LogConsumer;
  /** Absent where nobody but this process asks. */
  readonly server: HistoryServer | undefined;
  readonly #bus: Bus;
  readonly #streams: readonly string[];
  readonly #root: ActorRoot;

  constructor(deps: HistoryStageDeps) {
    const { keeper, bus, root, parent, streams, maxBatch } = deps;
    this.keeper = keeper;
    this.#root = root;
    this.#bus = bus;
    this.#streams = streams;
    keeper.listen({
      onFailure: (error) => root.fatal('history', error),
      onQueryFailure: (error, query) => root.logger.error({ stage: 'history', query, err: error }, 'a query failed'),
    });
    this.consumer = new LogConsumer(bus, root, parent, {
      name: 'history',
      streams: streams.map((stream) => ({ stream, position: keeper.position(stream) })),
      maxBatch,
      handle: (stream, messages) => keeper.take(stream, messages),
      // What was taken already is ignored, so the batch is tried once more; when that fails too, the process ends.
      recover: async (stream, messages) => keeper.take(stream, messages),
    });
    this.server = deps.serves && new HistoryServer({ bus, answers: keeper, progress: this.consumer, ...deps.serves });
  }

  /** Resolves when the store has taken in that much of the stream; what is asked may be asked earlier (consumer). */
  async whenTakenIn(stream: string, sequence: number): Promise<void> {
    await this.consumer.whenConsumed(stream, sequence);
    await this.keeper.takenIn();
  }

  /**
   * Rejects with HistoryGapError when the logs no longer have what the store lacks. Resolves when it reads them; others are
   * answered once it has read what they held by now, which after a long absence takes its time.
   */
  async start(): Promise<void> {
    await checkReach(this.#bus, this.#streams, (stream) => this.keeper.position(stream));
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
    await this.keeper.close();
  }
}
