// The log server of a simulation: the real memory bus with its journal on a simulated disk, and what a NATS server adds to
// it for clients on other machines: pulls, leases that expire, requests and notices between clients.
import {
  type AppendRequest,
  type BusMessage,
  type Lease,
  type Member,
  NoRespondersError,
  RequestError,
  type Snapshot,
  StorageError,
  type StreamInfo,
  TrimmedError,
  UnknownStreamError,
} from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { matchesFilter } from '../../src/bus/subjects.ts';
import type { Network } from './network.ts';
import type { Machine } from './scheduler.ts';
import type { SimDisk } from './simDisk.ts';

export interface PullReply {
  readonly messages: readonly BusMessage[];
  /** Everything up to here was looked at. */
  readonly through: number;
}

interface Pull {
  readonly from: number;
  readonly max: number;
  readonly wants: (subject: string) => boolean;
  readonly reply: (reply: PullReply) => void;
  /** False once the client is gone or asks anew. */
  readonly alive: () => boolean;
}

interface Stream {
  first: number;
  /** Persisted messages from `first` on. */
  readonly visible: BusMessage[];
  pulls: Pull[];
}

interface Held {
  readonly lease: Lease;
  readonly holder: string;
  expiresUs: number;
}

interface Present {
  readonly member: Member;
  readonly holder: string;
  readonly expiresUs: number;
}

export interface Interest {
  readonly id: number;
  readonly machine: Machine;
  readonly filter: string;
  readonly queueGroup: string | undefined;
  readonly deliver: (payload: Uint8Array, subject: string, answer: (answered: Answered) => void) => void;
}
export type Answered = { readonly ok: true; readonly payload: Uint8Array } | { readonly ok: false; readonly error: Error };

export interface ServerEvents {
  /** A message is persisted and readable; after a restart those that were there before come again. */
  visible(message: BusMessage): void;
  snapshot(snapshot: Snapshot): void;
  /** The disk failed: the server ends itself. */
  failed(error: Error): void;
}

export class SimServer {
  readonly machine: Machine;
  readonly #bus: MemoryBus;
  readonly #network: Network;
  readonly #events: ServerEvents;
  readonly #streams = new Map<string, Stream>();
  readonly #leases = new Map<string, Held>();
  readonly #groups = new Map<string, Map<string, Present>>();
  readonly #interests: Interest[] = [];
  #turn = 0;

  private constructor(machine: Machine, bus: MemoryBus, network: Network, events: ServerEvents) {
    this.machine = machine;
    this.#bus = bus;
    this.#network = network;
    this.#events = events;
  }

  /** Rejects with CorruptLogError when what the disk holds does not check out. */
  static async start(machine: Machine, disk: SimDisk, network: Network, events: ServerEvents): Promise<SimServer> {
    const bus = await MemoryBus.open({ journal: { dir: '', durability: 'always', intervalMs: 10, storage: disk.open(machine) } });
    return new SimServer(machine, bus, network, events);
  }

  async ensureStream(name: string, subjects: readonly string[]): Promise<void> {
    await this.#stored(this.#bus.ensureStream(name, subjects));
    if (this.#streams.has(name)) return;
    const { firstSequence } = await this.#bus.streamInfo(name);
    if (this.#streams.has(name)) return;
    const stream: Stream = { first: firstSequence, visible: [], pulls: [] };
    this.#streams.set(name, stream);
    void this.#tail(name, stream);
  }

  append(request: AppendRequest): Promise<number> {
    return this.#stored(this.#bus.append(request));
  }

  streamInfo(name: string): Promise<StreamInfo> {
    return this.#bus.streamInfo(name);
  }

  async trim(name: string, sequence: number): Promise<void> {
    await this.#stored(this.#bus.trim(name, sequence));
    const stream = this.#stream(name);
    const { firstSequence } = await this.#bus.streamInfo(name);
    stream.visible.splice(0, Math.max(0, firstSequence - stream.first));
    stream.first = firstSequence;
  }

  pull(name: string, pull: Pull): void {
    const stream = this.#stream(name);
    if (pull.from < stream.first)
      throw new TrimmedError(`${name}: position ${pull.from} was asked for, ${stream.first} is the oldest kept`);
    if (!this.#serve(stream, pull)) stream.pulls.push(pull);
  }

  async putSnapshot(snapshot: Snapshot): Promise<void> {
    await this.#stored(this.#bus.putSnapshot(snapshot));
    this.#events.snapshot(snapshot);
  }

  getSnapshot(name: string): ReturnType<MemoryBus['getSnapshot']> {
    return this.#bus.getSnapshot(name);
  }

  /** The epoch, or undefined while another holds it. Asking again with the same holder gives the same. */
  async acquireLease(name: string, holder: string, ttlMs: number): Promise<number | undefined> {
    const { nowUs } = this.machine.scheduler;
    const held = this.#leases.get(name);
    if (held?.holder === holder) {
      held.expiresUs = nowUs + ttlMs * 1000;
      return held.lease.epoch;
    }
    if (held !== undefined && held.expiresUs > nowUs) return undefined;
    if (held !== undefined) {
      this.#leases.delete(name);
      this.#bus.expireLease(name);
    }
    const lease = await this.#stored(this.#bus.acquireLease(name, ttlMs));
    if (lease === undefined) return undefined;
    this.#leases.set(name, { lease, holder, expiresUs: this.machine.scheduler.nowUs + ttlMs * 1000 });
    return lease.epoch;
  }

  /** False when another holds it, or nobody does. */
  renewLease(name: string, holder: string, ttlMs: number): boolean {
    const held = this.#leases.get(name);
    if (held?.holder !== holder) return false;
    held.expiresUs = this.machine.scheduler.nowUs + ttlMs * 1000;
    return true;
  }

  releaseLease(name: string, holder: string): void {
    const held = this.#leases.get(name);
    if (held?.holder !== holder) return;
    this.#leases.delete(name);
    void held.lease.release();
  }

  /** Members that said they are alive within their time to live, and this one, when there is one, as of now. */
  members(group: string, self?: { readonly member: Member; readonly holder: string; readonly ttlMs: number }): readonly Member[] {
    const { nowUs } = this.machine.scheduler;
    const members = this.#groups.get(group) ?? new Map<string, Present>();
    this.#groups.set(group, members);
    if (self !== undefined) members.set(self.member.id, { ...self, expiresUs: nowUs + self.ttlMs * 1000 });
    for (const [id, { expiresUs }] of members) if (expiresUs <= nowUs) members.delete(id);
    return [...members.values()].map(({ member }) => member);
  }

  leaveGroup(group: string, id: string, holder: string): void {
    const members = this.#groups.get(group);
    if (members?.get(id)?.holder === holder) members.delete(id);
  }

  expireLease(name: string): void {
    const held = this.#leases.get(name);
    if (held !== undefined) held.expiresUs = 0;
  }

  addInterest(interest: Interest): void {
    if (!this.#interests.some(({ id }) => id === interest.id)) this.#interests.push(interest);
  }

  removeInterest(id: number): void {
    const at = this.#interests.findIndex((interest) => interest.id === id);
    if (at >= 0) this.#interests.splice(at, 1);
  }

  /** Who listens, as far as the server knows: a machine that died is forgotten when its connection is found dead. */
  dropMachine(machine: Machine): void {
    for (const { id } of this.#interests.filter((interest) => interest.machine === machine)) this.removeInterest(id);
  }

  request(subject: string, payload: Uint8Array, answer: (answered: Answered) => void): void {
    const matching = this.#interests.filter(({ filter, queueGroup }) => queueGroup !== undefined && matchesFilter(filter, subject));
    if (matching.length === 0) {
      answer({ ok: false, error: new NoRespondersError(`nobody answers on ${subject}`) });
      return;
    }
    const groups = new Map<string, Interest[]>();
    for (const interest of matching) {
      const name = `${interest.filter} ${interest.queueGroup}`;
      const members = groups.get(name);
      if (members === undefined) groups.set(name, [interest]);
      else members.push(interest);
    }
    for (const members of groups.values()) {
      const member = members[this.#turn++ % members.length] as Interest;
      this.#network.stray(member.machine, () => member.deliver(payload, subject, answer));
    }
  }

  publish(subject: string, deliverTo: (interest: Interest) => void): void {
    for (const interest of this.#interests) {
      if (interest.queueGroup === undefined && matchesFilter(interest.filter, subject)) deliverTo(interest);
    }
  }

  lastVisible(name: string): number {
    const stream = this.#streams.get(name);
    return stream === undefined ? 0 : stream.first + stream.visible.length - 1;
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  /** A disk that failed ends the server: nobody is told anything by it any more. */
  #stored<T>(storing: Promise<T>): Promise<T> {
    return storing.catch((error: unknown) => {
      if (error instanceof StorageError) this.#events.failed(error);
      throw error;
    });
  }

  async #tail(name: string, stream: Stream): Promise<void> {
    const reader = this.#bus.read(name, { fromSequence: stream.first });
    for (;;) {
      const messages = await reader.next();
      if (messages.length === 0) return;
      for (const message of messages) {
        stream.visible.push(message);
        this.#events.visible(message);
      }
      const pulls = stream.pulls;
      stream.pulls = [];
      for (const pull of pulls) if (pull.alive() && !this.#serve(stream, pull)) stream.pulls.push(pull);
    }
  }

  /** False when there is nothing to say yet. */
  #serve(stream: Stream, { from, max, wants, reply }: Pull): boolean {
    const messages: BusMessage[] = [];
    let at = from - stream.first;
    for (; at < stream.visible.length && messages.length < max; at++) {
      const message = stream.visible[at] as BusMessage;
      if (wants(message.subject)) messages.push(message);
    }
    const through = stream.first + at - 1;
    if (through < from) return false;
    reply({ messages, through });
    return true;
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new UnknownStreamError(`no such stream: ${name}`);
    return stream;
  }
}

export function requestFailure(error: unknown): Error {
  return new RequestError(error instanceof Error ? error.message : String(error), { cause: error });
}
