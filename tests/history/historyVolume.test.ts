// More rows than a list keeps in memory and than runs hold, orders that end long after their neighbours, one busy account:
// against the oracle, before and after starting again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderField } from '../../src/domain/spotOrder.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { LmdbHistoryStore } from '../../src/history/lmdb/lmdbHistoryStore.ts';
import type { Page } from '../../src/ports/historyQueries.ts';
import { newOrder } from '../conformance/historyFeed.ts';
import { NaiveHistory } from '../conformance/naiveHistory.ts';
import { randomOf } from './writerFeed.ts';

const ORDERS = 14_000;
const SYMBOL = 'BTCUSDT';
const T0 = Date.parse('2024-08-08T10:00:00Z') * 1000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

// With little memory the oldest rows have to go; with much, the list of orders grows too long first.
it.each([1, 8])('finds every row of a busy account with %i MiB of memory', { timeout: 60_000 }, async (mebibytes) => {
  const options = { fsync: false, journalBytes: mebibytes * 2 ** 20, segmentBytes: 128 * 1024 };
  const random = randomOf(7);
  const oracle = new NaiveHistory();
  let store = new LmdbHistoryStore({ dir, ...options });
  const open: number[] = [];
  let message = 0;
  let tradeId = 0;
  let sequence = 0;
  let entries: ChangeLogEntry[] = [];
  const end = (orderId: number, nowUs: number): void => {
    if (random(2) === 0) {
      const trade: SpotTrade = {
        ...{ tradeId: ++tradeId, symbol: SYMBOL, priceTicks: random(3), lots: 1, quoteUnits: 5n, buyerIsMaker: true },
        ...{ buyerOrderId: orderId, sellerOrderId: 1e9 + (tradeId >> 2), buyerAccountId: 1000, sellerAccountId: 1001 },
        ...{ buyerFeeUnits: 0n, sellerFeeUnits: 0n, tradeUs: nowUs },
      };
      entries.push(created(EntityType.SpotTrade, entityIds.trade(SYMBOL, tradeId), trade, nowUs));
    }
    entries.push(updated(EntityType.SpotOrder, orderId, [OrderField.status, 1, OrderStatus.Filled], nowUs));
  };
  for (let orderId = 1; orderId <= ORDERS; orderId++) {
    const nowUs = T0 + (orderId >> 3);
    entries.push(created(EntityType.SpotOrder, orderId, newOrder({ orderId, createdUs: nowUs, updateUs: nowUs }), nowUs));
    open.push(orderId);
    // Most orders end soon, some after thousands of others.
    while (open.length > 200) {
      const at = random(10) === 0 ? random(open.length) : open.length - 1 - random(20);
      end(open.splice(at, 1)[0] as number, nowUs);
    }
    if (orderId % 50 > 0) continue;
    for (const entry of entries) entry.sequence = ++sequence;
    message++;
    store.apply('markets-0', message, encodeStep(entries));
    oracle.apply('markets-0', message, encodeStep(entries));
    entries = [];
    if (orderId % 1500 === 0) await store.flush();
    if (orderId === 11_000) {
      await store.close();
      store = new LmdbHistoryStore({ dir, ...options });
    }
  }
  const check = (): void => {
    const limit = ORDERS + 1;
    expect(store.orders(1000, SYMBOL, { limit }).length).toBe(ORDERS);
    expect(store.openOrders(1000)).toEqual(oracle.openOrders(1000));
    expect(store.trades(SYMBOL, { limit }).length).toBe(tradeId);
    for (let i = 0; i < 6; i++) {
      const time = T0 + random(ORDERS >> 3);
      const pages: Page[] = [
        { limit: 1 + random(300), fromId: random(ORDERS) },
        { limit: 1 + random(300), startUs: time },
        { limit: 1 + random(300), endUs: time },
        { limit: 1 + random(300), startUs: time, endUs: time + random(50) },
      ];
      for (const page of pages) {
        const text = JSON.stringify(page);
        expect(store.orders(1000, SYMBOL, page), text).toEqual(oracle.orders(1000, SYMBOL, page));
        expect(store.trades(SYMBOL, page), text).toEqual(oracle.trades(SYMBOL, page));
        expect(store.aggTrades(SYMBOL, page), text).toEqual(oracle.aggTrades(SYMBOL, page));
      }
      const orderId = 1 + random(ORDERS);
      expect(store.order(1000, orderId)).toEqual(oracle.order(1000, orderId));
      expect(store.orderByClientId(1000, SYMBOL, `id-${orderId}`)?.orderId).toBe(orderId);
      const ofOrder = { limit: 10, orderId };
      expect(store.accountTrades(1000, SYMBOL, ofOrder)).toEqual(oracle.accountTrades(1000, SYMBOL, ofOrder));
    }
  };
  check();
  await store.flush();
  check();
  await store.close();
  store = new LmdbHistoryStore({ dir, ...options });
  check();
  await store.close();
});
