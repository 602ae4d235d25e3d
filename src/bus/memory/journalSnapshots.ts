// Snapshots in the journal: written in chunks that share commits with the log, so that a large one delays nobody, then made
// the current one by a single small write. Replacing is atomic: until that write the one before stands.
import { crc32 } from 'node:zlib';
import { CorruptLogError, type Snapshot } from '../bus.ts';
import type { Journal } from './journal.ts';
import { checkName, fromJson, metaRows, snapshotKey, toJson } from './journalLayout.ts';
import type { JournalStorage, StorageWrite } from './storage.ts';

const CHUNK_BYTES = 2 ** 20;

interface Pointer {
  /** Every put takes the next; chunks of any other are left-overs. */
  readonly generation: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly crc: number;
  readonly meta: Readonly<Record<string, string>>;
}

const prefixOf = (name: string): Buffer => Buffer.from(`${name}\0`);

function chunkKey(name: string, generation: number, chunk: number): Buffer {
  const tail = Buffer.allocUnsafe(12);
  tail.writeDoubleBE(generation, 0);
  tail.writeUInt32BE(chunk, 8);
  return Buffer.concat([prefixOf(name), tail]);
}

export class JournalSnapshots {
  readonly #journal: Journal;
  readonly #pointers = new Map<string, Pointer>();
  /** Puts of one name go one after the other. */
  readonly #putting = new Map<string, Promise<void>>();

  constructor(journal: Journal) {
    this.#journal = journal;
    for (const [name, pointer] of loadPointers(journal.storage)) this.#pointers.set(name, pointer);
  }

  async put(snapshot: Snapshot): Promise<void> {
    checkName(snapshot.name);
    const before = this.#putting.get(snapshot.name) ?? Promise.resolve();
    const put = before.catch(() => undefined).then(() => this.#put(snapshot));
    this.#putting.set(snapshot.name, put);
    await put;
  }

  async #put({ name, meta, data }: Snapshot): Promise<void> {
    const generation = (this.#pointers.get(name)?.generation ?? 0) + 1;
    let chunks = 0;
    let crc = 0;
    for (let at = 0; at < data.length; at += CHUNK_BYTES) {
      const value = data.subarray(at, at + CHUNK_BYTES);
      crc = crc32(value, crc);
      await this.#journal.write([{ table: 'snapshots', key: chunkKey(name, generation, chunks++), value }]);
    }
    const pointer: Pointer = { generation, chunks, bytes: data.length, crc, meta };
    const writes: StorageWrite[] = [{ table: 'meta', key: snapshotKey(name), value: toJson(snapshotKey(name), pointer) }];
    // The generation before, and what a put left behind that did not get this far.
    for (const key of this.#chunkKeys(name)) {
      if (key.readDoubleBE(key.length - 12) !== generation || key.readUInt32BE(key.length - 4) >= chunks) {
        writes.push({ table: 'snapshots', key, value: undefined });
      }
    }
    await this.#journal.write(writes);
    this.#pointers.set(name, pointer);
  }

  #chunkKeys(name: string): Buffer[] {
    const prefix = prefixOf(name);
    const to = Buffer.from(prefix);
    to[to.length - 1] = 1;
    const keys: Buffer[] = [];
    let from: Buffer = prefix;
    for (;;) {
      const [row] = this.#journal.storage.range('snapshots', from, to, 1);
      if (row === undefined) return keys;
      keys.push(Buffer.from(row[0]));
      from = Buffer.concat([row[0], Buffer.of(0)]);
    }
  }

  /** Throws CorruptLogError when what is stored is not what was put. */
  get(name: string): Snapshot | undefined {
    const pointer = this.#pointers.get(name);
    return pointer === undefined ? undefined : readSnapshot(this.#journal.storage, name, pointer);
  }
}

export function loadPointers(storage: JournalStorage): Map<string, Pointer> {
  const rows = [...metaRows(storage, 'snapshot:')];
  return new Map(rows.map(([name, stored]) => [name, fromJson(snapshotKey(name), stored, `the pointer of snapshot ${name}`) as Pointer]));
}

export function readSnapshot(storage: JournalStorage, name: string, pointer: Pointer): Snapshot {
  const data = Buffer.allocUnsafe(pointer.bytes);
  let at = 0;
  for (let chunk = 0; chunk < pointer.chunks; chunk++) {
    const value = storage.get('snapshots', chunkKey(name, pointer.generation, chunk));
    if (value === undefined || at + value.length > data.length) throw damagedSnapshot(name);
    data.set(value, at);
    at += value.length;
  }
  if (at !== pointer.bytes || crc32(data) !== pointer.crc) throw damagedSnapshot(name);
  return { name, meta: pointer.meta, data };
}

function damagedSnapshot(name: string): CorruptLogError {
  return new CorruptLogError(`snapshot ${name} is damaged: its checksum is wrong; the log before it can be replayed`);
}
