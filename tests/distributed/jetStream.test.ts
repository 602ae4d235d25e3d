// Several processes of one exchange over a real nats-server: the same state as in one process, and what happens when a
// process dies without a word.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Exchange } from '../../src/actors/exchange.ts';
import { Pipeline } from '../../src/actors/pipeline.ts';
import { entriesOf } from '../../src/actors/step.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { ChangeKind, EntityType } from '../../src/domain/changeLogEntry.ts';
import { OrderType } from '../../src/domain/orderTerms.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { OutcomeUnknownError } from '../../src/ports/exchangePort.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order, TEST_PIPELINE_CONFIG, TEST_SECRETS } from '../pipeline/venue.ts';
import { Process } from './processes.ts';

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
}, 600_000);
afterAll(() => server?.stop());

const running: { process: Process; bus: JetStreamBus }[] = [];
afterEach(async () => {
  for (const { process, bus } of running.splice(0).reverse()) {
    await process.stop();
    await bus.close();
  }
  const cleaner = await connect('cleaner');
  const names = await cleaner.connection.request('$JS.API.STREAM.NAMES', '', { timeout: 5000 });
  for (const name of names.json<{ streams?: string[] }>().streams ?? []) {
    await cleaner.connection.request(`$JS.API.STREAM.DELETE.${name}`, '', { timeout: 5000 });
  }
  await cleaner.close();
});

const connect = (name: string): Promise<JetStreamBus> => JetStreamBus.connect({ servers: [server.url], name, replicas: 1 });

async function start(name: string, roles: string, clock?: Clock): Promise<Process> {
  const bus = await connect(name);
  const process = await Process.start(bus, { name, roles, ...(clock === undefined ? {} : { clock, life: 1 }) });
  running.push({ process, bus });
  return process;
}

/** Time stands still unless the test moves it. */
class StillClock implements Clock {
  us = 1_790_000_000_000_000;
  nowUs(): number {
    return this.us;
  }
}

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'LTCUSDT', 'XRPUSDT'];

/** The same commands for any exchange, each settled everywhere before the next. */
async function driveSame(exchange: Exchange, clock: StillClock): Promise<{ filled: number }> {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (const symbol of SYMBOLS) await exchange.admin.createInstrument(makeInstrument({ symbol, baseAsset: symbol.slice(0, 3) }));
  const accounts: number[] = [];
  for (let i = 0; i < 6; i++) {
    clock.us += 1_000;
    const { accountId } = await exchange.admin.createAccount({ name: `trader ${i}` });
    accounts.push(accountId);
    for (const asset of [...SYMBOLS.map((symbol) => symbol.slice(0, 3)), 'USDT']) {
      await exchange.admin.deposit({ accountId, requestId: `${i}-${asset}`, asset, units: 10n ** 15n });
    }
  }
  let filled = 0;
  const open: { accountId: number; symbol: string; orderId: number }[] = [];
  for (let i = 0; i < 150; i++) {
    clock.us += 1_000;
    const accountId = accounts[random(accounts.length)] as number;
    const symbol = SYMBOLS[random(SYMBOLS.length)] as string;
    const side = random(2) === 0 ? 'BUY' : 'SELL';
    const oldest = open[0];
    if (random(6) === 0 && oldest !== undefined) {
      open.shift();
      await exchange.cancelOrder({ ...oldest, origClientOrderId: '', cancelClientOrderId: `x${i}`, restriction: 0 });
    } else {
      const market = random(8) === 0;
      const details = { clientOrderId: `o${i}`, ...(market ? { type: OrderType.MARKET, priceTicks: 0, timeInForce: 0 as never } : {}) };
      const result = await exchange.placeOrder({
        accountId,
        symbol,
        order: order(side, 5_000_000 + random(40) * 100 - 2_000, 10 + random(500), details),
      });
      if (result.ok) {
        filled += result.report.fills.length;
        if (result.report.order.bookLots > 0) open.push({ accountId, symbol, orderId: result.report.order.orderId });
      }
    }
    await exchange.reconcile();
  }
  for (const row of await exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
  return { filled };
}

async function hashesOf(pipelines: readonly Pipeline[]): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { admin, settlement, match, kline } of pipelines) {
    for (const host of [admin, ...settlement, ...match, ...kline]) {
      if (host.running !== undefined) hashes[host.name] = await host.running.hash();
    }
  }
  return hashes;
}

test('embedded and distributed come to the same state from the same commands', async () => {
  const embeddedClock = new StillClock();
  const memory = await MemoryBus.open({});
  const embedded = new Pipeline({
    bus: memory,
    clock: embeddedClock,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    config: { ...TEST_PIPELINE_CONFIG, accountPartitions: 3, marketPartitions: 3 },
    writer: 'embedded',
    life: 1,
    onFatal: (stage, error) => {
      throw new Error(stage, { cause: error });
    },
  });
  await embedded.start();
  const alone = await driveSame(
    new Exchange(embedded, { defaultRates: { makerRate: 100_000, takerRate: 200_000 }, secrets: TEST_SECRETS }),
    embeddedClock,
  );

  const clock = new StillClock();
  const processes = [
    await start('settlement-1', 'admin,settlement', clock),
    await start('settlement-2', 'settlement', clock),
    await start('match-1', 'match,kline', clock),
    await start('match-2', 'match,kline', clock),
    await start('edge', 'acquiring', clock),
  ];
  const edge = processes[4] as Process;
  const together = await driveSame(edge.exchange, clock);
  expect(together).toEqual(alone);
  expect(alone.filled).toBeGreaterThan(20);
  expect(processes.slice(0, 4).every(({ works }) => works.length > 0)).toBe(true);
  const expected = await hashesOf([embedded]);
  await expect.poll(() => hashesOf(processes.map(({ pipeline }) => pipeline)), { timeout: 10_000 }).toEqual(expected);
  expect(edge.pipeline.hub.hash()).toBe(embedded.hub.hash());
  await embedded.stop();
  await memory.close();
}, 120_000);

test('a process that dies without a word is replaced; no order is lost or doubled, and lag returns to 0', async () => {
  const edge = await start('edge', 'acquiring');
  await start('calm', 'admin,settlement,match,kline');
  const dying = await start('dying', 'settlement,match,kline');
  await edge.exchange.admin.createInstrument(makeInstrument());
  const accounts: number[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const { accountId } = await edge.exchange.admin.createAccount({ name });
    accounts.push(accountId);
    for (const asset of ['BTC', 'USDT']) {
      expect((await edge.exchange.admin.deposit({ accountId, requestId: `${name}-${asset}`, asset, units: 10n ** 15n })).ok).toBe(true);
    }
  }
  await expect.poll(() => dying.works.length, { timeout: 10_000 }).toBeGreaterThan(2);
  const lost = [...dying.works];

  const acknowledged = new Set<string>();
  const unknown = new Set<string>();
  let trading = true;
  let longestMs = 0;
  const trade = async (accountId: number, lane: number): Promise<void> => {
    for (let i = 0; trading; i++) {
      const clientOrderId = `${accountId}-${lane}-${i}`;
      const side = (i + lane) % 2 === 0 ? 'BUY' : 'SELL';
      const command = { accountId, symbol: 'BTCUSDT', order: order(side, 5_000_000, 10, { clientOrderId }) };
      const placedMs = performance.now();
      const result = await edge.exchange.placeOrder(command).catch((error: unknown) => error as Error);
      longestMs = Math.max(longestMs, performance.now() - placedMs);
      if (result instanceof OutcomeUnknownError) unknown.add(clientOrderId);
      else if (result instanceof Error) throw result;
      else {
        expect(result).toMatchObject({ ok: true });
        acknowledged.add(clientOrderId);
      }
    }
  };
  const traders = accounts.flatMap((accountId) => [0, 1].map((lane) => trade(accountId, lane)));
  await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(300);

  const [dead] = running.splice(
    running.findIndex(({ process }) => process === dying),
    1,
  );
  const diedMs = performance.now();
  await dead?.bus.abort();
  const calm = running.find(({ process }) => process.name === 'calm')?.process as Process;
  await expect.poll(() => lost.every((name) => calm.works.includes(name)), { timeout: 10_000, interval: 20 }).toBe(true);
  const takeOverMs = Math.round(performance.now() - diedMs);
  expect(takeOverMs).toBeLessThan(5_000);
  const after = acknowledged.size;
  await expect.poll(() => acknowledged.size, { timeout: 20_000 }).toBeGreaterThan(after + 300);
  trading = false;
  await Promise.all(traders);
  process.stdout.write(
    `take-over of ${lost.length} partitions ${takeOverMs} ms after the death; the slowest order took ${Math.round(longestMs)} ms\n`,
  );

  for (const row of await edge.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
  const times = new Map<string, number>();
  for (let p = 0; p < 3; p++) {
    for (const entry of await entriesIn(edge.bus, `accounts-${p}`)) {
      if (entry.entityType !== EntityType.SpotOrder || entry.changeType.kind !== ChangeKind.Created) continue;
      const { clientOrderId } = entry.changeType.fields as { readonly clientOrderId: string };
      times.set(clientOrderId, (times.get(clientOrderId) ?? 0) + 1);
    }
  }
  expect([...times].filter(([, count]) => count > 1)).toEqual([]);
  expect([...acknowledged].filter((id) => !times.has(id))).toEqual([]);
  expect([...times.keys()].filter((id) => !acknowledged.has(id) && !unknown.has(id))).toEqual([]);
  await expect
    .poll(() => running.flatMap(({ process }) => process.bus.lag()).reduce((sum, { lag }) => sum + lag, 0), { timeout: 10_000 })
    .toBe(0);
  expect(running.flatMap(({ process }) => process.fatal)).toEqual([]);
}, 120_000);

async function entriesIn(bus: Bus, stream: string) {
  const { lastSequence } = await bus.streamInfo(stream);
  const reader = bus.read(stream, { fromSequence: 1 });
  const entries = [];
  while (reader.position < lastSequence) for (const message of await reader.next()) entries.push(...entriesOf(message));
  reader.close();
  return entries;
}
