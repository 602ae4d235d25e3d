// A child that throws is rebuilt alone; input that kills it again and again halts it and nothing else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Account } from '../../src/domain/account/account.ts';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { SymbolStatus } from '../../src/domain/orderTerms.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';
import { order, Venue } from './venue.ts';

let dir: string;
let venue: Venue;
/** Client order ids over which Market throws, and how often still. */
const bombs = new Map<string, number>();

class FragileMarket extends Market {
  override place(orders: readonly SpotOrder[], list: SpotOrderList | null, nowUs: number, out: ChangeLogEntry[]): void {
    super.place(orders, list, nowUs, out);
    const id = orders[0]?.clientOrderId ?? '';
    const left = bombs.get(id) ?? 0;
    if (left === 0) return;
    bombs.set(id, left - 1);
    // After the state has changed: what it did must be undone.
    throw new Error(`planted fault over ${id}`);
  }
}

class FragileAccount extends Account {
  override execute(...args: Parameters<Account['execute']>): ReturnType<Account['execute']> {
    const reply = super.execute(...args);
    const [command] = args;
    if (command.kind === 'PlaceOrder' && (bombs.get(`account ${command.order.clientOrderId}`) ?? 0) > 0)
      throw new Error('planted fault in the account');
    return reply;
  }
}

const eth = makeInstrument({ symbol: 'ETHUSDT', baseAsset: 'ETH' });
const faults = {
  newMarket: (instrument: ConstructorParameters<typeof Market>[0]) => new FragileMarket(instrument),
  newAccount: (accountId: number) => new FragileAccount(accountId),
};

beforeEach(async () => {
  bombs.clear();
  dir = mkdtempSync(join(tmpdir(), 'sedax-poison-'));
  venue = await Venue.open({ dir, faults, instruments: [makeInstrument(), eth] });
});
afterEach(async () => {
  await venue.close();
  rmSync(dir, { recursive: true, force: true });
});

const place = (accountId: number, symbol: string, clientOrderId: string) =>
  venue.exchange.placeOrder({ accountId, symbol, order: order('SELL', 5_000_000, 100_000, { clientOrderId }) });

test('one crash: the child is rebuilt, the order goes through once, siblings do not notice', async () => {
  const alice = await venue.fundedAccount('alice');
  expect((await place(alice, 'BTCUSDT', 'before')).ok).toBe(true);
  bombs.set('boom', 1);
  const [crashed, sibling] = await Promise.all([place(alice, 'BTCUSDT', 'boom'), place(alice, 'ETHUSDT', 'calm')]);
  expect(sibling.ok).toBe(true);
  expect(crashed.ok).toBe(true);
  expect(venue.exchange.markets.view('BTCUSDT')?.depth(5).asks).toEqual([[5_000_000, 200_000]]);
  expect(venue.logged.some(({ message }) => message.includes('child rebuilt'))).toBe(true);
  expect(venue.exchange.health().stages.find(({ stage }) => stage === 'match')).toMatchObject({ status: 'ok', restarts: 1 });
  expect((await verifyLogs({ bus: venue.bus, accountPartitions: 1, marketPartitions: 1 })).problems).toEqual([]);
});

test('poison halts its symbol only; the operator skips it and the funds come back', async () => {
  const alice = await venue.fundedAccount('alice');
  bombs.set('poison', Number.POSITIVE_INFINITY);
  const outcome = place(alice, 'BTCUSDT', 'poison');
  await expect.poll(() => venue.exchange.health().status, { timeout: 10_000 }).toBe('degraded');
  const halted = venue.exchange.health().stages.find(({ stage }) => stage === 'match')?.halted[0];
  expect(halted).toMatchObject({ name: 'BTCUSDT', resume: expect.stringContaining('/admin/v1/poison/BTCUSDT') });
  await expect.poll(() => venue.exchange.registry.instrument('BTCUSDT')?.status).toBe(SymbolStatus.HALT);
  expect(venue.exchange.registry.instrument('BTCUSDT')?.haltReason).toContain('planted fault');
  expect(await place(alice, 'BTCUSDT', 'too late')).toMatchObject({ ok: false });
  expect((await place(alice, 'ETHUSDT', 'calm')).ok).toBe(true);

  await venue.exchange.admin.resumePoisoned('BTCUSDT', 'skip');
  expect(await outcome).toMatchObject({ ok: false });
  expect(venue.exchange.registry.instrument('BTCUSDT')).toMatchObject({ status: SymbolStatus.TRADING, haltReason: '' });
  expect(venue.exchange.health().status).toBe('ok');
  const view = await venue.exchange.account(alice);
  expect(view?.balances.find(({ asset }) => asset === 'BTC')).toMatchObject({ locked: 0n });
  expect((await place(alice, 'BTCUSDT', 'after')).ok).toBe(true);
  expect((await verifyLogs({ bus: venue.bus, accountPartitions: 1, marketPartitions: 1 })).problems).toEqual([]);
});

test('poison is still there after a restart, and a retry succeeds once the cause is gone', async () => {
  const alice = await venue.fundedAccount('alice');
  bombs.set('poison', Number.POSITIVE_INFINITY);
  void place(alice, 'BTCUSDT', 'poison').catch(() => undefined);
  await expect.poll(() => venue.exchange.health().status, { timeout: 10_000 }).toBe('degraded');
  // Others go on, so that the positions in the log pass the parked input.
  expect((await place(alice, 'ETHUSDT', 'calm')).ok).toBe(true);
  venue.pipeline.acquiring.pending.failAll(new Error('test'));
  await venue.close(false);
  bombs.clear();
  venue = await Venue.open({ dir, faults, instruments: [makeInstrument(), eth] });
  // Nobody retries behind the operator's back.
  expect(venue.exchange.health().status).toBe('degraded');
  await venue.exchange.admin.resumePoisoned('BTCUSDT', 'retry');
  const history = async () => (await venue.exchange.history()).openOrders(alice, 'BTCUSDT');
  await expect.poll(async () => (await history()).length, { timeout: 10_000 }).toBe(1);
  expect((await history())[0]).toMatchObject({ clientOrderId: 'poison', status: OrderStatus.Pending });
  expect((await verifyLogs({ bus: venue.bus, accountPartitions: 1, marketPartitions: 1 })).problems).toEqual([]);
});

test('a command that crashes its account is refused, the account goes on', async () => {
  const alice = await venue.fundedAccount('alice');
  bombs.set('account bad', Number.POSITIVE_INFINITY);
  expect(await place(alice, 'BTCUSDT', 'bad')).toMatchObject({ ok: false, reason: { apiCode: -1000 } });
  expect((await place(alice, 'BTCUSDT', 'good')).ok).toBe(true);
  expect(venue.logged.some(({ message }) => message.includes('refused'))).toBe(true);
  const view = await venue.exchange.account(alice);
  expect(view?.balances.find(({ asset }) => asset === 'BTC')).toMatchObject({ locked: 100_000_000n });
});
