// Three times what a real process can take, through its WebSocket API; and readers that do not read. What it can take is measured
// first, in the same run, so that the test asks the same of every machine.
//
// OVERLOAD_SECONDS and SLOW_READERS lengthen it: the recorded run had 30 and 1000.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';
import { type Answered, OrderClient } from './orderClient.ts';

const SECONDS = Number(process.env.OVERLOAD_SECONDS ?? 4);
const READERS = Number(process.env.SLOW_READERS ?? 100);
/** What a client may wait: the door keeps to 250 ms from where the process has read the request. */
const BOUND_MS = 1000;
const CONNECTIONS = 8;
const IN_FLIGHT = 4;
const MB = 2 ** 20;

const root = mkdtempSync(join(tmpdir(), 'sedax-overload-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let sedax: SedaxProcess | undefined;
afterEach(async () => {
  await sedax?.kill();
  sedax = undefined;
});

// Two accounts send everything: what they have on its way must not meet MAX_NUM_ORDERS before it meets the door.
const SHIPPED = readFileSync(fileURLToPath(new URL('../../config/instruments.json', import.meta.url)), 'utf8');
const instruments = join(root, 'instruments.json');
writeFileSync(instruments, SHIPPED.replaceAll('"maxNumOrders": 200', '"maxNumOrders": 1000000'));
const ENV = {
  SEDAX_BINANCE_RATE_LIMITS_ENFORCED: 'false',
  SEDAX_JOURNAL_DURABILITY: 'interval',
  SEDAX_INSTRUMENTS_FILE: instruments,
};

function quantile(answers: readonly Answered[], part: number): number {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}

const isDone = ({ status }: Answered): boolean => status === 200;

function taken(clients: readonly OrderClient[]): Answered[] {
  return clients.flatMap((client) => client.answers.splice(0));
}

interface Load {
  readonly answers: readonly Answered[];
  readonly perSecond: number;
}

/** Each client keeps so many in flight, for so long and until so many were answered. */
async function closedLoop(clients: readonly OrderClient[], inFlight: number, seconds: number, atLeast: number): Promise<Load> {
  taken(clients);
  let running = true;
  clients.forEach((client, at) => {
    const side = at % 2 === 0 ? 'BUY' : 'SELL';
    client.onAnswer = () => {
      if (running) client.send(side);
    };
    for (let i = 0; i < inFlight; i++) client.send(side);
  });
  const begun = performance.now();
  const answers: Answered[] = [];
  // However slow the machine is today.
  while (performance.now() - begun < seconds * 1000 || (answers.length < atLeast && performance.now() - begun < 60_000)) {
    await sleep(50);
    answers.push(...taken(clients));
  }
  const perSecond = (answers.filter(isDone).length / (performance.now() - begun)) * 1000;
  running = false;
  await settled(clients);
  taken(clients);
  return { answers, perSecond };
}

/** Orders at a rate, whatever the answers. */
async function openLoop(clients: readonly OrderClient[], perSecond: number, seconds: number, onTick: () => void): Promise<Answered[]> {
  taken(clients);
  for (const client of clients) client.onAnswer = () => undefined;
  const begun = performance.now();
  let sent = 0;
  while (performance.now() - begun < seconds * 1000) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (; sent < due; sent++) clients[sent % clients.length]!.send(sent % 2 === 0 ? 'BUY' : 'SELL');
    onTick();
    await sleep(2);
  }
  await settled(clients);
  return taken(clients);
}

async function settled(clients: readonly OrderClient[]): Promise<void> {
  await expect.poll(() => clients.reduce((sum, { unanswered }) => sum + unanswered, 0), { timeout: 60_000, interval: 10 }).toBe(0);
}

async function connected(url: string, dir: string): Promise<OrderClient[]> {
  const keys = demoKeys(dir);
  return Promise.all(Array.from({ length: CONNECTIONS }, (_, at) => OrderClient.open(url, keys[at % keys.length]!)));
}

test(`three times what it can take for ${SECONDS} s: in time or refused, and well again within a second`, {
  timeout: SECONDS * 10_000 + 120_000,
}, async () => {
  const dir = join(root, 'orders');
  sedax = await SedaxProcess.start(dir, ENV);
  const clients = await connected(sedax.url, dir);
  await closedLoop(clients, IN_FLIGHT, 1, 1000);
  const { perSecond: rate } = await closedLoop(clients, IN_FLIGHT, 2, 1000);
  const calm = await openLoop(clients, rate / 4, 2, () => undefined);
  const before = sedax.residentBytes();
  let most = 0;
  const over = await openLoop(clients, rate * 3, SECONDS, () => {
    most = Math.max(most, sedax!.residentBytes());
  });
  await sleep(1000);
  const after = await openLoop(clients, rate / 4, 2, () => undefined);
  for (const client of clients) client.close();

  // Others have the processors: then how long something took says nothing of this process, and only what was answered is checked.
  const busy = loadavg()[0]! > availableParallelism() * 3;
  if (busy) process.stdout.write(`overload: the machine is busy (load ${loadavg()[0]!.toFixed(0)}): times are told, not checked\n`);
  const done = over.filter(isDone);
  const refused = over.filter((answer) => !isDone(answer));
  process.stdout.write(
    `overload: ${Math.round(rate)} orders/s sustained; at ${Math.round(rate * 3)}/s for ${SECONDS} s ${done.length} done (p50 ${quantile(done, 0.5).toFixed(0)} ms, ` +
      `p99 ${quantile(done, 0.99).toFixed(0)} ms), ${refused.length} refused (p99 ${quantile(refused, 0.99).toFixed(0)} ms); calm p99 ${quantile(calm, 0.99).toFixed(0)} ms ` +
      `before, ${quantile(after, 0.99).toFixed(0)} ms after; memory ${Math.round(before / MB)} MB before, at most ${Math.round(most / MB)} MB\n`,
  );
  // Either done, or told so in the documented way; nothing else, nothing unanswered.
  expect(new Set(refused.map(({ status, code }) => `${status} ${code}`))).toEqual(new Set(refused.length > 0 ? ['503 -1008'] : []));
  if (!busy) expect(quantile(done, 0.99)).toBeLessThan(BOUND_MS);
  // It goes on working at what it can take.
  if (!busy) expect(done.length).toBeGreaterThan(rate * SECONDS * 0.3);
  expect(most - before).toBeLessThan(400 * MB);
  if (!busy) expect(after.every(isDone)).toBe(true);
  if (!busy) expect(quantile(after, 0.5)).toBeLessThan(Math.max(quantile(calm, 0.5) * 3, 50));
});

test.skipIf(process.platform !== 'linux')(
  `${READERS} readers that do not read are dropped, and nobody else notices`,
  { timeout: 600_000 },
  async () => {
    const dir = join(root, 'readers');
    sedax = await SedaxProcess.start(dir, {
      ...ENV,
      SEDAX_BINANCE_SOCKETS_BUFFERED_BYTES_MAX: String(256 * 1024),
      SEDAX_HTTP_WS_CONNECTIONS_PER_ADDRESS_MAX: '3000',
    });
    const { url } = sedax;
    const streams = '/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms/btcusdt@kline_1m';
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(url.replace('http', 'ws') + streams, { perMessageDeflate: false });
      socket.on('error', () => undefined);
      await once(socket, 'open');
      return socket;
    };
    const clients = await connected(url, dir);
    const { answers: calm } = await closedLoop(clients, 1, 2, 200);
    const slow: WebSocket[] = [];
    for (let at = 0; at < READERS; at += 50) slow.push(...(await Promise.all(Array.from({ length: Math.min(50, READERS - at) }, open))));
    let dropped = 0;
    for (const socket of slow) socket.pause();
    const reader = await open();
    let trades = 0;
    let lastId = 0;
    let gaps = 0;
    reader.on('message', (data) => {
      const { stream, data: event } = JSON.parse(String(data)) as { stream: string; data: { t: number } };
      if (stream !== 'btcusdt@trade') return;
      if (lastId > 0 && event.t !== lastId + 1) gaps++;
      lastId = event.t;
      trades++;
    });
    // A reader that does not read does not see its end either: the venue's own sockets are counted.
    const withAll = sedax.openDescriptors();
    const before = sedax.residentBytes();
    let most = 0;
    const answers: Answered[] = [];
    const begun = performance.now();
    // Trades until all of them were dropped: each pair of orders is one.
    while (dropped < READERS && performance.now() - begun < 240_000) {
      for (const client of clients) client.onAnswer = () => undefined;
      for (let i = 0; i < 15; i++) {
        clients[0]!.send('SELL', 'GTC');
        clients[1]!.send('BUY');
      }
      await settled(clients);
      answers.push(...taken(clients));
      most = Math.max(most, sedax.residentBytes());
      dropped = Math.max(0, withAll - sedax.openDescriptors());
    }
    const seconds = (performance.now() - begun) / 1000;
    const { answers: after } = await closedLoop(clients, 1, 2, 200);
    await expect.poll(() => trades, { timeout: 30_000 }).toBeGreaterThan(100);
    process.stdout.write(
      `slow readers: ${dropped} of ${READERS} dropped in ${seconds.toFixed(0)} s over ${trades} trades; orders meanwhile p99 ${quantile(answers, 0.99).toFixed(0)} ms ` +
        `(alone ${quantile(calm, 0.99).toFixed(1)} ms before, ${quantile(after, 0.99).toFixed(1)} ms after); memory ${Math.round(before / MB)} MB before, at most ${Math.round(most / MB)} MB\n`,
    );
    for (const socket of [...slow, reader]) socket.terminate();
    for (const client of clients) client.close();
    expect(dropped).toBeGreaterThanOrEqual(READERS);
    expect(gaps).toBe(0);
    expect(most - before).toBeLessThan((200 + READERS * 0.5) * MB);
  },
);
