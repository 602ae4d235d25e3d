// The log inside one process: readers get what writers appended by reference; a journal keeps it over restarts.
// Back pressure: what waits for the disk is bounded, and so is what stays in memory. With a journal old messages leave memory
// and are read from there, so a slow reader never stops a writer (the stages form a cycle); without one they stay until trim().
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { syncDir } from '../../support/durableFile.ts';
import {
  type AppendRequest,
  type Bus,
  BusClosedError,
  type BusMessage,
  type BusService,
  type Lease,
  type Member,
  type Membership,
  OverloadedError,
  type Reader,
  type ReaderLag,
  type ReadOptions,
  type RequestHandler,
  type ServiceInfo,
  type Snapshot,
  type StreamInfo,
  type Subscription,
  UnknownStreamError,
} from '../bus.ts';
import { DirLock } from './dirLock.ts';
import { Journal } from './journal.ts';
import { checkName } from './journalLayout.ts';
import { JournalSnapshots } from './journalSnapshots.ts';
import { Leases } from './leases.ts';
import { LmdbStorage } from './lmdbStorage.ts';
import { Members } from './members.ts';
import { MemoryReader } from './memoryReader.ts';
import { MemoryService } from './memoryService.ts';
import { Messenger } from './messenger.ts';
import type { Durability, JournalStorage } from './storage.ts';
import { memoryBytesOf, StreamLog } from './streamLog.ts';

export interface MemoryBusOptions {
  /** Absent: nothing survives the process. */
  readonly journal?: JournalBusOptions;
  /**
   * Messages held in memory over all streams, in bytes. With a journal the oldest leave memory beyond it; without one
   * appends are refused with OverloadedError. @default 256 MB
   */
  readonly memoryBytesMax?: number;
  /** Appended and not yet in the journal; beyond it appends are refused with OverloadedError. @default 64 MB */
  readonly inFlightBytesMax?: number;
}

export interface JournalBusOptions {
  readonly dir: string;
  readonly durability: Durability;
  /** Time between syncs when durability is 'interval'. */
  readonly intervalMs: number;
  /** Address space to map at first; it grows as needed. */
  readonly mapSizeBytes?: number;
  /** Opens what a power cut left of a journal with durability 'none', to be looked at. @default false */
  readonly afterCut?: boolean;
  /** Replaces the disk, for tests and simulations; then `dir` is not touched. */
  readonly storage?: JournalStorage;
}

const MEMORY_BYTES = 256 * 2 ** 20;
const IN_FLIGHT_BYTES = 64 * 2 ** 20;
const SUBJECT_LENGTH_MAX = 1000;

export class MemoryBus implements Bus {
  readonly #journal: Journal | undefined;
  readonly #lock: DirLock | undefined;
  readonly #visibleAtOnce: boolean;
  readonly #memoryBytesMax: number;
  readonly #streams = new Map<string, StreamLog>();
  readonly #readers = new Set<MemoryReader>();
  readonly #messenger = new Messenger();
  readonly #leases: Leases;
  readonly #members = new Members();
  readonly #journalSnapshots: JournalSnapshots | undefined;
  readonly #snapshots = new Map<string, Snapshot>();
  #memoryBytes = 0;
  #closing: Promise<void> | undefined;

  private constructor(options: MemoryBusOptions, journal: Journal | undefined, lock: DirLock | undefined) {
    this.#journal = journal;
    this.#lock = lock;
    this.#visibleAtOnce = journal === undefined || options.journal?.durability === 'none';
    this.#memoryBytesMax = options.memoryBytesMax ?? MEMORY_BYTES;
    this.#leases = new Leases(journal);
    this.#journalSnapshots = journal === undefined ? undefined : new JournalSnapshots(journal);
    for (const stream of journal?.streams.values() ?? []) {
      const log = new StreamLog(stream.name, stream.subjects, stream);
      const { first, last } = stream.head;
      if (last >= first) log.raiseEpoch(journal!.read(stream, last, last, 1, () => true).messages[0]!.headers);
      this.#streams.set(stream.name, log);
    }
  }

  /** Rejects with DirLockedError while another process has the journal, CorruptLogError when it is damaged. */
  static async open(options: MemoryBusOptions = {}): Promise<MemoryBus> {
    if (options.journal === undefined) return new MemoryBus(options, undefined, undefined);
    const { dir, durability, intervalMs, mapSizeBytes, afterCut = false, storage: given } = options.journal;
    let lock: DirLock | undefined;
    if (given === undefined) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      lock = await DirLock.acquire(dir);
    }
    let storage = given;
    try {
      storage ??= await LmdbStorage.open({ dir, durability, afterCut, ...(mapSizeBytes === undefined ? {} : { mapSizeBytes }) });
      if (given === undefined) await syncNames(dir);
      const inFlightBytesMax = options.inFlightBytesMax ?? IN_FLIGHT_BYTES;
      const journal = new Journal(storage, { durability, intervalMs, inFlightBytesMax });
      return new MemoryBus(options, journal, lock);
    } catch (error) {
      await storage?.close();
      lock?.release();
      throw error;
    }
  }

  async ensureStream(stream: string, subjects: readonly string[]): Promise<void> {
    this.#check();
    const known = this.#streams.get(stream);
    const same = known !== undefined && JSON.stringify(known.subjects) === JSON.stringify(subjects);
    if (same) return;
    const log = known ?? new StreamLog(checkName(stream), subjects, undefined);
    log.subjects = [...subjects];
    const kept = this.#journal?.createStream(stream, log.subjects);
    log.journal ??= this.#journal?.streams.get(stream);
    this.#streams.set(stream, log);
    await kept;
  }

  append(request: AppendRequest): Promise<number> {
    try {
      return this.#append(request);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #append({ stream, subject, headers, payload, expectedLastSequence, decoded }: AppendRequest): Promise<number> {
    this.#check();
    const log = this.#stream(stream);
    if (subject.length > SUBJECT_LENGTH_MAX || !log.holds(subject)) {
      throw new UnknownStreamError(`${stream} does not hold ${subject.slice(0, 200)}`);
    }
    this.#journal?.check();
    const message = log.next(expectedLastSequence, subject, headers, payload, decoded);
    const bytes = memoryBytesOf(message);
    if (this.#journal === undefined || log.journal === undefined) {
      if (this.#memoryBytes + bytes > this.#memoryBytesMax) {
        throw new OverloadedError(`${stream}: ${this.#memoryBytes} bytes in memory wait to be trimmed`);
      }
      log.appended(message);
      log.bytes += payload.length;
      this.#show(log, message, bytes);
      return Promise.resolve(message.sequence);
    }
    return this.#journalled(this.#journal, log, message, bytes);
  }

  #journalled(journal: Journal, log: StreamLog, message: BusMessage, bytes: number): Promise<number> {
    const { sequence } = message;
    const appended = new Promise<number>((resolve, reject) => {
      // Throws, and so rejects, before anything has changed.
      journal.append(log.journal!, message, (error) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        if (!this.#visibleAtOnce) this.#show(log, message, bytes);
        log.journalled = sequence;
        this.#release(log);
        if (this.#memoryBytes > this.#memoryBytesMax) this.#evict();
        resolve(sequence);
      });
      log.appended(message);
      if (this.#visibleAtOnce) {
        this.#show(log, message, bytes);
        resolve(sequence);
      }
    });
    return appended;
  }

  #show(log: StreamLog, message: BusMessage, bytes: number): void {
    this.#memoryBytes += bytes;
    log.heldBytes += bytes;
    log.show(message);
  }

  #dropOldest(log: StreamLog): void {
    const dropped = log.dropOldest();
    if (dropped !== undefined) this.#forget(log, dropped);
  }

  #forget(log: StreamLog, dropped: BusMessage): void {
    const bytes = memoryBytesOf(dropped);
    this.#memoryBytes -= bytes;
    log.heldBytes -= bytes;
  }

  /**
   * Messages that are in the journal, and that every reader of the stream has had, leave memory at once: decoded entries are
   * most of what lives long enough to cost the collector something.
   */
  #release(log: StreamLog): void {
    if (log.journal === undefined || log.readers.size === 0) return;
    let done = log.journalled;
    for (const { position } of log.readers) if (position < done) done = position;
    while (log.windowFirst <= done) this.#dropOldest(log);
  }

  /** Memory is full: the stream that holds most lets its oldest messages go, though somebody has to read them from the disk. */
  #evict(): void {
    while (this.#memoryBytes > this.#memoryBytesMax) {
      let largest: StreamLog | undefined;
      for (const log of this.#streams.values()) {
        if (log.windowFirst <= log.journalled && log.heldBytes > (largest?.heldBytes ?? 0)) largest = log;
      }
      if (largest === undefined) return;
      this.#dropOldest(largest);
    }
  }

  read(stream: string, options: ReadOptions): Reader {
    this.#check();
    if (!Number.isSafeInteger(options.fromSequence) || options.fromSequence < 1) {
      throw new RangeError(`${stream}: positions start at 1, not ${options.fromSequence}`);
    }
    const log = this.#stream(stream);
    const reader = new MemoryReader(log, this.#journal, options, {
      onAdvance: () => this.#release(log),
      onClose: (closed) => {
        this.#readers.delete(closed);
        log.readers.delete(closed);
        this.#release(log);
      },
    });
    this.#readers.add(reader);
    log.readers.add(reader);
    return reader;
  }

  async streamInfo(stream: string): Promise<StreamInfo> {
    this.#check();
    const log = this.#stream(stream);
    const { first, visible } = log;
    const bytes = log.journal?.head.bytes ?? log.bytes;
    return { firstSequence: first, lastSequence: visible, messages: visible - first + 1, bytes };
  }

  async trim(stream: string, sequence: number): Promise<void> {
    this.#check();
    const log = this.#stream(stream);
    const through = Math.min(sequence, log.visible);
    if (through < log.first) return;
    // At once: from the moment the journal starts to remove them nobody may look for them there.
    for (const dropped of log.trim(through)) {
      this.#forget(log, dropped);
      log.bytes -= dropped.payload.length;
    }
    if (this.#journal !== undefined && log.journal !== undefined) await this.#journal.trim(log.journal, through);
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.#messenger.request(subject, payload, timeoutMs);
  }

  respond(subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    return this.#messenger.respond(subject, queueGroup, handler);
  }

  async service(info: ServiceInfo): Promise<BusService> {
    this.#check();
    return new MemoryService(info, this.#messenger);
  }

  publish(subject: string, payload: Uint8Array): void {
    this.#messenger.publish(subject, payload);
  }

  subscribe(subject: string, handler: (payload: Uint8Array, subject: string) => void): Subscription {
    return this.#messenger.subscribe(subject, handler);
  }

  /** In one process a member that lives is one that has not left: the time to live is not needed. */
  async join(group: string, member: Member, _ttlMs: number): Promise<Membership> {
    this.#check();
    return this.#members.join(group, member);
  }

  async watchMembers(group: string): Promise<Membership> {
    this.#check();
    return this.#members.watch(group);
  }

  /** Ends a membership as if the member had died: for tests and simulations of take-over. */
  expireMember(group: string, id: string): void {
    this.#members.expire(group, id);
  }

  /** In one process a holder that lives is one that renews: the time to live is not needed. */
  async acquireLease(name: string, _ttlMs: number): Promise<Lease | undefined> {
    this.#check();
    return this.#leases.acquire(name);
  }

  /** Ends a lease as if its holder had not renewed it in time: for tests and simulations of take-over. */
  expireLease(name: string): void {
    this.#leases.expire(name);
  }

  async putSnapshot(snapshot: Snapshot): Promise<void> {
    this.#check();
    if (this.#journalSnapshots !== undefined) await this.#journalSnapshots.put(snapshot);
    else this.#snapshots.set(snapshot.name, { ...snapshot, data: snapshot.data.slice() });
  }

  async getSnapshot(name: string): Promise<Snapshot | undefined> {
    this.#check();
    return this.#journalSnapshots === undefined ? this.#snapshots.get(name) : this.#journalSnapshots.get(name);
  }

  /** None that it would survive. */
  problems(): readonly string[] {
    return [];
  }

  canStore(): boolean {
    return true;
  }

  lag(): readonly ReaderLag[] {
    const lags: ReaderLag[] = [];
    for (const { name, stream, position } of this.#readers) {
      if (name === undefined) continue;
      lags.push({ reader: name, stream: stream.name, position, lag: Math.max(0, stream.visible - position) });
    }
    return lags;
  }

  /** Rejects with StorageError when the journal had failed, or fails now. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#messenger.close();
    this.#leases.releaseAll();
    try {
      await this.#journal?.close();
    } finally {
      for (const reader of [...this.#readers]) reader.close();
      this.#lock?.release();
    }
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusClosedError('the bus is closed');
  }

  #stream(name: string): StreamLog {
    const log = this.#streams.get(name);
    if (log === undefined) throw new UnknownStreamError(`no such stream: ${name}`);
    return log;
  }
}

/** A journal that was just made is no good to anybody while a power cut may take its name: the file's, its folder's, and that one's. */
async function syncNames(dir: string): Promise<void> {
  const folder = resolve(dir);
  for (const one of [folder, dirname(folder), dirname(dirname(folder))]) await syncDir(one);
}
