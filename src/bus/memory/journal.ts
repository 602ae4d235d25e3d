// The log on disk: appends of all streams since the last commit go into the next one, which starts when that one is done.
// In: messages in the order they were appended, trims, other writes. Out: each of them settled, once, in order.
// Must not retry: after a failed commit or sync nothing is known about the disk, so everything behind fails too.
import { BusClosedError, type BusMessage, OverloadedError, StorageError } from '../bus.ts';
import {
  chainBefore,
  checkTails,
  damaged,
  FORMAT,
  FORMAT_KEY,
  firstStored,
  headKey,
  type JournalStream,
  loadStreams,
  missing,
  streamKey,
  toJson,
} from './journalLayout.ts';
import { decodeRecord, decodeRecordHead, encodeRecord, logKey, sequenceOfKey, storedChain } from './record.ts';
import type { Durability, JournalStorage, StorageWrite } from './storage.ts';
import { emptyHead, encodeHead } from './streamHead.ts';

export interface JournalOptions {
  readonly durability: Durability;
  /** Time between syncs when durability is 'interval'. */
  readonly intervalMs: number;
  /** Appended and not yet committed; beyond it appends are refused with OverloadedError. */
  readonly inFlightBytesMax: number;
}

export type Settled = (error?: Error) => void;

interface Appending {
  readonly stream: JournalStream;
  readonly message: BusMessage;
  readonly bytes: number;
  readonly settled: Settled;
}

interface Writing {
  readonly writes: readonly StorageWrite[];
  readonly settled: Settled;
}

/** A commit takes no more than this, so that the first of many does not wait for the last. */
const COMMIT_BYTES = 16 * 2 ** 20;
/** Trimmed messages a commit removes. */
const TRIM_ROWS = 1000;
const READ_BYTES = 4 * 2 ** 20;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Journal {
  readonly streams = new Map<string, JournalStream>();
  readonly storage: JournalStorage;
  readonly #options: JournalOptions;
  #appending: Appending[] = [];
  #writing: Writing[] = [];
  readonly #trims: { readonly stream: JournalStream; readonly through: number }[] = [];
  #inFlightBytes = 0;
  #committing = false;
  #idle: (() => void)[] = [];
  #failure: StorageError | undefined;
  #closed = false;
  #syncTimer: NodeJS.Timeout | undefined;
  /** Something was committed since the last sync began. */
  #unsynced = false;
  #syncing: Promise<void> = Promise.resolve();

  /** Checks what is stored (see checkTails) and goes on behind it. Throws CorruptLogError. */
  constructor(storage: JournalStorage, options: JournalOptions) {
    this.storage = storage;
    this.#options = options;
    const streams = loadStreams(storage);
    checkTails(storage, streams);
    for (const stream of streams) {
      this.streams.set(stream.name, stream);
      const stored = firstStored(storage, stream) ?? stream.head.first;
      if (stored < stream.head.first) this.#trims.push({ stream, through: stream.head.first - 1 });
    }
    if (this.#trims.length > 0) this.#start();
  }

  get failure(): StorageError | undefined {
    return this.#failure;
  }

  async createStream(name: string, subjects: readonly string[]): Promise<JournalStream> {
    const known = this.streams.get(name);
    const numbers = [...this.streams.values()].map((stream) => stream.number);
    const number = known?.number ?? Math.max(0, ...numbers) + 1;
    const stream = known ?? { name, number, subjects, head: emptyHead() };
    stream.subjects = subjects;
    this.streams.set(name, stream);
    const writes = [
      { table: 'meta', key: FORMAT_KEY, value: toJson(FORMAT_KEY, FORMAT) },
      { table: 'meta', key: streamKey(name), value: toJson(streamKey(name), { number, subjects }) },
    ] as const;
    const head = { table: 'meta', key: headKey(number), value: encodeHead(stream.head) } as const;
    await this.write(known === undefined ? [...writes, head] : writes);
    return stream;
  }

  /** Throws instead of queueing when the journal has failed, is closed or has too much in flight. */
  append(stream: JournalStream, message: BusMessage, settled: Settled): void {
    this.check();
    const bytes = message.payload.length;
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > this.#options.inFlightBytesMax) {
      throw new OverloadedError(`${stream.name}: ${this.#inFlightBytes} bytes wait for the disk`);
    }
    this.#inFlightBytes += bytes;
    this.#appending.push({ stream, message, bytes, settled });
    this.#start();
  }

  /** Commits the writes together; shares its commit with whatever else waits. */
  write(writes: readonly StorageWrite[]): Promise<void> {
    this.check();
    return new Promise((resolve, reject) => {
      this.#writing.push({ writes, settled: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#start();
    });
  }

  /**
   * Messages from..to of the stream whose subject is wanted, at most `limit`; `through` is the last position looked at.
   * Throws CorruptLogError where the chain breaks.
   */
  read(
    stream: JournalStream,
    from: number,
    to: number,
    limit: number,
    wanted: (subject: string) => boolean,
  ): { readonly messages: BusMessage[]; readonly through: number } {
    let chain = chainBefore(this.storage, stream, from);
    const rows = this.storage.range('log', logKey(stream.number, from), logKey(stream.number, to + 1), limit, READ_BYTES);
    if (rows.length === 0) throw missing(stream.name, from);
    const messages: BusMessage[] = [];
    let sequence = from;
    for (const [key, value] of rows) {
      if (sequenceOfKey(key) !== sequence) throw missing(stream.name, sequence);
      const head = decodeRecordHead(key, value, chain);
      if (head === undefined) throw damaged(stream.name, sequence);
      chain = head.chain;
      if (wanted(head.subject)) messages.push(decodeRecord(stream.name, sequence, value, head));
      sequence++;
    }
    return { messages, through: sequence - 1 };
  }

  /** Resolves when the messages are gone for readers and for the next opening; the disk space follows in slices. */
  async trim(stream: JournalStream, through: number): Promise<void> {
    const { head } = stream;
    const key = logKey(stream.number, through);
    let last = this.storage.get('log', key);
    // Without durability it may be visible before it is committed.
    for (; last === undefined && this.#committing; last = this.storage.get('log', key)) await this.write([]);
    if (through < head.first) return;
    if (last === undefined) throw missing(stream.name, through);
    head.baseChain = storedChain(last);
    head.first = through + 1;
    this.#trims.push({ stream, through });
    await this.write([{ table: 'meta', key: headKey(stream.number), value: encodeHead(head) }]);
  }

  /** Settles everything in flight, syncs and closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#committing) await new Promise<void>((resolve) => this.#idle.push(resolve));
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    if (this.#failure === undefined && this.#options.durability !== 'always') await this.#sync();
    await this.storage.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Throws when nothing more can be written. */
  check(): void {
    if (this.#failure !== undefined) {
      throw new StorageError(`the journal has stopped: ${this.#failure.message}`, { cause: this.#failure });
    }
    if (this.#closed) throw new BusClosedError('the bus is closed');
  }

  #start(): void {
    if (this.#committing) return;
    this.#committing = true;
    void this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    for (;;) {
      // A turn each: what the stages append in one go, or as the commit before wakes them, shares a commit.
      await nextTurn();
      if (this.#failure !== undefined || this.#appending.length + this.#writing.length + this.#trims.length === 0) break;
      const appending = this.#takeAppending();
      const writing = this.#writing;
      this.#writing = [];
      try {
        await this.storage.commit(this.#writesOf(appending, writing));
      } catch (cause) {
        this.#fail(cause, appending, writing);
        break;
      }
      for (const one of appending) this.#inFlightBytes -= one.bytes;
      for (const one of appending) one.settled();
      for (const one of writing) one.settled();
      if (this.#options.durability === 'interval') this.#syncSoon();
    }
    this.#committing = false;
    for (const resume of this.#idle.splice(0)) resume();
  }

  #takeAppending(): Appending[] {
    const all = this.#appending;
    let bytes = 0;
    let count = 0;
    while (count < all.length && (count === 0 || bytes + all[count]!.bytes <= COMMIT_BYTES)) bytes += all[count++]!.bytes;
    this.#appending = count === all.length ? [] : all.slice(count);
    return count === all.length ? all : all.slice(0, count);
  }

  #writesOf(appending: readonly Appending[], writing: readonly Writing[]): StorageWrite[] {
    const writes: StorageWrite[] = [];
    const touched = new Set<JournalStream>();
    for (const { stream, message } of appending) {
      const { head } = stream;
      const key = logKey(stream.number, message.sequence);
      const value = encodeRecord(key, message, head.chain);
      head.chain = storedChain(value);
      head.last = message.sequence;
      head.bytes += value.length;
      touched.add(stream);
      writes.push({ table: 'log', key, value });
    }
    const trim = this.#trims[0];
    if (trim !== undefined) {
      touched.add(trim.stream);
      if (this.#trimSlice(trim.stream, trim.through, writes)) this.#trims.shift();
    }
    for (const one of writing) writes.push(...one.writes);
    // Last, so that no older head of a write above stands.
    for (const stream of touched) {
      writes.push({ table: 'meta', key: headKey(stream.number), value: encodeHead(stream.head) });
    }
    return writes;
  }

  /** True when nothing up to `through` is left behind. */
  #trimSlice(stream: JournalStream, through: number, writes: StorageWrite[]): boolean {
    const to = logKey(stream.number, through + 1);
    const rows = this.storage.range('log', logKey(stream.number, 0), to, TRIM_ROWS, READ_BYTES);
    for (const [key, value] of rows) {
      stream.head.bytes -= value.length;
      writes.push({ table: 'log', key, value: undefined });
    }
    const last = rows.at(-1);
    return last === undefined || sequenceOfKey(last[0]) === through;
  }

  #fail(cause: unknown, appending: readonly Appending[], writing: readonly Writing[]): void {
    const failure = cause instanceof StorageError ? cause : new StorageError(`commit failed: ${(cause as Error).message}`, { cause });
    this.#failure = failure;
    const waiting = [...appending, ...this.#appending, ...writing, ...this.#writing];
    this.#appending = [];
    this.#writing = [];
    this.#inFlightBytes = 0;
    for (const one of waiting) one.settled(failure);
  }

  #syncSoon(): void {
    this.#unsynced = true;
    // One at a time, however slow the disk: what is committed meanwhile goes with the next one.
    this.#syncTimer ??= setTimeout(() => {
      this.#unsynced = false;
      this.#syncing = this.#sync().then(() => {
        this.#syncTimer = undefined;
        if (this.#unsynced && !this.#closed) this.#syncSoon();
      });
    }, this.#options.intervalMs).unref();
  }

  async #sync(): Promise<void> {
    try {
      await this.storage.sync();
    } catch (cause) {
      if (this.#failure === undefined) this.#fail(cause, [], []);
    }
  }
}
