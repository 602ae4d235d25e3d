// The bus of one simulated machine: everything goes over a connection that can be slow, cut and made again to a server that
// can be down. What JetStream promises is kept, what it does not promise is drawn.
import {
  type AppendRequest,
  AppendTimeoutError,
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
  type RequestHandler,
  RequestTimeoutError,
  type ServiceInfo,
  type Snapshot,
  type StreamInfo,
  type Subscription,
} from '../../src/bus/bus.ts';
import { checkName, checkService, Endpoints } from '../../src/bus/endpoints.ts';
import { Line, type Network, Order } from './network.ts';
import type { Machine } from './scheduler.ts';
import { SimLease } from './simLease.ts';
import { SimMembership } from './simMembership.ts';
import { SimReader } from './simReader.ts';
import { type Answered, type Interest, requestFailure, type SimServer } from './simServer.ts';

export interface SimBusOptions {
  readonly machine: Machine;
  readonly network: Network;
  /** The server that runs now, if one does. */
  readonly server: () => SimServer | undefined;
  /** An append that is not acknowledged for so long has an unknown outcome. */
  readonly appendTimeoutMs: number;
  readonly inFlightBytesMax?: number;
}

/** A question that was not answered for so long is asked again. */
const ASK_AGAIN_US = 250_000;
/** A cut connection is noticed and made again within this. */
const RECONNECT_US = 20_000;
const IN_FLIGHT_BYTES = 64 * 2 ** 20;

interface InFlight {
  readonly stream: string;
  readonly bytes: number;
  /** What the server said, until it is this one's turn: answers are told in the order of the calls. */
  answer: number | Error | undefined;
  readonly settle: (result: number | Error) => void;
}

let interestIds = 0;

export class SimBus implements Bus {
  readonly machine: Machine;
  readonly #options: SimBusOptions;
  readonly #network: Network;
  #line: Line;
  readonly #inFlight = new Set<InFlight>();
  readonly #asking = new Set<{ readonly again: () => void; readonly fail: (error: Error) => void }>();
  readonly #interests = new Map<number, Interest>();
  readonly #readers = new Set<SimReader>();
  readonly #leases = new Set<SimLease>();
  readonly #memberships = new Map<string, SimMembership>();
  readonly #noticeOrder = new Order();
  #inFlightBytes = 0;
  #holders = 0;
  #idle: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(options: SimBusOptions) {
    this.#options = options;
    this.machine = options.machine;
    this.#network = options.network;
    this.#line = new Line(options.network);
  }

  get server(): SimServer | undefined {
    return this.#options.server();
  }

  /** Everything on its way is lost; noticed a little later. */
  cut(): void {
    this.#line.cut();
    this.machine.after(1 + this.#network.random.below(RECONNECT_US), () => this.reconnect());
  }

  /** Nothing gets through for so long, then everything does. */
  hold(us: number): void {
    this.#line.hold(this.machine.scheduler.nowUs + us);
  }

  /** The old connection is given up for a new one: what was in flight has an unknown outcome. */
  reconnect(): void {
    this.#line.cut();
    this.#line = new Line(this.#network);
    for (const { settle } of [...this.#inFlight]) settle(new AppendTimeoutError('the connection was lost before the answer came'));
    for (const interest of this.#interests.values()) this.#tell((server) => server.addInterest(interest));
    for (const { again } of [...this.#asking]) again();
    for (const reader of this.#readers) reader.pullAgain();
  }

  ensureStream(stream: string, subjects: readonly string[]): Promise<void> {
    return this.#ask((server) => server.ensureStream(stream, subjects));
  }

  append(request: AppendRequest): Promise<number> {
    if (this.#closing !== undefined) return Promise.reject(new BusClosedError('the bus is closed'));
    const { stream } = request;
    const bytes = request.payload.length;
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > (this.#options.inFlightBytesMax ?? IN_FLIGHT_BYTES))
      return Promise.reject(new OverloadedError(`${stream}: ${this.#inFlightBytes} bytes wait for the server`));
    this.#inFlightBytes += bytes;
    const { decoded: _decoded, ...sent } = { ...request, headers: { ...request.headers }, payload: request.payload.slice() };
    return new Promise<number>((resolve, reject) => {
      const timer = this.machine.after(this.#options.appendTimeoutMs * 1000, () => {
        entry.settle(new AppendTimeoutError(`${stream}: no acknowledgement within ${this.#options.appendTimeoutMs} ms`));
      });
      const entry: InFlight = {
        stream,
        bytes,
        answer: undefined,
        settle: (result) => {
          if (!this.#inFlight.delete(entry)) return;
          timer.cancelled = true;
          this.#inFlightBytes -= bytes;
          if (typeof result === 'number') resolve(result);
          else {
            reject(result);
            this.#failBehind(stream, result);
          }
          if (this.#inFlight.size === 0) for (const resume of this.#idle.splice(0)) resume();
        },
      };
      this.#inFlight.add(entry);
      const line = this.#line;
      this.#send(line, (server) => {
        const lost = this.#network.random.chance(this.#network.faults.lostAck);
        const acknowledge = (result: number | Error): void => {
          if (!lost || typeof result !== 'number') line.back(server.machine, this.machine, () => this.#answered(entry, result));
        };
        server.append(sent).then(acknowledge, acknowledge);
      });
    });
  }

  read(stream: string, options: ReadOptions): Reader {
    this.#check();
    if (!Number.isSafeInteger(options.fromSequence) || options.fromSequence < 1)
      throw new RangeError(`${stream}: positions start at 1, not ${options.fromSequence}`);
    const reader = new SimReader(stream, options, {
      send: (run) => {
        const line = this.#line;
        this.#send(line, (server) => run(server, (deliver) => line.back(server.machine, this.machine, deliver)));
      },
      after: (us, run) => this.machine.after(us, run),
      closed: (closed) => void this.#readers.delete(closed),
    });
    this.#readers.add(reader);
    return reader;
  }

  streamInfo(stream: string): Promise<StreamInfo> {
    return this.#ask((server) => server.streamInfo(stream));
  }

  trim(stream: string, sequence: number): Promise<void> {
    return this.#ask((server) => server.trim(stream, sequence));
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    if (this.#closing !== undefined) return Promise.reject(new BusClosedError('the bus is closed'));
    return new Promise((resolve, reject) => {
      let over = false;
      const finish = (settle: () => void): void => {
        if (over) return;
        over = true;
        timer.cancelled = true;
        this.#asking.delete(entry);
        settle();
      };
      const entry = { again: () => undefined, fail: (error: Error) => finish(() => reject(error)) };
      const timer = this.machine.after(timeoutMs * 1000, () =>
        entry.fail(new RequestTimeoutError(`no answer on ${subject} within ${timeoutMs} ms`)),
      );
      this.#asking.add(entry);
      const answered = (answer: Answered): void =>
        this.#network.stray(this.machine, () => finish(() => (answer.ok ? resolve(answer.payload) : reject(answer.error))));
      const { server } = this;
      if (server === undefined || this.#line.isCut) return;
      this.#network.stray(server.machine, () => server.request(subject, payload, answered));
    });
  }

  respond(subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    return this.#listen(subject, queueGroup, (payload, asked, answer) => {
      void undefinedFirst()
        .then(() => handler(payload, asked))
        .then(
          (reply) => answer({ ok: true, payload: reply }),
          (error: unknown) => answer({ ok: false, error: requestFailure(error) }),
        );
    });
  }

  async service(info: ServiceInfo): Promise<BusService> {
    this.#check();
    checkService(info);
    const endpoints = new Endpoints((subject, queueGroup, handler) => this.respond(subject, queueGroup, handler));
    return {
      id: `${this.machine.name}#${++this.#holders}`,
      endpoint: (name, subject, queueGroup, handler) => endpoints.add(name, subject, queueGroup, handler),
      stats: () => endpoints.stats(),
      stop: async () => endpoints.stop(),
    };
  }

  async join(group: string, member: Member, ttlMs: number): Promise<Membership> {
    checkName(group);
    checkName(member.id);
    const holder = `${this.machine.name}#${++this.#holders}`;
    const self = { member: { id: member.id, info: { ...member.info } }, holder, ttlMs };
    const look = async (server: SimServer): Promise<readonly Member[]> => server.members(group, self);
    const leave = (): Promise<void> => this.#ask(async (server) => server.leaveGroup(group, member.id, holder));
    const membership = this.#member(await this.#ask(look), look, leave, ttlMs);
    this.#memberships.set(`${group} ${member.id}`, membership);
    return membership;
  }

  async watchMembers(group: string): Promise<Membership> {
    checkName(group);
    const look = async (server: SimServer): Promise<readonly Member[]> => server.members(group);
    return this.#member(await this.#ask(look), look, async () => undefined, Number.POSITIVE_INFINITY);
  }

  /** For tests: the member is not renewed, as if its process had died. */
  neglectMember(group: string, id: string): void {
    this.#memberships.get(`${group} ${id}`)?.neglect();
  }

  #member(
    members: readonly Member[],
    look: (server: SimServer) => Promise<readonly Member[]>,
    leave: () => Promise<void>,
    ttlMs: number,
  ): SimMembership {
    const calls = {
      look: (reply: (members: readonly Member[]) => void) => {
        const line = this.#line;
        this.#send(line, (server) => {
          void look(server).then((list) => line.back(server.machine, this.machine, () => reply(list)));
        });
      },
      leave,
    };
    return new SimMembership(this.machine, calls, members, ttlMs);
  }

  publish(subject: string, payload: Uint8Array): void {
    this.#check();
    this.#send(this.#line, (server) =>
      server.publish(subject, (interest) =>
        this.#network.stray(interest.machine, () => interest.deliver(payload, subject, () => undefined), this.#noticeOrder),
      ),
    );
  }

  subscribe(subject: string, handler: (payload: Uint8Array, subject: string) => void): Subscription {
    return this.#listen(subject, undefined, handler);
  }

  async acquireLease(name: string, ttlMs: number): Promise<Lease | undefined> {
    const holder = `${this.machine.name}#${++this.#holders}`;
    const askedUs = this.machine.scheduler.nowUs;
    const epoch = await this.#ask((server) => server.acquireLease(name, holder, ttlMs));
    if (epoch === undefined) return undefined;
    const lease = new SimLease(
      { name, epoch, holder, ttlMs, askedUs, machine: this.machine },
      {
        renew: (reply) => {
          const line = this.#line;
          this.#send(line, (server) => {
            const held = server.renewLease(name, holder, ttlMs);
            line.back(server.machine, this.machine, () => reply(held));
          });
        },
        release: () => this.#tell((server) => server.releaseLease(name, holder)),
        over: () => void this.#leases.delete(lease),
      },
    );
    this.#leases.add(lease);
    return lease;
  }

  /** For tests: the holder stops renewing, as if it had died. */
  neglectLease(name: string): void {
    for (const lease of this.#leases) if (lease.name === name) lease.neglect();
  }

  putSnapshot(snapshot: Snapshot): Promise<void> {
    const copy = { ...snapshot, data: snapshot.data.slice() };
    return this.#ask((server) => server.putSnapshot(copy));
  }

  getSnapshot(name: string): Promise<Snapshot | undefined> {
    return this.#ask((server) => server.getSnapshot(name));
  }

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
      lags.push({ reader: name, stream, position, lag: Math.max(0, (this.server?.lastVisible(stream) ?? 0) - position) });
    }
    return lags;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const { fail } of [...this.#asking]) fail(new BusClosedError('the bus was closed before the answer came'));
    for (const id of [...this.#interests.keys()]) this.#forget(id);
    for (const membership of this.#memberships.values()) membership.neglect();
    for (const lease of [...this.#leases]) await lease.release();
    if (this.#inFlight.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const reader of [...this.#readers]) reader.close();
  }

  #answered(entry: InFlight, answer: number | Error): void {
    entry.answer = answer;
    for (const waiting of [...this.#inFlight]) {
      if (waiting.stream !== entry.stream) continue;
      if (waiting.answer === undefined) return;
      waiting.settle(waiting.answer);
    }
  }

  /** After one fails those behind it fail too: whatever the server makes of them, this client never learns it. */
  #failBehind(stream: string, error: Error): void {
    for (const entry of [...this.#inFlight]) if (entry.stream === stream) entry.settle(error);
  }

  #check(): void {
    if (this.#closing !== undefined) throw new BusClosedError('the bus is closed');
  }

  #listen(filter: string, queueGroup: string | undefined, deliver: Interest['deliver']): Subscription {
    this.#check();
    const id = ++interestIds;
    const interest: Interest = {
      id,
      machine: this.machine,
      filter,
      queueGroup,
      deliver: (payload, subject, answer) => {
        if (this.#interests.has(id)) deliver(payload, subject, answer);
      },
    };
    this.#interests.set(id, interest);
    this.#tell((server) => server.addInterest(interest));
    return { close: () => this.#forget(id) };
  }

  #forget(id: number): void {
    this.#interests.delete(id);
    this.#tell((server) => server.removeInterest(id));
  }

  /** Asks until there is an answer: only for what may be asked twice. */
  #ask<T>(question: (server: SimServer) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new BusClosedError('the bus is closed'));
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const finish = (settle: () => void): void => {
        if (over) return;
        over = true;
        this.#asking.delete(entry);
        settle();
      };
      const entry = {
        again: () => {
          if (over) return;
          const line = this.#line;
          this.#send(line, (server) => {
            void undefinedFirst()
              .then(() => question(server))
              .then(
                (answer) => line.back(server.machine, this.machine, () => finish(() => resolve(answer))),
                (error: unknown) => line.back(server.machine, this.machine, () => finish(() => reject(error as Error))),
              );
          });
        },
        fail: (error: Error) => finish(() => reject(error)),
      };
      const retry = (): void => {
        if (over) return;
        entry.again();
        this.machine.after(ASK_AGAIN_US, retry);
      };
      this.#asking.add(entry);
      retry();
    });
  }

  #tell(what: (server: SimServer) => void): void {
    this.#send(this.#line, what);
  }

  /** Lost when the server is down, as a connection to nowhere is. */
  #send(line: Line, run: (server: SimServer) => void): void {
    const { server } = this;
    if (server !== undefined) line.there(this.machine, server.machine, () => run(server));
  }
}

const undefinedFirst = (): Promise<void> => Promise.resolve();
