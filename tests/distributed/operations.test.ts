// What operators and clients of a venue of several processes rely on: reads that reflect what was told elsewhere, user data on
// any edge, scaling out under load, and a writer that was paused and comes back too late.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { BusMessage } from '../../src/bus/bus.ts';
import type { NativeClient } from '../e2e/nativeClient.ts';
import { cli } from '../e2e/sedaxProcess.ts';
import { ClusterVenue } from './venue.ts';

const PARTITIONS = 4;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

let venue: ClusterVenue;
let accounts: { accountId: number; key: { apiKey: string; secret: string } }[];

beforeAll(async () => {
  venue = await ClusterVenue.startOnOne(PARTITIONS);
  await venue.add('settlement-1', 'admin,settlement');
  await venue.add('match-1', 'match,kline,history');
  await venue.add('edge-1', 'acquiring');
  await venue.add('edge-2', 'push');
  accounts = [];
  for (const name of ['alice', 'bob', 'carol', 'dave']) accounts.push(await venue.account('edge-1', name));
  for (const { key } of accounts) await venue.knows('edge-2', key);
}, 600_000);
afterAll(() => venue?.close(), 60_000);

const on = (edge: string, account: number): NativeClient => {
  const { key } = accounts[account] as (typeof accounts)[number];
  return venue.client(edge, key);
};

/** Orders of every account over both edges until it is told to stop; resolves with how many were acknowledged. */
function load(): { acknowledged(): number; stop(): Promise<number> } {
  let running = true;
  let acknowledged = 0;
  const lane = async (account: number, side: 'BUY' | 'SELL'): Promise<void> => {
    for (let i = 0; running; i++) {
      const order = { symbol: SYMBOLS[i % 2], side, price: '50000.00', quantity: '0.01' };
      const { status, body } = await on(i % 2 === 0 ? 'edge-1' : 'edge-2', account).place(order);
      expect(status, JSON.stringify(body)).toBe(200);
      acknowledged++;
    }
  };
  const lanes = accounts.flatMap((_, account) => [lane(account, 'BUY'), lane(account, 'SELL')]);
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      running = false;
      await Promise.all(lanes);
      return acknowledged;
    },
  };
}

test('a client that was told of a fill on one edge sees it in the next answer of the other', async () => {
  for (let i = 0; i < 20; i++) {
    const [told, asked] = i % 2 === 0 ? ['edge-1', 'edge-2'] : ['edge-2', 'edge-1'];
    const { body: sell } = await on(told, 0).place({ symbol: 'BTCUSDT', side: 'SELL', price: '50000.00', quantity: '0.01' });
    const { body: buy } = await on(told, 1).place({ symbol: 'BTCUSDT', side: 'BUY', price: '50000.00', quantity: '0.01' });
    expect(buy.status).toBe('Filled');
    const [order, open, balances] = await Promise.all([
      on(asked, 1).request('GET', `/api/spot/v2/${buy.orderId}?symbol=BTCUSDT`),
      on(asked, 0).request('GET', '/api/spot/v2/open?symbol=BTCUSDT'),
      on(asked, 1).request('GET', '/api/spot/user/balances'),
    ]);
    expect(order.body).toMatchObject({ orderId: buy.orderId, status: 'Filled' });
    expect(JSON.stringify(open.body)).not.toContain(`"orderId":${sell.orderId},`);
    const btc = (balances.body.items ?? balances.body).find(({ asset }: { asset: string }) => asset === 'BTC');
    // 0.01 less 0.1 % for each fill so far.
    expect(Number(btc.free)).toBeCloseTo(1_000_000 + (i + 1) * 0.00999, 8);
  }
});

test('user data and depth arrive on every edge', async () => {
  const { key } = accounts[2] as (typeof accounts)[number];
  const url = `${venue.process('edge-2').url.replace('http', 'ws')}/stream?streams=btcusdt@depth@100ms`;
  const socket = new WebSocket(url);
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  await new Promise((resolve) => socket.once('open', resolve));
  const api = new WebSocket(`${venue.process('edge-2').url.replace('http', 'ws')}/ws-api/v3`);
  const events: string[] = [];
  api.on('message', (data) => events.push(String(data)));
  await new Promise((resolve) => api.once('open', resolve));
  const { createHmac } = await import('node:crypto');
  const timestamp = Date.now();
  const signature = createHmac('sha256', key.secret).update(`apiKey=${key.apiKey}&timestamp=${timestamp}`).digest('hex');
  api.send(JSON.stringify({ id: 1, method: 'userDataStream.subscribe.signature', params: { apiKey: key.apiKey, timestamp, signature } }));
  await expect.poll(() => events.length, { timeout: 5_000 }).toBe(1);
  expect(events[0]).toContain('"status":200');
  await on('edge-1', 2).place({ symbol: 'BTCUSDT', side: 'BUY', price: '40000.00', quantity: '0.01' });
  await expect.poll(() => events.some((event) => event.includes('executionReport')), { timeout: 5_000 }).toBe(true);
  await expect.poll(() => frames.some((frame) => frame.includes('"40000.00')), { timeout: 5_000 }).toBe(true);
  socket.close();
  api.close();
});

test('a second match process takes half of the symbols while orders go on, and gives them back when it stops', async () => {
  const trading = load();
  await expect.poll(trading.acknowledged, { timeout: 30_000 }).toBeGreaterThan(100);
  await venue.add('match-2', 'match,kline');
  const worked = async (name: string): Promise<number> => (await venue.health(name)).streams.length;
  await expect.poll(() => worked('match-2'), { timeout: 10_000 }).toBe(PARTITIONS);
  expect(await worked('match-1')).toBe(PARTITIONS);
  const before = trading.acknowledged();
  await expect.poll(trading.acknowledged, { timeout: 30_000 }).toBeGreaterThan(before + 100);
  expect(await venue.stop('match-2')).toBe(0);
  await expect.poll(() => worked('match-1'), { timeout: 10_000 }).toBe(2 * PARTITIONS);
  const after = trading.acknowledged();
  await expect.poll(trading.acknowledged, { timeout: 30_000 }).toBeGreaterThan(after + 100);
  await trading.stop();
  expect((await venue.admin('edge-1', 'GET', '/reconciliation')).body.ok).toBe(true);
});

test('a writer that was paused past its lease writes nothing more, and says why', async () => {
  await venue.add('settlement-2', 'settlement');
  await expect.poll(async () => (await venue.health('settlement-2')).streams.length, { timeout: 10_000 }).toBe(PARTITIONS / 2);
  const paused = venue.process('settlement-2');
  const { cluster } = await venue.health('edge-1');
  const lost = cluster.owners.filter(({ writer }) => writer === 'settlement-2');
  expect(lost.map(({ stream }) => stream.replace(/\d+$/, ''))).toEqual(lost.map(() => 'accounts-'));
  expect(lost).toHaveLength(PARTITIONS / 2);
  const trading = load();
  await expect.poll(trading.acknowledged, { timeout: 30_000 }).toBeGreaterThan(50);

  paused.signal('SIGSTOP');
  const takenOver = async (): Promise<boolean> => {
    const { owners } = (await venue.health('edge-1')).cluster;
    return lost.every(({ stream, epoch }) => owners.some((owner) => owner.stream === stream && owner.epoch > epoch));
  };
  await expect.poll(takenOver, { timeout: 10_000, interval: 50 }).toBe(true);
  const before = trading.acknowledged();
  await expect.poll(trading.acknowledged, { timeout: 30_000 }).toBeGreaterThan(before + 50);
  paused.signal('SIGCONT');
  await expect.poll(() => paused.output.join(''), { timeout: 10_000 }).toMatch(/partition let go: another process is its writer now/);
  expect(paused.output.join('')).toMatch(/lease of accounts-\d is lost|epoch \d+ is over|expected last sequence/);
  // It is a member again, and works again what falls to it.
  await expect.poll(async () => (await venue.health('settlement-2')).streams.length, { timeout: 20_000 }).toBe(PARTITIONS / 2);
  await trading.stop();

  const bus = await venue.bus('audit');
  try {
    for (const { stream } of lost) {
      let epoch = 0;
      for (const message of await everyMessage(bus, stream)) {
        const its = Number(message.headers['Sedax-Epoch']);
        expect(its, `${stream}@${message.sequence}`).toBeGreaterThanOrEqual(epoch);
        epoch = its;
      }
    }
  } finally {
    await bus.close();
  }
  const verified = await cli(['verify'], { ...venue.env, SEDAX_MODE: 'distributed' });
  expect(verified.output).toMatch(/every invariant holds/);
  expect(verified.code).toBe(0);
});

async function everyMessage(bus: Awaited<ReturnType<ClusterVenue['bus']>>, stream: string): Promise<BusMessage[]> {
  const { lastSequence } = await bus.streamInfo(stream);
  const reader = bus.read(stream, { fromSequence: 1 });
  const messages: BusMessage[] = [];
  while (reader.position < lastSequence) messages.push(...(await reader.next()));
  reader.close();
  return messages;
}
