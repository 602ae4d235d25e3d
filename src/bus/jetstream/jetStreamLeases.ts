// Leases in a KV bucket: one entry a name, replaced by compare-and-set. Its revision counts the renewals. A lease is free
// when its entry says so, or when this process has seen the same revision for longer than the holder's time to live: clocks of
// different machines are never compared. The holder gives up, by its own clock, no later than anybody can take it.
// Leases give liveness only; what keeps two writers apart is the expected last sequence.

import type { JetStreamClient } from '@nats-io/jetstream';
import type { KV, KvWatchEntry } from '@nats-io/kv';
import { Kvm } from '@nats-io/kv';
import { type NatsConnection, nuid, type QueuedIterator } from '@nats-io/transport-node';
import type { Lease } from '../bus.ts';
import { ApiCode, apiCode, busError } from './connection.ts';
import { whileItPasses } from './creating.ts';

const BUCKET = 'sedax_leases';

interface Entry {
  /** '' = released. */
  readonly holder: string;
  readonly epoch: number;
  readonly ttlMs: number;
}

interface Seen {
  readonly revision: number;
  readonly entry: Entry;
  /** When this revision was first seen here, by this process's monotonic clock. */
  readonly atMs: number;
}

class Held implements Lease {
  readonly name: string;
  readonly epoch: number;
  readonly lost: Promise<void>;
  readonly #release: (held: Held) => Promise<void>;
  revision: number;
  lose: () => void = () => undefined;
  timer: NodeJS.Timeout | undefined;
  gone = false;

  constructor(name: string, epoch: number, revision: number, release: (held: Held) => Promise<void>) {
    this.name = name;
    this.epoch = epoch;
    this.revision = revision;
    this.#release = release;
    this.lost = new Promise((resolve) => {
      this.lose = resolve;
    });
  }

  release(): Promise<void> {
    return this.#release(this);
  }
}

export class JetStreamLeases {
  readonly #kv: KV;
  readonly #connection: NatsConnection;
  /** This process, this time. */
  readonly #holder = nuid.next();
  readonly #seen = new Map<string, Seen>();
  readonly #held = new Set<Held>();
  #watching: QueuedIterator<KvWatchEntry> | undefined;

  private constructor(connection: NatsConnection, kv: KV) {
    this.#connection = connection;
    this.#kv = kv;
  }

  static async open(connection: NatsConnection, client: JetStreamClient, replicas: number): Promise<JetStreamLeases> {
    const kv = await whileItPasses(() => new Kvm(client).create(BUCKET, { replicas, history: 1 }));
    const leases = new JetStreamLeases(connection, kv);
    leases.#watching = await kv.watch();
    void leases.#watch(leases.#watching);
    return leases;
  }

  /** Keeps note of renewals, so that a dead holder is known to be silent before anybody asks for its lease. */
  async #watch(entries: QueuedIterator<KvWatchEntry>): Promise<void> {
    try {
      for await (const { key, revision, value } of entries) this.#note(key, revision, value);
    } catch {
      // Without the watch, acquire() still reads the entry and measures from there: slower, and as safe.
    }
  }

  #note(name: string, revision: number, value: Uint8Array): Seen | undefined {
    const entry = parse(value);
    const known = this.#seen.get(name);
    if (entry === undefined || (known !== undefined && known.revision >= revision)) return known;
    const seen = { revision, entry, atMs: performance.now() };
    this.#seen.set(name, seen);
    return seen;
  }

  async acquire(name: string, ttlMs: number): Promise<Lease | undefined> {
    if (!/^[A-Za-z0-9_=/-]+$/.test(name)) throw new RangeError(`not a lease name: ${name}`);
    try {
      const stored = await this.#kv.get(name);
      const seen = stored === null ? undefined : this.#note(name, stored.revision, stored.value);
      if (seen !== undefined && seen.entry.holder !== '' && performance.now() - seen.atMs <= seen.entry.ttlMs) return undefined;
      return await this.#take(name, ttlMs, seen);
    } catch (error) {
      throw busError(error, `lease ${name}`);
    }
  }

  async #take(name: string, ttlMs: number, seen: Seen | undefined): Promise<Lease | undefined> {
    const entry: Entry = { holder: this.#holder, epoch: (seen?.entry.epoch ?? 0) + 1, ttlMs };
    const startedMs = performance.now();
    const revision = await this.#replace(name, entry, seen?.revision ?? 0);
    if (revision === undefined) return undefined;
    const held = new Held(name, entry.epoch, revision, (one) => this.#release(one, entry));
    this.#held.add(held);
    this.#renewLater(held, entry, startedMs);
    return held;
  }

  /** The entry's new revision; undefined when somebody else replaced it first. */
  async #replace(name: string, entry: Entry, revision: number): Promise<number | undefined> {
    try {
      const value = Buffer.from(JSON.stringify(entry));
      const next = revision === 0 ? await this.#kv.create(name, value) : await this.#kv.update(name, value, revision);
      this.#note(name, next, value);
      return next;
    } catch (error) {
      const code = apiCode(error);
      if (code === ApiCode.WRONG_LAST_SEQUENCE || code === ApiCode.WRONG_LAST_SEQUENCE_UNKNOWN) return undefined;
      throw error;
    }
  }

  /** Renews after a third of the time to live; gives up when it has passed since the last renewal was sent. */
  #renewLater(held: Held, entry: Entry, renewedMs: number): void {
    const { ttlMs } = entry;
    held.timer = setTimeout(() => void this.#renew(held, entry, renewedMs), ttlMs / 3).unref();
  }

  async #renew(held: Held, entry: Entry, renewedMs: number): Promise<void> {
    const { ttlMs } = entry;
    for (let first = true; ; first = false) {
      const startedMs = performance.now();
      // A process that was busy or paused for too long asks once: unless somebody took the lease meanwhile, it still has it.
      const leftMs = first ? Math.max(renewedMs + ttlMs - startedMs, ttlMs / 2) : renewedMs + ttlMs - startedMs;
      if (held.gone) return;
      if (leftMs <= 0) {
        this.#lose(held);
        return;
      }
      // A call that hangs must not outlive the lease.
      const deadline = setTimeout(() => this.#lose(held), leftMs).unref();
      try {
        const revision = await this.#replace(held.name, entry, held.revision);
        if (held.gone) return;
        if (revision === undefined) {
          if (await this.#renewedUnawares(held, entry)) continue;
          this.#lose(held);
          return;
        }
        held.revision = revision;
        this.#renewLater(held, entry, startedMs);
        return;
      } catch {
        if (this.#connection.isClosed()) {
          this.#lose(held);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, Math.min(100, ttlMs / 10)));
      } finally {
        clearTimeout(deadline);
      }
    }
  }

  /** A renewal whose answer was lost has moved the revision: the entry is still this holder's. */
  async #renewedUnawares(held: Held, entry: Entry): Promise<boolean> {
    const stored = await this.#kv.get(held.name).catch(() => null);
    const found = stored === null ? undefined : parse(stored.value);
    if (stored === null || found?.holder !== entry.holder || found.epoch !== entry.epoch) return false;
    if (stored.revision <= held.revision) return false;
    held.revision = stored.revision;
    return true;
  }

  #lose(held: Held): void {
    if (held.gone) return;
    held.gone = true;
    clearTimeout(held.timer);
    this.#held.delete(held);
    held.lose();
  }

  async #release(held: Held, entry: Entry): Promise<void> {
    if (held.gone) return;
    this.#lose(held);
    try {
      await this.#replace(held.name, { ...entry, holder: '' }, held.revision);
    } catch {
      // It ends by itself after its time to live.
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held].map((held) => held.release()));
    this.#watching?.stop();
  }

  /** As if this process had died: nothing is renewed or released any more. */
  abandon(): void {
    for (const held of [...this.#held]) this.#lose(held);
    this.#watching?.stop();
  }
}

function parse(value: Uint8Array): Entry | undefined {
  try {
    return JSON.parse(Buffer.from(value).toString()) as Entry;
  } catch {
    return undefined;
  }
}
