// What retention takes from the logs is what nobody needs: everyone goes on, restarts and answers as if it were there.
import { afterEach, expect, test } from 'vitest';
import { Retention } from '../../src/actors/distribution/retention.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order, TEST_PIPELINE_CONFIG } from '../pipeline/venue.ts';
import { Process } from './processes.ts';

const symbol = 'BTCUSDT';
const KEEP = 20;
let bus: MemoryBus;
const processes: Process[] = [];

afterEach(async () => {
  for (const process of processes.splice(0).reverse()) await process.stop();
  await bus.close();
});

async function start(name: string, roles: string, histories = 1): Promise<Process> {
  const config = {
    accountPartitions: 1,
    marketPartitions: 1,
    partition: { ...TEST_PIPELINE_CONFIG.partition, snapshotEverySteps: 40 },
    pushSnapshotEveryMessages: 40,
    retention: { everyMs: 50, keepMessages: KEEP, histories },
  };
  const process = await Process.start(bus, { name, roles, config });
  processes.push(process);
  return process;
}

async function stop(process: Process): Promise<void> {
  processes.splice(processes.indexOf(process), 1);
  await process.stop();
}

const first = async (stream: string): Promise<number> => (await bus.streamInfo(stream)).firstSequence;

async function trade(edge: Process, accounts: readonly number[], count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const side = i % 2 === 0 ? 'SELL' : 'BUY';
    const accountId = accounts[i % accounts.length]!;
    const { ok } = await edge.exchange.placeOrder({ accountId, symbol, order: order(side, 5_000_000 + (i % 5) * 100, 100_000) });
    expect(ok).toBe(true);
  }
}

async function fund(edge: Process): Promise<number[]> {
  const accounts: number[] = [];
  for (const name of ['alice', 'bob', 'carol']) {
    const { accountId } = await edge.exchange.admin.createAccount({ name });
    for (const asset of ['BTC', 'USDT']) {
      const deposit = { accountId, requestId: `${name}-${asset}`, asset, units: 10n ** 15n };
      expect((await edge.exchange.admin.deposit(deposit)).ok).toBe(true);
    }
    accounts.push(accountId);
  }
  return accounts;
}

test('the logs are cut behind everybody, and nobody notices', { timeout: 60_000 }, async () => {
  bus = await MemoryBus.open({});
  const writers = await start('writers', 'admin,settlement');
  const books = await start('books', 'match,kline');
  const edge = await start('edge', 'acquiring');
  const past = await start('past', 'history');
  await edge.exchange.admin.createInstrument(makeInstrument());
  const accounts = await fund(edge);
  await trade(edge, accounts, 400);
  for (const stream of ['accounts-0', 'markets-0']) await expect.poll(() => first(stream), { timeout: 20_000 }).toBeGreaterThan(100);
  // The admin log is everybody's.
  expect(await first('admin')).toBe(1);

  // Nothing went that a snapshot, push or history still needs.
  const push = await bus.getSnapshot('push');
  for (const stream of ['accounts-0', 'markets-0']) {
    const { firstSequence, lastSequence } = await bus.streamInfo(stream);
    const gone = firstSequence - 1;
    expect(gone).toBeLessThanOrEqual(Number((await bus.getSnapshot(stream))?.meta.sequence));
    expect(gone).toBeLessThanOrEqual(Number(new RegExp(`${stream}=(\\d+)`).exec(push?.meta.positions ?? '')?.[1]));
    expect(gone).toBeLessThanOrEqual(past.pipeline.history!.keeper.position(stream));
    expect(gone).toBeLessThanOrEqual(lastSequence - KEEP);
  }

  const before = await books.pipeline.match[0]!.current.hash();
  for (const one of [books, writers, edge]) await stop(one);
  await start('writers-2', 'admin,settlement');
  const books2 = await start('books-2', 'match,kline');
  const edge2 = await start('edge-2', 'acquiring');
  expect(await books2.pipeline.match[0]!.current.hash()).toBe(before);
  await trade(edge2, accounts, 20);
  for (const row of await edge2.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
  expect(past.fatal).toEqual([]);
});

test('while a history process is missing everything stays', { timeout: 60_000 }, async () => {
  bus = await MemoryBus.open({});
  const writers = await start('writers', 'admin,settlement,match,kline', 2);
  const edge = await start('edge', 'acquiring', 2);
  await start('past', 'history', 2);
  await edge.exchange.admin.createInstrument(makeInstrument());
  await trade(edge, await fund(edge), 300);
  const said = (): boolean => writers.logged.some(({ message }) => message.startsWith('nothing is trimmed'));
  await expect.poll(said, { timeout: 10_000 }).toBe(true);
  expect([await first('accounts-0'), await first('markets-0')]).toEqual([1, 1]);
  await start('past-2', 'history', 2);
  await expect.poll(() => first('markets-0'), { timeout: 20_000 }).toBeGreaterThan(1);
});

test('without a snapshot of somebody who reads it nothing goes', async () => {
  bus = await MemoryBus.open({});
  await bus.ensureStream('markets-0', ['m.>']);
  const append = (last: number) =>
    bus.append({ stream: 'markets-0', subject: 'm.x', headers: {}, payload: new Uint8Array(1), expectedLastSequence: last });
  for (let i = 0; i < 500; i++) await append(i);
  const retention = new Retention({
    bus,
    config: { everyMs: 1, keepMessages: 10, histories: 1 },
    partitions: [
      { output: 'markets-0', inputs: [] },
      { output: 'klines-0', inputs: ['markets-0'] },
    ],
    streams: ['markets-0'],
    histories: async () => [new Map([['markets-0', 400]])],
    log: () => undefined,
  });
  const snapshot = (name: string, meta: Record<string, string>) =>
    bus.putSnapshot({ name, meta: { version: '2', ...meta }, data: new Uint8Array() });
  await snapshot('push', { positions: 'markets-0=450' });
  await snapshot('markets-0', { sequence: '470', positions: '' });
  expect(await retention.trim()).toEqual(new Map());
  // Of a version that will not be read.
  await snapshot('klines-0', { version: '1', sequence: '7', positions: 'markets-0=460' });
  expect(await retention.trim()).toEqual(new Map());
  // A child that owes what it was given at 300 reads it again.
  await snapshot('klines-0', { sequence: '7', positions: 'markets-0=460', parked: 'BTCUSDT|markets-0=300' });
  expect(await retention.trim()).toEqual(new Map([['markets-0', 299]]));
  await snapshot('klines-0', { sequence: '7', positions: 'markets-0=460', parked: '' });
  expect(await retention.trim()).toEqual(new Map([['markets-0', 400]]));
  expect(await first('markets-0')).toBe(401);
});
