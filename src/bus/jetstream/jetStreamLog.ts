// The streams of the exchange for whoever only looks: nothing is made, taken or written, and nobody sees a member more.
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { BusMessage } from '../bus.ts';
import { busError, type ConnectionOptions, openConnection } from './connection.ts';
import { ALONE, JetStreamReader } from './jetStreamReader.ts';

const STREAM = /^(admin|(accounts|markets|klines)-\d+)$/;
const API_TIMEOUT_MS = 5000;

export class JetStreamLog {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #readers = new Map<string, JetStreamReader>();
  #streams: ReadonlyMap<string, { readonly first: number; readonly last: number }> = new Map();

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.#connection = connection;
    this.#manager = manager;
  }

  static async connect(options: ConnectionOptions): Promise<JetStreamLog> {
    const connection = await openConnection(options);
    try {
      return new JetStreamLog(connection, await jetstreamManager(connection, { timeout: API_TIMEOUT_MS }));
    } catch (error) {
      await connection.close();
      throw busError(error, 'JetStream');
    }
  }

  /** By name, with the positions of the oldest and the newest message. */
  async streams(): Promise<ReadonlyMap<string, { readonly first: number; readonly last: number }>> {
    const found: (readonly [string, { readonly first: number; readonly last: number }])[] = [];
    for await (const { config, state } of this.#manager.streams.list()) {
      if (!STREAM.test(config.name)) continue;
      found.push([config.name, { first: state.messages === 0 ? state.last_seq + 1 : state.first_seq, last: state.last_seq }]);
    }
    this.#streams = new Map(found.sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })));
    return this.#streams;
  }

  /** Messages from a position on, at most `limit`, as of the last streams(). */
  async read(stream: string, from: number, limit: number): Promise<BusMessage[]> {
    if (from > (this.#streams.get(stream)?.last ?? 0)) return [];
    let reader = this.#readers.get(stream);
    if (reader?.position !== from - 1) {
      reader?.close();
      reader = new JetStreamReader(this.#connection, this.#manager, stream, { fromSequence: from, maxBatch: limit }, ALONE);
      this.#readers.set(stream, reader);
    }
    return [...(await reader.next())];
  }

  async close(): Promise<void> {
    for (const reader of this.#readers.values()) reader.close();
    await this.#connection.drain();
  }
}
