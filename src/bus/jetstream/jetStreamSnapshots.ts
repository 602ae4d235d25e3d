// Snapshots in the object store: in chunks, with a checksum that is verified on reading; the newest one of a name replaces the
// one before when it is complete.
import type { JetStreamClient } from '@nats-io/jetstream';
import { type ObjectResult, type ObjectStore, Objm, StorageType } from '@nats-io/obj';
import { CorruptLogError, type Snapshot } from '../bus.ts';
import { busError } from './connection.ts';
import { whileItPasses } from './creating.ts';

const BUCKET = 'sedax_snapshots';
const CHUNK_BYTES = 256 * 1024;
/** A snapshot that is replaced while it is read loses its chunks: then the newer one is read. */
const READ_ATTEMPTS = 5;
const CHUNK_TIMEOUT_MS = 5000;

export class JetStreamSnapshots {
  readonly #store: ObjectStore;
  /** Puts of one name go one after the other. */
  readonly #putting = new Map<string, Promise<void>>();

  private constructor(store: ObjectStore) {
    this.#store = store;
  }

  static async open(client: JetStreamClient, replicas: number, storage: 'file' | 'memory'): Promise<JetStreamSnapshots> {
    const kind = storage === 'file' ? StorageType.File : StorageType.Memory;
    return new JetStreamSnapshots(await whileItPasses(() => new Objm(client).create(BUCKET, { replicas, storage: kind })));
  }

  async put(snapshot: Snapshot): Promise<void> {
    const { name } = snapshot;
    const before = this.#putting.get(name) ?? Promise.resolve();
    const put = before.catch(() => undefined).then(() => this.#put(snapshot));
    this.#putting.set(name, put);
    await put;
  }

  async #put({ name, meta, data }: Snapshot): Promise<void> {
    let at = 0;
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (at >= data.length) {
          controller.close();
          return;
        }
        controller.enqueue(data.subarray(at, at + CHUNK_BYTES));
        at += CHUNK_BYTES;
      },
    });
    try {
      await this.#store.put({ name, metadata: { ...meta }, options: { max_chunk_size: CHUNK_BYTES } }, chunks);
    } catch (error) {
      throw busError(error, `snapshot ${name}`);
    }
  }

  async get(name: string): Promise<Snapshot | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await this.#store.get(name);
        return found === null ? undefined : await read(name, found);
      } catch (error) {
        if (attempt < READ_ATTEMPTS) continue;
        if (/digest|corrupt|incomplete/.test((error as Error).message)) {
          throw new CorruptLogError(`snapshot ${name} is damaged: ${(error as Error).message}`, { cause: error });
        }
        throw busError(error, `snapshot ${name}`);
      }
    }
  }
}

async function read(name: string, { info, data, error }: ObjectResult): Promise<Snapshot> {
  const bytes = Buffer.allocUnsafe(info.size);
  let at = 0;
  const reader = data.getReader();
  for (;;) {
    const { done, value } = await inTime(reader.read());
    if (done) break;
    if (at + value.length > bytes.length) throw new Error('incomplete: more bytes than its size');
    bytes.set(value, at);
    at += value.length;
  }
  const failure = await inTime(error);
  if (failure) throw failure;
  if (at !== bytes.length) throw new Error(`incomplete: ${at} of ${bytes.length} bytes`);
  return { name, meta: info.metadata ?? {}, data: bytes };
}

function inTime<T>(reading: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('incomplete: its chunks stopped coming')), CHUNK_TIMEOUT_MS);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
