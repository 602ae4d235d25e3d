// What operators ask the owners of partitions: the book, an account, how far a partition is. Over a bus in memory.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RequestError } from '../../src/bus/bus.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { accountPartition, symbolPartition } from '../../src/domain/partitions.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order } from '../pipeline/venue.ts';
import { Process } from './processes.ts';

const symbol = 'BTCUSDT';
/** As Process configures it. */
const PARTITIONS = 3;
const MARKET = symbolPartition(symbol, PARTITIONS);
let bus: MemoryBus;
const processes: Process[] = [];
let account: number;

beforeEach(async () => {
  bus = await MemoryBus.open({});
  for (const [name, roles] of [
    ['writers', 'admin,settlement'],
    ['books', 'match,kline'],
    ['edge', 'acquiring'],
  ] as const) {
    processes.push(await Process.start(bus, { name, roles }));
  }
  const edge = processes[2]!.exchange;
  await edge.admin.createInstrument(makeInstrument());
  account = (await edge.admin.createAccount({ name: 'alice' })).accountId;
  for (const asset of ['BTC', 'USDT']) {
    expect((await edge.admin.deposit({ accountId: account, requestId: asset, asset, units: 10n ** 17n })).ok).toBe(true);
  }
  for (const ticks of [5_000_000, 4_999_900, 4_999_900]) {
    expect((await edge.placeOrder({ accountId: account, symbol, order: order('BUY', ticks, 100_000) })).ok).toBe(true);
  }
  expect((await edge.placeOrder({ accountId: account, symbol, order: order('SELL', 5_000_100, 50_000) })).ok).toBe(true);
});
afterEach(async () => {
  for (const process of processes.splice(0).reverse()) await process.stop();
  await bus.close();
});

async function ask(what: string, payload = ''): Promise<Record<string, unknown>> {
  return JSON.parse(Buffer.from(await bus.request(`spot.inspect.${what}`, Buffer.from(payload), 2000)).toString());
}

test('a book, as its writer has it now', async () => {
  const book = await ask(`markets.${MARKET}.book.btcusdt`);
  expect(book).toMatchObject({ symbol, openOrders: 4, lastTradeId: 0 });
  expect(book.bids).toEqual([
    { price: '50000.00', quantity: '1.00000000' },
    { price: '49999.00', quantity: '2.00000000' },
  ]);
  expect(book.asks).toEqual([{ price: '50001.00', quantity: '0.50000000' }]);
  expect((await ask(`markets.${MARKET}.book.BTCUSDT`, '1')).bids).toHaveLength(1);
  await expect(ask(`markets.${MARKET}.book.BTCUSDT`, 'many')).rejects.toThrow('levels: a number from 1 to 5000');
});

test('an account: balances, and what locks them', async () => {
  const p = accountPartition(account, PARTITIONS);
  const view = await ask(`accounts.${p}.account.${account}`);
  expect(view).toMatchObject({ account, openOrders: 4, openLists: [] });
  const orders = view.orders as { side: string; status: string; reservedUnits: string; symbol: string }[];
  expect(orders.map(({ side, status }) => `${side} ${status}`)).toEqual(['BUY Pending', 'BUY Pending', 'BUY Pending', 'SELL Pending']);
  const balances = view.balances as { asset: string; free: string; locked: string }[];
  const usdt = balances.find(({ asset }) => asset === 'USDT')!;
  expect(BigInt(usdt.free) + BigInt(usdt.locked)).toBe(10n ** 17n);
  const reserved = orders.filter(({ side }) => side === 'BUY').reduce((sum, { reservedUnits }) => sum + BigInt(reservedUnits), 0n);
  expect(BigInt(usdt.locked)).toBe(reserved);
});

test("a partition: its owner, its positions, and its state's hash", async () => {
  const { lastSequence } = await bus.streamInfo(`markets-${MARKET}`);
  const view = await ask(`markets.${MARKET}.partition`);
  expect(view).toMatchObject({
    partition: `match-${MARKET}`,
    writer: 'books',
    output: { stream: `markets-${MARKET}`, sequence: lastSequence },
    queued: 0,
    children: 1,
    halted: [],
  });
  const p = accountPartition(account, PARTITIONS);
  const { lastSequence: accounts } = await bus.streamInfo(`accounts-${p}`);
  expect(Object.keys(view.inputs as object)).toContain(`accounts-${p}`);
  expect((view.inputs as Record<string, number>)[`accounts-${p}`]).toBeLessThanOrEqual(accounts);
  const { hash } = await ask(`markets.${MARKET}.hash`);
  expect(hash).toBe(await processes[1]!.pipeline.match[MARKET]!.current.hash());
  expect(await ask('admin.partition')).toMatchObject({ partition: 'admin-0', writer: 'writers' });
  expect(await ask('klines.0.partition')).toMatchObject({ partition: 'kline-0', writer: 'books' });
});

test('a process: what it works on, whom it knows, how far behind its stages are', async () => {
  const books = await ask('process.books');
  const lag = { registry: 0, ...Object.fromEntries([0, 1, 2].flatMap((p) => [`match-${p}`, `kline-${p}`]).map((name) => [name, 0])) };
  expect(books).toMatchObject({ process: 'books', roles: ['match', 'kline'], members: ['books', 'edge', 'writers'], lag });
  expect([...(books.works as string[])].sort()).toEqual(['kline-0', 'kline-1', 'kline-2', 'match-0', 'match-1', 'match-2']);
  expect(await ask('process.edge')).toMatchObject({ works: [], pendingCommands: 0 });
});

test('what is elsewhere, or nowhere, is said', async () => {
  const wrong = (MARKET + 1) % PARTITIONS;
  const asked = ask(`markets.${wrong}.book.BTCUSDT`);
  await expect(asked).rejects.toBeInstanceOf(RequestError);
  await expect(asked).rejects.toThrow(`not in markets-${wrong}: ask spot.inspect.markets.${MARKET}.book.BTCUSDT`);
  const p = accountPartition(account, PARTITIONS);
  await expect(ask(`accounts.${(p + 1) % PARTITIONS}.account.${account}`)).rejects.toThrow(
    `ask spot.inspect.accounts.${p}.account.${account}`,
  );
  await expect(ask(`accounts.${p}.account.x`)).rejects.toThrow('not an account id: x');
  const nobody = account + 3 * 1000;
  await expect(ask(`accounts.${p}.account.${nobody}`)).rejects.toThrow(`no account ${nobody} in accounts-${p}`);
  const unlisted = ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT'].find((one) => symbolPartition(one, PARTITIONS) === MARKET)!;
  await expect(ask(`markets.${MARKET}.book.${unlisted}`)).rejects.toThrow(`no symbol ${unlisted}`);
});
