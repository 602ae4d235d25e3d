// The log on NATS JetStream: streams for the log, core NATS for requests and notices, KV for leases, the object store for
// snapshots. Persisted means: acknowledged by the stream's leader after its replicas have it. nats.md of docs/ says what the
// server must be told for that to survive a power failure.
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { errors, type Msg, type NatsConnection } from '@nats-io/transport-node';
import {
  type AppendRequest,
  type Bus,
  BusClosedError,
  type BusService,
  type Lease,
  type Member,
  type Membership,
  OverloadedError,
  type Reader,
  type ReaderLag,
  type ReadOptions,
  RequestError,
  type RequestHandler,
  type ServiceInfo,
  type Snapshot,
  type StreamInfo,
  type Subscription,
  UnknownStreamError,
} from '../bus.ts';
import { matchesFilter } from '../subjects.ts';
import { answerRequest, failureOf } from './answer.ts';
import { Appender } from './appender.ts';
import { ApiCode, apiCode, busError, type ConnectionOptions, openConnection } from './connection.ts';
import { JetStreamLeases } from './jetStreamLeases.ts';
import { JetStreamMembers } from './jetStreamMembers.ts';
import { JetStreamReader } from './jetStreamReader.ts';
import { JetStreamService } from './jetStreamService.ts';
import { JetStreamSnapshots } from './jetStreamSnapshots.ts';
import { OwnAppends } from './ownAppends.ts';
import { Requests } from './requests.ts';
import { checkServers, type Finding, type ServerCheckOptions } from './serverChecks.ts';
import { ServerWatch, type ServerWatchOptions } from './serverWatch.ts';
import { checkBucket, ensureStream, unknownStream } from './streams.ts';

export interface JetStreamBusOptions extends ConnectionOptions {
  /** Copies of every stream, of the leases and of the snapshots. */
  readonly replicas: number;
  /** @default 'file' */
  readonly storage?: 'file' | 'memory';
  /** Appended and not yet acknowledged; beyond it appends are refused with OverloadedError. @default 64 MB */
  readonly inFlightBytesMax?: number;
  /** Time for one attempt to append to be acknowledged. @default 2000 */
  readonly ackTimeoutMs?: number;
  /** Time to find out what became of an append, new attempts included; then AppendTimeoutError. @default 20000 */
  readonly resolveTimeoutMs?: number;
}

const IN_FLIGHT_BYTES = 64 * 2 ** 20;
const ACK_TIMEOUT_MS = 2000;
/** The server elects a new leader of a stream within 4 to 9 s. */
const RESOLVE_TIMEOUT_MS = 20_000;
const API_TIMEOUT_MS = 2000;
/** What the bus and the server add to a message's headers, roughly. */
const HEADER_BYTES = 300;
/** Atomic batches came with 2.12. */
const ATOMIC_SINCE = [2, 12] as const;

interface KnownStream {
  readonly subjects: readonly string[];
  readonly held: Map<string, boolean>;
  readonly appender: Appender;
  readonly own: OwnAppends;
}

export class JetStreamBus implements Bus {
  readonly appendsAtOnce = 1;
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #requests: Requests;
  readonly #options: JetStreamBusOptions;
  readonly #atomic: boolean;
  readonly #leases: JetStreamLeases;
  readonly #members: JetStreamMembers;
  readonly #snapshots: JetStreamSnapshots;
  readonly #streams = new Map<string, KnownStream>();
  readonly #readers = new Set<JetStreamReader>();
  #inFlightBytes = 0;
  #connected = true;
  #watch: ServerWatch | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    options: JetStreamBusOptions,
    connection: NatsConnection,
    manager: JetStreamManager,
    leases: JetStreamLeases,
    members: JetStreamMembers,
    snapshots: JetStreamSnapshots,
  ) {
    this.#options = options;
    this.#connection = connection;
    this.#manager = manager;
    this.#requests = new Requests(connection);
    this.#leases = leases;
    this.#members = members;
    this.#snapshots = snapshots;
    this.#atomic = isAtLeast(connection.info?.version ?? '', ATOMIC_SINCE);
    void this.#watchConnection();
  }

  static async connect(options: JetStreamBusOptions): Promise<JetStreamBus> {
    const connection = await openConnection(options);
    try {
      const client: JetStreamClient = jetstream(connection);
      // An API call to a stream without a leader is not answered: short, since it is asked again.
      const manager = await jetstreamManager(connection, { timeout: API_TIMEOUT_MS });
      const leases = await JetStreamLeases.open(connection, client, options.replicas);
      const members = await JetStreamMembers.open(connection, client, options.replicas);
      const snapshots = await JetStreamSnapshots.open(client, options.replicas, options.storage ?? 'file');
      for (const bucket of ['KV_sedax_leases', 'KV_sedax_members', 'OBJ_sedax_snapshots']) {
        await checkBucket(manager, bucket, options.replicas);
      }
      return new JetStreamBus(options, connection, manager, leases, members, snapshots);
    } catch (error) {
      await connection.close();
      throw busError(error, 'JetStream');
    }
  }

  /** The connection itself, for what is not a bus: monitoring and the services' endpoints. */
  get connection(): NatsConnection {
    return this.#connection;
  }

  /** Looks at the servers now and then: problems() counts those that are not well, `onChange` is told what they say. */
  watchServers(options: Pick<ServerWatchOptions, 'urls' | 'onChange'>): void {
    this.#check();
    this.#watch?.stop();
    this.#watch = new ServerWatch(options);
  }

  /** Holds the servers against what the log needs; for the start. */
  checkServers(options: Pick<ServerCheckOptions, 'monitoringUrls' | 'clockSkewMaxMs' | 'streams'>): Promise<readonly Finding[]> {
    const { replicas, storage = 'file' } = this.#options;
    return checkServers(this.#connection, this.#manager, { replicas, storage, ...options });
  }

  async ensureStream(stream: string, subjects: readonly string[]): Promise<void> {
    this.#check();
    const { replicas, storage = 'file' } = this.#options;
    await ensureStream(this.#manager, stream, subjects, { replicas, storage, atomic: this.#atomic });
    if (this.#streams.has(stream)) return;
    const own = new OwnAppends();
    const options = {
      atomic: this.#atomic,
      ackTimeoutMs: this.#options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
      resolveTimeoutMs: this.#options.resolveTimeoutMs ?? RESOLVE_TIMEOUT_MS,
      own: () => (this.#isRead(stream) ? own : undefined),
    };
    const appender = new Appender(stream, this.#connection, this.#manager, this.#requests, options, (bytes) => {
      this.#inFlightBytes -= bytes;
    });
    this.#streams.set(stream, { subjects: [...subjects], held: new Map(), appender, own });
  }

  append(request: AppendRequest): Promise<number> {
    try {
      this.#check();
      const known = this.#streams.get(request.stream);
      if (known === undefined) throw unknownStream(request.stream);
      if (!holds(known, request.subject)) {
        throw new UnknownStreamError(`${request.stream} does not hold ${request.subject.slice(0, 200)}`);
      }
      const bytes = this.#reserve(request);
      return known.appender.append(request, bytes);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #reserve({ stream, payload, headers: from }: AppendRequest): number {
    let bytes = payload.length + HEADER_BYTES;
    for (const name in from) bytes += name.length + from[name]!.length * 3 + 4;
    const most = this.#connection.info?.max_payload ?? Number.MAX_SAFE_INTEGER;
    if (bytes > most) {
      throw new RangeError(`${stream}: a message of ${bytes} bytes, the server takes ${most}: raise its max_payload`);
    }
    const inFlightBytesMax = this.#options.inFlightBytesMax ?? IN_FLIGHT_BYTES;
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > inFlightBytesMax) {
      throw new OverloadedError(`${stream}: ${this.#inFlightBytes} bytes wait for JetStream`);
    }
    this.#inFlightBytes += bytes;
    return bytes;
  }

  read(stream: string, options: ReadOptions): Reader {
    this.#check();
    if (!Number.isSafeInteger(options.fromSequence) || options.fromSequence < 1) {
      throw new RangeError(`${stream}: positions start at 1, not ${options.fromSequence}`);
    }
    const reader = new JetStreamReader(this.#connection, this.#manager, stream, options, {
      closed: (closed) => this.#readers.delete(closed),
      own: () => this.#streams.get(stream)?.own,
      passed: () => this.#forgetOwn(stream),
    });
    this.#readers.add(reader);
    return reader;
  }

  #isRead(stream: string): boolean {
    for (const reader of this.#readers) if (reader.stream === stream) return true;
    return false;
  }

  #forgetOwn(stream: string): void {
    const own = this.#streams.get(stream)?.own;
    if (own === undefined) return;
    let passed = Number.POSITIVE_INFINITY;
    for (const reader of this.#readers) if (reader.stream === stream) passed = Math.min(passed, reader.position);
    own.forget(passed);
  }

  async streamInfo(stream: string): Promise<StreamInfo> {
    this.#check();
    try {
      const { state } = await this.#manager.streams.info(stream);
      const { first_seq, last_seq, messages, bytes } = state;
      return { firstSequence: messages === 0 ? last_seq + 1 : first_seq, lastSequence: last_seq, messages, bytes };
    } catch (error) {
      throw apiCode(error) === ApiCode.STREAM_NOT_FOUND ? unknownStream(stream, error) : busError(error, stream);
    }
  }

  async trim(stream: string, sequence: number): Promise<void> {
    const { lastSequence } = await this.streamInfo(stream);
    if (sequence < 1 || lastSequence === 0) return;
    try {
      await this.#manager.streams.purge(stream, { seq: Math.min(sequence, lastSequence) + 1 });
    } catch (error) {
      throw busError(error, stream);
    }
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#check();
    let reply: Msg;
    try {
      reply = await this.#requests.send(subject, payload, { timeoutMs });
    } catch (error) {
      throw busError(error, subject);
    }
    const failure = failureOf(reply);
    if (failure !== undefined) throw new RequestError(failure);
    return reply.data;
  }

  respond(subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    this.#check();
    const subscription = this.#connection.subscribe(subject, {
      queue: queueGroup,
      callback: (error, message) => {
        if (error === null) void answerRequest(handler, message);
      },
    });
    return { close: () => subscription.unsubscribe() };
  }

  async service(info: ServiceInfo): Promise<BusService> {
    this.#check();
    return new JetStreamService(info, this.#connection, (...endpoint) => this.respond(...endpoint));
  }

  publish(subject: string, payload: Uint8Array): void {
    this.#check();
    this.#connection.publish(subject, payload);
  }

  subscribe(subject: string, handler: (payload: Uint8Array, subject: string) => void): Subscription {
    this.#check();
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) handler(message.data, message.subject);
      },
    });
    return { close: () => subscription.unsubscribe() };
  }

  async join(group: string, member: Member, ttlMs: number): Promise<Membership> {
    this.#check();
    return this.#members.join(group, member, ttlMs);
  }

  async watchMembers(group: string): Promise<Membership> {
    this.#check();
    return this.#members.watch(group);
  }

  async acquireLease(name: string, ttlMs: number): Promise<Lease | undefined> {
    this.#check();
    return this.#leases.acquire(name, ttlMs);
  }

  async putSnapshot(snapshot: Snapshot): Promise<void> {
    this.#check();
    await this.#snapshots.put(snapshot);
  }

  async getSnapshot(name: string): Promise<Snapshot | undefined> {
    this.#check();
    return this.#snapshots.get(name);
  }

  lag(): readonly ReaderLag[] {
    const lags: ReaderLag[] = [];
    for (const { name, stream, position, lag } of this.#readers) {
      if (name !== undefined) lags.push({ reader: name, stream, position, lag });
    }
    return lags;
  }

  problems(): readonly string[] {
    const { unwell = 0, size = 0 } = this.#watch ?? {};
    return [
      ...(this.#connected ? [] : ['no connection to NATS']),
      ...(unwell === 0 ? [] : [`${unwell} of ${size} nats-servers not well: the log of this process says why`]),
    ];
  }

  canStore(): boolean {
    const { unwell = 0, size = 0 } = this.#watch ?? {};
    return this.#connected && (unwell === 0 || unwell * 2 < size);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch?.stop();
    await Promise.all([...this.#streams.values()].map(({ appender }) => appender.whenIdle()));
    for (const reader of [...this.#readers]) reader.close();
    await Promise.all([this.#leases.close(), this.#members.close()]);
    // Sends what is buffered and lets handlers finish.
    if (!this.#connection.isClosed()) await this.#connection.drain();
  }

  /** Drops the connection and everything with it, as the death of the process would: for tests of take-over. */
  async abort(): Promise<void> {
    this.#closing ??= Promise.resolve();
    this.#watch?.stop();
    this.#leases.abandon();
    this.#members.abandon();
    for (const reader of [...this.#readers]) reader.close();
    await this.#connection.close();
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect') {
        this.#connected = status.type === 'reconnect';
        this.#members.disturbed();
      }
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
        if (status.error.operation === 'publish') this.#requests.denied(status.error.subject, status.error);
      }
      if (status.type === 'reconnect') for (const reader of this.#readers) reader.reconnected();
    }
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusClosedError('the bus is closed');
  }
}

function holds({ subjects, held }: KnownStream, subject: string): boolean {
  let known = held.get(subject);
  if (known === undefined) {
    known = subjects.some((filter) => matchesFilter(filter, subject));
    if (held.size > 100_000) held.clear();
    held.set(subject, known);
  }
  return known;
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}
