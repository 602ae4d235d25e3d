// Push: folds every log into live books, tickers and account events, and hands the acquiring stage the reports of its
// commands. In: markets, accounts, klines. Out: listeners. Writes nothing to any log.
import type { Bus, BusMessage } from '../../bus/bus.ts';
import { decodeSnapshot, encodeSnapshot } from '../../codec/snapshotCodec.ts';
import { readReports } from '../acquiring/marketReports.ts';
import type { PendingCommands } from '../acquiring/pendingCommands.ts';
import { LogConsumer } from '../logConsumer.ts';
import { knownBy, type RegistryPosition } from '../outputLog.ts';
import { entriesOf, formatPositions, parsePositions } from '../step.ts';
import type { ActorRoot, Parent } from '../supervision.ts';
import type { PushHub } from './pushHub.ts';

const SNAPSHOT = 'push';
const SNAPSHOT_VERSION = '1';

export interface PushStageDeps {
  readonly bus: Bus;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly hub: PushHub;
  readonly pending: PendingCommands;
  readonly streams: readonly string[];
  readonly maxBatch: number;
  /** Messages between snapshots; 0 = only at the stop. */
  readonly snapshotEveryMessages: number;
  readonly registry: RegistryPosition;
  /** Hears of every message, before it is folded. */
  readonly seen: (message: BusMessage) => void;
  /** Whether this process is the one that stores the fold. */
  readonly keepsSnapshot: () => boolean;
}

export class PushStage {
  readonly #deps: PushStageDeps;
  #consumer: LogConsumer | undefined;
  #sinceSnapshot = 0;
  #snapshotting: Promise<void> | undefined;
  /** Messages this stage could not fold and passed over, by name; shown in the health. */
  readonly skipped: string[] = [];

  constructor(deps: PushStageDeps) {
    this.#deps = deps;
  }

  get consumer(): LogConsumer {
    if (this.#consumer === undefined) throw new Error('push is not started');
    return this.#consumer;
  }

  async start(): Promise<void> {
    const positions = await this.#restore();
    this.#consumer = new LogConsumer(this.#deps.bus, this.#deps.root, this.#deps.parent, {
      name: 'push',
      streams: this.#deps.streams.map((stream) => ({ stream, position: positions.get(stream) ?? 0 })),
      maxBatch: this.#deps.maxBatch,
      ready: (message) => knownBy(this.#deps.registry, message),
      handle: (stream, messages) => this.#fold(stream, messages),
      recover: (stream, messages, error) => this.#recover(stream, messages, error),
    });
    this.#consumer.start();
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
    await this.#snapshotting;
    if (this.#deps.keepsSnapshot()) await this.snapshot();
  }

  /** What was folded so far, so that the next start reads only the tail. */
  async snapshot(): Promise<void> {
    const meta = {
      version: SNAPSHOT_VERSION,
      positions: formatPositions(this.consumer.positions),
      hash: this.#deps.hub.hash(),
    };
    this.#sinceSnapshot = 0;
    await this.#deps.bus.putSnapshot({ name: SNAPSHOT, meta, data: encodeSnapshot(this.#deps.hub.snapshot()) });
  }

  #fold(stream: string, messages: readonly BusMessage[]): void {
    const { hub, pending } = this.#deps;
    const topic = stream.slice(0, stream.indexOf('-'));
    for (const message of messages) {
      this.#deps.seen(message);
      const entries = entriesOf(message);
      const timeUs = entries[0]?.timestamp ?? 0;
      if (entries.length === 0) continue;
      if (topic === 'markets') {
        // Before the fold, which forgets orders as they end.
        if (pending.size > 0) readReports(entries, hub, pending);
        hub.onMarket(entries, timeUs);
      } else if (topic === 'accounts') hub.onAccounts(entries, timeUs);
      else hub.onKlines(entries, timeUs);
    }
    this.#sinceSnapshot += messages.length;
    const every = this.#deps.snapshotEveryMessages;
    if (every === 0 || this.#sinceSnapshot < every || this.#snapshotting !== undefined) return;
    if (this.#deps.keepsSnapshot()) this.#takeSnapshotLater();
  }

  #takeSnapshotLater(): void {
    // After the batch: positions and fold must agree.
    this.#snapshotting = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.snapshot())
      .catch((error: unknown) => this.#deps.root.logger.error({ stage: 'push', err: error }, 'push snapshot failed'))
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }

  async #restore(): Promise<Map<string, number>> {
    const snapshot = await this.#deps.bus.getSnapshot(SNAPSHOT);
    if (snapshot === undefined || snapshot.meta.version !== SNAPSHOT_VERSION) return new Map();
    this.#deps.hub.restore(decodeSnapshot(snapshot.data));
    return parsePositions(snapshot.meta.positions);
  }

  /** Rebuilds the fold up to this batch, then takes its messages one by one; what fails again is passed over, visibly. */
  async #recover(stream: string, messages: readonly BusMessage[], error: Error): Promise<void> {
    const { root, bus, hub } = this.#deps;
    const upTo = new Map(this.consumer.positions);
    hub.reset();
    // Listeners were told all of this before.
    hub.muted = true;
    const from = await this.#restore();
    for (const [each, position] of upTo) {
      const reader = bus.read(each, { fromSequence: (from.get(each) ?? 0) + 1 });
      for (let at = from.get(each) ?? 0; at < position; ) {
        const batch = (await reader.next()).filter((message) => message.sequence <= position);
        if (batch.length === 0) break;
        this.#fold(each, batch);
        at = batch[batch.length - 1]?.sequence ?? position;
      }
      reader.close();
    }
    hub.muted = false;
    root.logger.warn({ stage: 'push', stream, err: error }, 'push fold rebuilt from snapshot and log');
    for (const message of messages) {
      try {
        this.#fold(stream, [message]);
      } catch (again) {
        const name = `${stream}@${message.sequence}`;
        this.skipped.push(name);
        root.logger.error({ stage: 'push', message: name, err: again }, 'push cannot fold this message and passes over it');
      }
    }
  }
}
