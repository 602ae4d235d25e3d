// The log the stages exchange. One interface; memory/ and jetstream/ implement it; tests/conformance specifies it.
// Nothing here knows what a payload means.

export type Headers = Readonly<Record<string, string>>;

/**
 * The epoch of the writer's lease. An append whose epoch is below that of a message in the stream is refused, so that what a
 * writer had pipelined before it lost the stream can't land behind its successor's first message.
 */
export const EPOCH_HEADER = 'Sedax-Epoch';

/** A message on a stream: one atomic step of its writer. Readers treat every part of it as immutable. */
export interface BusMessage {
  readonly stream: string;
  /** Position in the stream: gapless, from 1. */
  readonly sequence: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly payload: Uint8Array;
  /**
   * The decoded payload, handed along when writer and reader share a process, so that nobody decodes what was just
   * encoded. Undefined after a restart and between processes: readers decode the payload then.
   */
  readonly decoded?: unknown;
}

export interface StreamInfo {
  /** Oldest position still readable; lastSequence + 1 when empty. */
  readonly firstSequence: number;
  /** Newest persisted position; 0 when nothing was ever appended. */
  readonly lastSequence: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface ReadOptions {
  /** First position wanted, >= 1; positions already trimmed are an error (TrimmedError), never skipped in silence. */
  readonly fromSequence: number;
  /** NATS-style subject filters ('spot.order.*.0.>'); absent = everything. */
  readonly filters?: readonly string[];
  /** Most messages per batch. @default 1024 */
  readonly maxBatch?: number;
  /** Named readers show in lag(). */
  readonly name?: string;
}

/**
 * An ordered reader: every message from fromSequence on that passes the filters, once, in order, persisted ones only.
 * Back pressure: nothing is fetched beyond what was asked for with next() plus a bounded read-ahead.
 */
export interface Reader {
  /** Waits for at least one message; an empty batch means the reader was closed. */
  next(): Promise<readonly BusMessage[]>;
  /** Last position handed out (or passed over by a filter). */
  readonly position: number;
  close(): void;
}

export interface AppendRequest {
  readonly stream: string;
  readonly subject: string;
  readonly headers: Headers;
  readonly payload: Uint8Array;
  /** The stream's last sequence as the writer knows it, its own appends in flight included. */
  readonly expectedLastSequence: number;
  readonly decoded?: unknown;
}

export type RequestHandler = (payload: Uint8Array, subject: string) => Promise<Uint8Array>;

export interface Subscription {
  close(): void;
}

/** How a stage instance presents itself to whoever lists the services (`nats micro ls|info|stats`). */
export interface ServiceInfo {
  /** Letters, digits, '-' and '_'; shared by the instances of a stage. */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface EndpointStats {
  readonly name: string;
  readonly subject: string;
  readonly queueGroup: string;
  /** Requests answered, those answered with an error among them. */
  readonly requests: number;
  readonly errors: number;
  /** '' = none yet. */
  readonly lastError: string;
  /** Time from the call of the handler to its answer, summed up over the requests. */
  readonly processingMs: number;
}

/** One instance of a service: endpoints that answer requests, counted. */
export interface BusService {
  /** Differs from that of every other instance. */
  readonly id: string;
  /**
   * Answers requests as Bus.respond does, and counts them. `name`: letters, digits, '-' and '_', unique in the service.
   * Closing the subscription takes the endpoint out of the service.
   */
  endpoint(name: string, subject: string, queueGroup: string, handler: RequestHandler): Subscription;
  stats(): readonly EndpointStats[];
  /** Closes the endpoints, and the service is no longer listed. */
  stop(): Promise<void>;
}

export interface Member {
  /** Letters, digits, '-' and '_'; unique in the group. */
  readonly id: string;
  readonly info: Readonly<Record<string, string>>;
}

/** Who is alive in a group, as far as this process knows. */
export interface Membership {
  /** In the order of their ids. */
  members(): readonly Member[];
  /** Tells of members that come, go or change their info. */
  onChange(listener: (members: readonly Member[]) => void): () => void;
  /** The others learn of it at once. A mere watcher stops watching. */
  leave(): Promise<void>;
}

export interface Lease {
  readonly name: string;
  /** Grows by one with every holder: a fencing token to write into the log. */
  readonly epoch: number;
  /** Resolves when the lease is gone (expired, taken, released); the holder must stop writing. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

export interface Snapshot {
  readonly name: string;
  /** What the writer wants back with it: positions, schema version, state hash. */
  readonly meta: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
}

export interface ReaderLag {
  readonly reader: string;
  readonly stream: string;
  readonly position: number;
  readonly lag: number;
}

export interface Bus {
  /**
   * Appends to one stream that travel at the same time; what is appended beyond them waits for these. A writer does well to
   * put what would wait into one larger message. Absent: as many as there are.
   */
  readonly appendsAtOnce?: number;
  /** Creates the stream when it is absent. Idempotent. */
  ensureStream(stream: string, subjects: readonly string[]): Promise<void>;
  /**
   * Appends one message; resolves with its sequence once it is persisted (durable as configured, replicated where
   * replicas > 1). Calls may be pipelined: they take effect in the order of the calls, and after one fails those behind
   * it fail too. Rejects with WrongLastSequenceError, AppendTimeoutError (outcome unknown: read the tail), OverloadedError.
   */
  append(request: AppendRequest): Promise<number>;
  read(stream: string, options: ReadOptions): Reader;
  streamInfo(stream: string): Promise<StreamInfo>;
  /** Removes messages up to and including `sequence`; only past what snapshots and every consumer have taken. */
  trim(stream: string, sequence: number): Promise<void>;
  /** Asks whoever responds on the subject. Rejects with NoRespondersError at once, RequestTimeoutError after timeoutMs. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Answers requests; members of one queue group share them. A handler that throws answers with the error (RequestError). */
  respond(subject: string, queueGroup: string, handler: RequestHandler): Subscription;
  /** An instance of a service that shows to operators, with its endpoints. */
  service(info: ServiceInfo): Promise<BusService>;
  /** Fire and forget, to whoever listens now. */
  publish(subject: string, payload: Uint8Array): void;
  subscribe(subject: string, handler: (payload: Uint8Array, subject: string) => void): Subscription;
  /**
   * Joins a group; resolves when the members that were there before, and the new one, are known. A member that dies without a
   * word is missed by the others after ttlMs and a little.
   */
  join(group: string, member: Member, ttlMs: number): Promise<Membership>;
  /** Sees who is in a group without being in it. */
  watchMembers(group: string): Promise<Membership>;
  /** Takes the lease, or resolves with undefined while another holds it. Renewed until released or lost. */
  acquireLease(name: string, ttlMs: number): Promise<Lease | undefined>;
  /** Replaces the snapshot of that name, atomically. */
  putSnapshot(snapshot: Snapshot): Promise<void>;
  getSnapshot(name: string): Promise<Snapshot | undefined>;
  /** Positions of the named readers of this process. */
  lag(): readonly ReaderLag[];
  /** What is known to be wrong with the servers of the log or the way to them, a line each without addresses; none = nothing. */
  problems(): readonly string[];
  /** False while the servers are known to be too few to take anything. */
  canStore(): boolean;
  /** Settles what is in flight, flushes, releases leases. */
  close(): Promise<void>;
}

/** Another writer exists (or this one is behind): give up the partition and recover from the log. */
export class WrongLastSequenceError extends Error {
  override name = 'WrongLastSequenceError';
  readonly stream: string;
  readonly expected: number;
  readonly actual: number;
  constructor(stream: string, expected: number, actual: number) {
    super(`${stream}: expected last sequence ${expected}, the stream is at ${actual}`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The writer's epoch is over: somebody took the stream after it. */
export class FencedError extends WrongLastSequenceError {
  override name = 'FencedError';
  constructor(stream: string, expected: number, actual: number, epoch: number, current: number) {
    super(stream, expected, actual);
    this.message = `${stream}: epoch ${epoch} is over, epoch ${current} writes at ${actual}`;
  }
}

/** The outcome of an append is unknown: read the stream's tail and decide from it. */
export class AppendTimeoutError extends Error {
  override name = 'AppendTimeoutError';
}

/** Bounded queues are full: shed load at the door and try again later. */
export class OverloadedError extends Error {
  override name = 'OverloadedError';
}

/** A read asked for positions that retention removed. */
export class TrimmedError extends Error {
  override name = 'TrimmedError';
}

/** Nobody answers on that subject: the owner is gone or not yet there. */
export class NoRespondersError extends Error {
  override name = 'NoRespondersError';
}

export class RequestTimeoutError extends Error {
  override name = 'RequestTimeoutError';
}

/** The responder's handler failed; the message is its own. */
export class RequestError extends Error {
  override name = 'RequestError';
}

/** The storage failed (disk full, I/O error, failed fsync): nothing more may be acknowledged. */
export class StorageError extends Error {
  override name = 'StorageError';
}

/** What is stored does not check out: named with its position, never skipped. */
export class CorruptLogError extends Error {
  override name = 'CorruptLogError';
}

/** No such stream, or it does not hold that subject: ensureStream comes first. */
export class UnknownStreamError extends Error {
  override name = 'UnknownStreamError';
}

export class BusClosedError extends Error {
  override name = 'BusClosedError';
}
