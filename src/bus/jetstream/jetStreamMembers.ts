// Groups of live members in a KV bucket: every member writes its entry anew four times in its time to live, everybody watches.
// A member is gone when it says so, or when its entry has stood still for longer than its time to live, by the watcher's own
// monotonic clock: clocks of different machines are never compared. Silence of the bucket itself (no connection, no leader,
// this process paused) is not silence of a member: before anybody is missed, the leader of the bucket is asked for the entry.
import type { JetStreamClient } from '@nats-io/jetstream';
import { type KV, Kvm, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection, QueuedIterator } from '@nats-io/transport-node';
import type { Member, Membership } from '../bus.ts';
import { checkName } from '../endpoints.ts';
import { MemberList } from '../memberList.ts';
import { busError } from './connection.ts';
import { whileItPasses } from './creating.ts';

const BUCKET = 'sedax_members';
/** Entries of the dead are kept so long: well beyond any time to live. */
const KEPT_MS = 60_000;
/** Patience for what was in the group before. */
const INITIAL_MS = 2000;
const REWATCH_MS = 200;
const CHECK_MIN_MS = 25;
const TTL_DEFAULT_MS = 2000;
/** Silence, in times to live, beyond which slow answers excuse nobody. */
const SLOW_TTLS = 10;

interface Seen {
  readonly revision: number;
  readonly ttlMs: number;
  /** When this revision was first seen here, by this process's monotonic clock. */
  readonly atMs: number;
}

interface Entry {
  readonly info: Readonly<Record<string, string>>;
  readonly ttlMs: number;
}

/** What this process knows of one group. Lives as long as one of its memberships. */
class Group {
  readonly name: string;
  readonly list = new MemberList();
  readonly #kv: KV;
  readonly #seen = new Map<string, Seen>();
  readonly #gone = new Map<string, number>();
  #entries: QueuedIterator<KvWatchEntry> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checkedMs = performance.now();
  #checking = false;
  /** Before this nobody is missed. */
  #graceMs = 0;
  #stopped = false;
  users = 0;

  constructor(name: string, kv: KV) {
    this.name = name;
    this.#kv = kv;
  }

  /** Resolves when everybody who was there is known. */
  async start(): Promise<void> {
    this.#entries = await this.#kv.watch({ key: `${this.name}.*` });
    void this.#watch(this.#entries);
    this.#checkLater();
    const missing = new Set<string>();
    for await (const key of await this.#kv.keys(`${this.name}.*`)) missing.add(this.#idOf(key));
    const deadline = performance.now() + INITIAL_MS;
    for (const id of missing) {
      while (!this.#seen.has(id) && !this.#gone.has(id) && !this.#stopped && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#entries?.stop();
  }

  /** The connection broke or came back: nobody was heard meanwhile. */
  disturbed(): void {
    this.#graceMs = performance.now() + this.#longestTtlMs();
  }

  note(id: string, revision: number, value: Uint8Array): void {
    const entry = parse(value);
    if (entry === undefined || revision <= (this.#seen.get(id)?.revision ?? 0) || revision <= (this.#gone.get(id) ?? 0)) return;
    this.#gone.delete(id);
    this.#seen.set(id, { revision, ttlMs: entry.ttlMs, atMs: performance.now() });
    this.list.put({ id, info: entry.info });
  }

  forget(id: string, revision: number): void {
    if (revision < (this.#seen.get(id)?.revision ?? 0)) return;
    this.#seen.delete(id);
    this.#gone.set(id, revision);
    this.list.remove(id);
  }

  async #watch(first: QueuedIterator<KvWatchEntry>): Promise<void> {
    for (let entries = first; !this.#stopped; ) {
      try {
        for await (const { key, revision, value, operation } of entries) {
          if (operation === 'PUT') this.note(this.#idOf(key), revision, value);
          else this.forget(this.#idOf(key), revision);
        }
      } catch {
        // It starts again below.
      }
      if (this.#stopped) return;
      this.disturbed();
      entries = await this.#watchAgain();
    }
  }

  async #watchAgain(): Promise<QueuedIterator<KvWatchEntry>> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, REWATCH_MS));
      try {
        this.#entries = await this.#kv.watch({ key: `${this.name}.*` });
        if (this.#stopped) this.#entries.stop();
        return this.#entries;
      } catch (error) {
        if (this.#stopped || busError(error, '').name === 'BusClosedError') {
          this.#stopped = true;
          return this.#entries!;
        }
      }
    }
  }

  #checkLater(): void {
    const everyMs = Math.max(CHECK_MIN_MS, this.#shortestTtlMs() / 8);
    this.#timer = setTimeout(() => {
      const nowMs = performance.now();
      // Late by far: this process stood still, and what it has not heard may be waiting in the socket.
      if (nowMs - this.#checkedMs > everyMs + this.#shortestTtlMs() / 2) this.disturbed();
      this.#checkedMs = nowMs;
      if (!this.#checking && nowMs >= this.#graceMs) void this.#check();
      this.#checkLater();
    }, everyMs).unref();
  }

  async #check(): Promise<void> {
    this.#checking = true;
    for (const [id, { atMs, ttlMs, revision }] of this.#seen) {
      if (performance.now() - atMs <= ttlMs) continue;
      // Twice: a server that just came back may answer before it has read what the member has sent meanwhile.
      const silent = (await this.#stoodStill(id, ttlMs, revision)) && (await this.#stoodStill(id, ttlMs, revision));
      if (this.#stopped || performance.now() < this.#graceMs) break;
      if (silent && this.#seen.get(id)?.revision === revision) this.forget(id, revision);
    }
    this.#checking = false;
  }

  /** Asks the leader of the bucket for the entry. Notes what is new; false too when the bucket itself is not well. */
  async #stoodStill(id: string, ttlMs: number, revision: number): Promise<boolean> {
    const askedMs = performance.now();
    try {
      const stored = await this.#kv.get(`${this.name}.${id}`);
      if (stored?.operation === 'PUT') this.note(id, stored.revision, stored.value);
      // So slow an answer: others had to wait as well. Not for ever: a bucket that is always slow must not hide the dead.
      const nowMs = performance.now();
      if (nowMs - askedMs > ttlMs / 4 && nowMs - (this.#seen.get(id)?.atMs ?? nowMs) < SLOW_TTLS * ttlMs) this.disturbed();
    } catch {
      // Nobody can write to the bucket now either: as silent as everybody else.
      this.disturbed();
    }
    if (performance.now() < this.#graceMs || this.#seen.get(id)?.revision !== revision) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.max(CHECK_MIN_MS, ttlMs / 16)));
    return true;
  }

  #shortestTtlMs(): number {
    let shortest = TTL_DEFAULT_MS;
    for (const { ttlMs } of this.#seen.values()) shortest = Math.min(shortest, ttlMs);
    return shortest;
  }

  #longestTtlMs(): number {
    let longest = 0;
    for (const { ttlMs } of this.#seen.values()) longest = Math.max(longest, ttlMs);
    return longest;
  }

  #idOf(key: string): string {
    return key.slice(this.name.length + 1);
  }
}

/**
 * A server that is cut off from the others keeps its clients and can do nothing for them: after so long without an
 * acknowledgement another one is tried. About as long as an election takes.
 */
const DEAF_MS = 4_000;

export class JetStreamMembers {
  readonly #connection: NatsConnection;
  readonly #kv: KV;
  readonly #groups = new Map<string, { readonly group: Group; readonly started: Promise<void> }>();
  readonly #memberships = new Set<{ readonly leave: () => Promise<void>; readonly abandon: () => void }>();

  private constructor(connection: NatsConnection, kv: KV) {
    this.#connection = connection;
    this.#kv = kv;
  }

  static async open(connection: NatsConnection, client: JetStreamClient, replicas: number): Promise<JetStreamMembers> {
    // Reads by the leader alone: a replica that lags would make the living look dead.
    const settings = { replicas, history: 1, ttl: KEPT_MS, allow_direct: false };
    const kv = await whileItPasses(() => new Kvm(client).create(BUCKET, settings));
    return new JetStreamMembers(connection, kv);
  }

  async join(group: string, { id, info }: Member, ttlMs: number): Promise<Membership> {
    checkName(group);
    checkName(id);
    if (!(ttlMs > 0) || ttlMs > KEPT_MS / 2) throw new RangeError(`a time to live of ${ttlMs} ms: from 1 to ${KEPT_MS / 2}`);
    const key = `${group}.${id}`;
    const value = Buffer.from(JSON.stringify({ info, ttlMs } satisfies Entry));
    let revision: number;
    try {
      revision = await this.#kv.put(key, value);
    } catch (error) {
      throw busError(error, `member ${key}`);
    }
    const known = await this.#use(group);
    known.note(id, revision, value);

    let timer: NodeJS.Timeout | undefined;
    let left = false;
    let heardMs = performance.now();
    const beat = async (): Promise<void> => {
      let pauseMs = ttlMs / 4;
      try {
        await this.#kv.put(key, value, { timeout: Math.max(ttlMs / 2, 250) });
        heardMs = performance.now();
      } catch {
        if (this.#connection.isClosed()) return;
        if (performance.now() - heardMs > DEAF_MS) {
          heardMs = performance.now();
          void this.#connection.reconnect().catch(() => undefined);
        }
        // Its leader is being elected, or the connection is down: the sooner it is there again the better.
        pauseMs = ttlMs / 8;
      }
      if (!left) timer = setTimeout(() => void beat(), pauseMs).unref();
    };
    timer = setTimeout(() => void beat(), ttlMs / 4).unref();
    const abandon = (): void => {
      left = true;
      clearTimeout(timer);
    };
    const farewell = async (): Promise<void> => {
      abandon();
      try {
        await this.#kv.delete(key);
      } catch {
        // The others will miss it.
      }
    };
    return this.#membership(known, farewell, abandon);
  }

  async watch(group: string): Promise<Membership> {
    checkName(group);
    return this.#membership(await this.#use(group));
  }

  disturbed(): void {
    for (const { group } of this.#groups.values()) group.disturbed();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#memberships].map((one) => one.leave()));
  }

  /** As if this process had died: nothing is written any more. */
  abandon(): void {
    for (const one of this.#memberships) one.abandon();
    for (const { group } of this.#groups.values()) group.stop();
  }

  async #use(name: string): Promise<Group> {
    let known = this.#groups.get(name);
    if (known === undefined) {
      const group = new Group(name, this.#kv);
      known = { group, started: group.start() };
      this.#groups.set(name, known);
    }
    const { group, started } = known;
    group.users++;
    try {
      await started;
      return group;
    } catch (error) {
      this.#release(group);
      throw busError(error, `group ${name}`);
    }
  }

  #release(group: Group): void {
    if (--group.users > 0) return;
    group.stop();
    if (this.#groups.get(group.name)?.group === group) this.#groups.delete(group.name);
  }

  #membership(group: Group, farewell?: () => Promise<void>, abandon: () => void = () => undefined): Membership {
    const leave = async (): Promise<void> => {
      if (!this.#memberships.delete(known)) return;
      await farewell?.();
      this.#release(group);
    };
    const known = { leave, abandon };
    this.#memberships.add(known);
    return { members: () => group.list.all(), onChange: (listener) => group.list.onChange(listener), leave };
  }
}

function parse(value: Uint8Array): Entry | undefined {
  try {
    return JSON.parse(Buffer.from(value).toString()) as Entry;
  } catch {
    return undefined;
  }
}
