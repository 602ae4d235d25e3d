// Two real processes per role over a real three-node cluster, trading while processes and a nats-server are killed: every
// acknowledged order is in the log once, everything adds up, what lives is what the logs say, and lag returns to 0.
import { afterEach, expect, test } from 'vitest';
import { entriesOf } from '../../src/actors/step.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { ChangeKind, EntityType } from '../../src/domain/changeLogEntry.ts';
import type { NatsCluster } from '../../src/support/natsCluster.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import type { NativeClient } from '../e2e/nativeClient.ts';
import { ClusterVenue } from './venue.ts';

const PARTITIONS = 4;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
/** What the issue of a kill may cost: the issue asks for 5 s. */
const TAKE_OVER_MS = 5_000;

let venue: ClusterVenue<NatsCluster> | undefined;
afterEach(async () => {
  await venue?.close();
  venue = undefined;
}, 60_000);

/** What clients were told, by client order id. */
interface Told {
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
    const client = all[i % all.length] as NativeClient;
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

async function created(bus: Bus): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (let p = 0; p < PARTITIONS; p++) {
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

test('kills of every kind under load lose and double nothing', { timeout: 10 * 60_000 }, async () => {
  venue = await ClusterVenue.start(PARTITIONS);
  const at = venue;
  const report: string[] = [];
  // The first of each role before the second: the streams are made once.
  await at.add('settlement-1', 'admin,settlement');
  await at.add('match-1', 'match,kline');
  await at.add('history-1', 'history');
  await at.add('edge-1', 'acquiring,push');
  await Promise.all([
    at.add('settlement-2', 'admin,settlement'),
    at.add('match-2', 'match,kline'),
    at.add('history-2', 'history'),
    at.add('edge-2', 'acquiring,push'),
  ]);
  const accounts = [];
  for (const name of ['alice', 'bob', 'carol', 'dave']) accounts.push(await at.account('edge-1', name));
  // Edges learn of keys from the log.
  for (const { key } of accounts) await at.knows('edge-2', key);

  const told: Told = { acknowledged: new Set(), unknown: new Set(), refused: new Map(), slowestMs: 0 };
  let running = true;
  const edges = (): string[] => ['edge-1', 'edge-2'].filter((name) => at.processes.has(name));
  const traders = accounts.flatMap(({ key }, account) =>
    [0, 1].map((lane) =>
      trade(
        `${account}${lane === 0 ? '' : 'x'}`,
        () => edges().map((edge) => at.client(edge, key)),
        told,
        () => running,
      ),
    ),
  );
  const progress = async (orders: number): Promise<void> => {
    const from = told.acknowledged.size;
    await expect.poll(() => told.acknowledged.size - from, { timeout: 60_000 }).toBeGreaterThan(orders);
  };
  await progress(100);

  /** Kills a process and measures until each stream it wrote has another writer at work. */
  const killAndTime = async (name: string): Promise<void> => {
    const lost = (await at.health('edge-2')).cluster.owners.filter(({ writer }) => writer === name).map(({ stream }) => stream);
    expect(lost.length).toBeGreaterThan(0);
    const killedMs = performance.now();
    await at.kill(name);
    await expect
      .poll(
        async () =>
          (await at.health('edge-2')).cluster.owners.filter(({ stream, writer }) => lost.includes(stream) && writer === name).length,
        {
          timeout: 20_000,
          interval: 20,
        },
      )
      .toBe(0);
    const tookMs = Math.round(performance.now() - killedMs);
    report.push(`${name} killed: ${lost.length} streams taken over after ${tookMs} ms`);
    expect(tookMs).toBeLessThan(TAKE_OVER_MS);
    await progress(100);
  };
  await killAndTime('settlement-1');
  await at.add('settlement-1', 'admin,settlement');
  await killAndTime('match-1');
  await at.add('match-1', 'match,kline');
  await at.kill('history-1');
  await at.kill('edge-1');
  await progress(50);
  await at.add('edge-1', 'acquiring,push');
  // A hand-over, not a death: SIGTERM.
  expect(await at.stop('match-2')).toBe(0);
  await progress(50);
  const [, server] = at.nats.servers;
  await server?.signal('SIGKILL');
  await progress(50);
  await server?.restart();
  await at.nats.whenHealthy();
  await progress(50);
  running = false;
  await Promise.all(traders);

  const health = await at.health('edge-2');
  expect(health.status).toBe('ok');
  for (const name of at.processes.keys()) {
    await expect.poll(async () => (await at.health(name)).stages.reduce((sum, { lag }) => sum + lag, 0), { timeout: 20_000 }).toBe(0);
  }
  const { body: reconciled } = await at.admin('edge-2', 'GET', '/reconciliation');
  expect(reconciled.ok, JSON.stringify(reconciled)).toBe(true);

  const bus = await at.bus('verify');
  try {
    const times = await created(bus);
    expect([...times].filter(([, count]) => count > 1)).toEqual([]);
    expect([...told.acknowledged].filter((id) => !times.has(id))).toEqual([]);
    expect([...told.refused.keys()].filter((id) => times.has(id))).toEqual([]);
    expect([...times.keys()].filter((id) => !told.acknowledged.has(id) && !told.unknown.has(id))).toEqual([]);
    // Whoever was left without an answer asks by client order id, and is told what the log says.
    for (const id of told.unknown) {
      const { key } = accounts[Number(id[0])] as (typeof accounts)[number];
      const symbol = SYMBOLS[Number(id.slice(id.indexOf('-') + 1)) % 2];
      const asked = await at.client('edge-2', key).request('GET', `/api/spot/v2/client/${id}?symbol=${symbol}`);
      expect(asked.status, `${id}: ${JSON.stringify(asked.body)}`).toBe(times.has(id) ? 200 : 404);
    }
    const verified = await verifyLogs({ bus, accountPartitions: PARTITIONS, marketPartitions: PARTITIONS });
    expect(verified.problems).toEqual([]);
    report.push(
      `${told.acknowledged.size} orders acknowledged, ${told.unknown.size} unknown, ${told.refused.size} refused unharmed; ` +
        `${verified.trades} trades in ${verified.messages} messages; the slowest answer took ${Math.round(told.slowestMs)} ms`,
    );
    process.stdout.write(`${report.join('\n')}\n`);
  } finally {
    await bus.close();
  }
});
