// Clients that trade through whichever edge answers and write down what they were told, and the logs to hold it against.
import { expect } from 'vitest';
import { entriesOf } from '../../src/actors/step.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { subjects } from '../../src/bus/subjects.ts';
import { decodeSnapshot } from '../../src/codec/snapshotCodec.ts';
import { ChangeKind, EntityType } from '../../src/domain/changeLogEntry.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import type { NativeClient } from '../e2e/nativeClient.ts';
import type { ClusterVenue } from './venue.ts';

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
/** How long the history may take to be back after the last fault. */
const HISTORY_BACK_MS = 30_000;

/** What clients were told, by client order id. */
export interface Told {
  readonly acknowledged: Set<string>;
  /** No answer, or one that says that nobody knows. */
  readonly unknown: Set<string>;
  readonly refused: Map<string, string>;
  slowestMs: number;
}

/** Orders from one account around one price, through whichever edge still answers, until it is told to stop. */
async function trade(name: string, clients: () => readonly NativeClient[], told: Told, running: () => boolean): Promise<void> {
  for (let i = 0; running(); i++) {
    const clientOrderId = `${name}-${i}`;
    const all = clients();
    const client = all[i % all.length];
    if (client === undefined) {
      // No edge lives; a loop without a pause would let nobody stop it.
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    const side = (i + name.length) % 2 === 0 ? 'BUY' : 'SELL';
    const price = (50_000 + (i % 7) * 0.5).toFixed(2);
    const startedMs = performance.now();
    try {
      const { status, body } = await client.place({ symbol: SYMBOLS[i % 2], side, price, quantity: '0.01', clientOrderId });
      if (status === 200) told.acknowledged.add(clientOrderId);
      else if (status === 503 && body.code === -1008) told.refused.set(clientOrderId, body.msg);
      else if (status === 504 || body.code === -1007) told.unknown.add(clientOrderId);
      else throw new Error(`${clientOrderId}: ${status} ${JSON.stringify(body)}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // The connection broke: the edge was killed.
      told.unknown.add(clientOrderId);
    }
    told.slowestMs = Math.max(told.slowestMs, performance.now() - startedMs);
  }
}

async function created(bus: Bus, partitions: number): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (let p = 0; p < partitions; p++) {
    const stream = `accounts-${p}`;
    const { lastSequence } = await bus.streamInfo(stream);
    const reader = bus.read(stream, { fromSequence: 1 });
    while (reader.position < lastSequence) {
      for (const message of await reader.next()) {
        for (const entry of entriesOf(message)) {
          if (entry.entityType !== EntityType.SpotOrder || entry.changeType.kind !== ChangeKind.Created) continue;
          const { clientOrderId } = entry.changeType.fields as { readonly clientOrderId: string };
          times.set(clientOrderId, (times.get(clientOrderId) ?? 0) + 1);
        }
      }
    }
    reader.close();
  }
  return times;
}

type Accounts = readonly { readonly key: { readonly apiKey: string; readonly secret: string } }[];

/** Two lanes an account over the edges that live. */
export class Traders {
  readonly told: Told = { acknowledged: new Set(), unknown: new Set(), refused: new Map(), slowestMs: 0 };
  readonly #venue: ClusterVenue;
  readonly #accounts: Accounts;
  readonly #lanes: Promise<void>[];
  #running = true;

  constructor(venue: ClusterVenue, edges: readonly string[], accounts: Accounts) {
    this.#venue = venue;
    this.#accounts = accounts;
    this.#lanes = accounts.flatMap(({ key }, account) =>
      ['', 'x'].map((lane) => {
        const clients = (): NativeClient[] => edges.filter((name) => venue.processes.has(name)).map((edge) => venue.client(edge, key));
        return trade(`${account}${lane}`, clients, this.told, () => this.#running);
      }),
    );
    // A lane that ends early is heard of by stop().
    for (const lane of this.#lanes) lane.catch(() => undefined);
  }

  /** Resolves when so many orders more were acknowledged. */
  async progress(orders: number): Promise<void> {
    const from = this.told.acknowledged.size;
    await expect.poll(() => this.told.acknowledged.size - from, { timeout: 90_000 }).toBeGreaterThan(orders);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  /**
   * Holds what was told against the logs, once the traders stopped: nothing acknowledged is missing, nothing is there twice,
   * nothing is there that nobody was told of, every invariant holds, every process has read everything. Resolves with a line about it.
   */
  async check(edge: string): Promise<string> {
    const { told } = this;
    const venue = this.#venue;
    venue.expectAlive();
    expect((await venue.health(edge)).status).toBe('ok');
    for (const name of venue.processes.keys()) {
      await expect.poll(async () => (await venue.health(name)).stages.reduce((sum, { lag }) => sum + lag, 0), { timeout: 30_000 }).toBe(0);
    }
    const { body: reconciled } = await venue.admin(edge, 'GET', '/reconciliation');
    expect(reconciled.ok, JSON.stringify(reconciled)).toBe(true);
    const bus = await venue.bus('verify');
    try {
      const times = await created(bus, venue.partitions);
      expect([...times].filter(([, count]) => count > 1)).toEqual([]);
      expect([...told.acknowledged].filter((id) => !times.has(id))).toEqual([]);
      expect([...told.refused.keys()].filter((id) => times.has(id))).toEqual([]);
      expect([...times.keys()].filter((id) => !told.acknowledged.has(id) && !told.unknown.has(id))).toEqual([]);
      // Whoever was left without an answer asks by client order id, and is told what the log says.
      for (const id of told.unknown) {
        const { key } = this.#accounts[Number(id[0])] as Accounts[number];
        const symbol = SYMBOLS[Number(id.slice(id.indexOf('-') + 1)) % 2];
        const ask = () => venue.client(edge, key).request('GET', `/api/spot/v2/client/${id}?symbol=${symbol}`);
        let asked = await ask();
        // A history that has not read on since the fault says so (-1001, try again).
        const untilMs = performance.now() + HISTORY_BACK_MS;
        while (asked.status === 503 && performance.now() < untilMs) asked = await ask();
        expect(asked.status, `${id}: ${JSON.stringify(asked.body)}`).toBe(times.has(id) ? 200 : 404);
      }
      const { partitions } = venue;
      const living = async (): Promise<Record<string, unknown>> => {
        const hashes: Record<string, unknown> = {};
        for (const { stream, epoch } of (await venue.health(edge)).cluster.owners) {
          hashes[stream] = decodeSnapshot(await bus.request(subjects.ask(stream, 'hash', epoch), new Uint8Array(), 5_000));
        }
        return hashes;
      };
      let live = await living();
      let verified = await verifyLogs({ bus, accountPartitions: partitions, marketPartitions: partitions });
      // When a minute ends, its klines are closed in the log and in the living state: both are looked at again then.
      for (let later = await living(); JSON.stringify(later) !== JSON.stringify(live); later = await living()) {
        live = later;
        verified = await verifyLogs({ bus, accountPartitions: partitions, marketPartitions: partitions });
      }
      expect(verified.problems).toEqual([]);
      expect(live).toEqual(verified.hashes);
      return (
        `${told.acknowledged.size} orders acknowledged, ${told.unknown.size} unknown, ${told.refused.size} refused unharmed; ` +
        `${verified.trades} trades in ${verified.messages} messages; the slowest answer took ${Math.round(told.slowestMs)} ms`
      );
    } finally {
      await bus.close();
    }
  }
}
