// An exchange that keeps its history in a thread of its own, as npm start does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { order, Venue } from './venue.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-thread-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const symbol = 'BTCUSDT';
const open = (): Promise<Venue> => Venue.open({ dir, historyThread: true });

test('the past reflects what was answered, at once and after a restart', async () => {
  let venue = await open();
  const [alice, bob] = [await venue.fundedAccount('alice'), await venue.fundedAccount('bob')];
  const bought: number[] = [];
  for (let i = 0; i < 50; i++) {
    const sold = await venue.exchange.placeOrder({ accountId: alice, symbol, order: order('SELL', 5_000_000, 100) });
    const taken = await venue.exchange.placeOrder({ accountId: bob, symbol, order: order('BUY', 5_000_000, 100) });
    if (!sold.ok || !taken.ok) throw new Error('refused');
    bought.push(taken.report.order.orderId);
    const history = await venue.exchange.history();
    const [one, trades] = await Promise.all([
      history.order(bob, taken.report.order.orderId),
      history.accountTrades(alice, symbol, { limit: 1 }),
    ]);
    expect(one?.status).toBe(OrderStatus.Filled);
    expect(trades[0]?.sellerOrderId).toBe(sold.report.order.orderId);
  }
  await venue.close();
  expect(venue.fatal).toEqual([]);
  venue = await open();
  const history = await venue.exchange.history();
  expect((await history.orders(bob, symbol, { limit: 1000 })).map(({ orderId }) => orderId)).toEqual(bought);
  expect((await history.balanceChanges(bob, 'BTC', { limit: 1000 })).length).toBeGreaterThan(50);
  await venue.close();
});

test('the barrier waits until the store has taken everything in', async () => {
  const venue = await open();
  const account = await venue.fundedAccount('alice');
  await Promise.all(
    Array.from({ length: 500 }, () => venue.exchange.placeOrder({ accountId: account, symbol, order: order('SELL', 5_000_000, 100) })),
  );
  await venue.pipeline.barrier('history');
  const { keeper } = venue.pipeline.history!;
  const { lastSequence } = await venue.bus.streamInfo('markets-0');
  // Nothing more comes: what is committed now is everything.
  await keeper.flush();
  expect(keeper.position('markets-0')).toBe(lastSequence);
  await venue.close();
});

test('a thread that fails ends the process, and the stop does not wait for it', async () => {
  const venue = await open();
  const account = await venue.fundedAccount('alice');
  await venue.pipeline.history!.keeper.take('markets-0', [{ sequence: 1e9, payload: new Uint8Array([0xc1]) }]);
  await expect.poll(() => venue.fatal).toEqual([expect.stringMatching(/^history: CodecError: /)]);
  const placed = await venue.exchange.placeOrder({ accountId: account, symbol, order: order('SELL', 5_000_000, 100) });
  expect(placed.ok).toBe(true);
  await expect(venue.exchange.history().then((history) => history.openOrders(account))).rejects.toThrow('CodecError');
  await venue.close();
  expect(venue.fatal.length).toBe(1);
});
