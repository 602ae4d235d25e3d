// What every history store does. The only place where the behaviour behind HistoryStore is specified by example; each
// implementation runs all of it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { type Balance, BalanceCause, BalanceField } from '../../src/domain/balance.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import type { KLine } from '../../src/domain/klineEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { ContingencyType, ListOrderStatus, ListStatusType, StpMode } from '../../src/domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import type { HistoryReads, HistoryStore } from '../../src/history/historyStore.ts';
import { newOrder } from './historyFeed.ts';

/** A store, or one in another thread: what is asked is awaited. */
export type FedHistory = Pick<HistoryStore, 'apply' | 'flush' | 'position' | 'close'> & {
  [Query in keyof HistoryReads]: (
    ...args: Parameters<HistoryReads[Query]>
  ) => ReturnType<HistoryReads[Query]> | Promise<ReturnType<HistoryReads[Query]>>;
};

export interface HistoryHarness {
  /** Opens the store over what earlier ones committed. */
  open(): FedHistory | Promise<FedHistory>;
  destroy(): void;
}

const MARKETS = 'markets-0';
const ACCOUNTS = 'accounts-0';
const KLINES = 'klines-0';
const T0 = Date.parse('2024-08-08T10:00:00Z') * 1000;
const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const ALL = { limit: 1000 };

function placed(overrides: Partial<SpotOrder> & Pick<SpotOrder, 'orderId'>): ChangeLogEntry {
  const order = newOrder({ createdUs: T0 + overrides.orderId, updateUs: T0 + overrides.orderId, ...overrides });
  return created(EntityType.SpotOrder, order.orderId, order, order.createdUs);
}

function changed(orderId: number, fields: Partial<SpotOrder>, timeUs = T0): ChangeLogEntry {
  const flat = Object.entries(fields).flatMap(([name, value]) => [OrderField[name as keyof SpotOrder], null, value]);
  return updated(EntityType.SpotOrder, orderId, flat, timeUs);
}

function traded(overrides: Partial<SpotTrade> & Pick<SpotTrade, 'tradeId'>): ChangeLogEntry {
  const trade: SpotTrade = {
    symbol: 'BTCUSDT',
    priceTicks: 100,
    lots: 2,
    quoteUnits: 200n,
    buyerIsMaker: true,
    buyerOrderId: 1,
    sellerOrderId: 2,
    buyerAccountId: 1000,
    sellerAccountId: 1001,
    buyerFeeUnits: 1n,
    sellerFeeUnits: 2n,
    tradeUs: T0 + overrides.tradeId,
    ...overrides,
  };
  return created(EntityType.SpotTrade, entityIds.trade(trade.symbol, trade.tradeId), trade, trade.tradeUs);
}

function orderList(overrides: Partial<SpotOrderList> & Pick<SpotOrderList, 'orderListId'>): SpotOrderList {
  return {
    accountId: 1000,
    symbol: 'BTCUSDT',
    listClientOrderId: `list-${overrides.orderListId}`,
    contingencyType: ContingencyType.OCO,
    orderIds: [overrides.orderListId + 1, overrides.orderListId + 2],
    commandId: 1,
    createdUs: T0 + overrides.orderListId,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: T0,
    ...overrides,
  };
}

const ids = (orders: readonly SpotOrder[]): number[] => orders.map((order) => order.orderId);
const tradeIds = (trades: readonly SpotTrade[]): number[] => trades.map((trade) => trade.tradeId);

export function historyConformance(name: string, createHarness: () => HistoryHarness): void {
  describe(`${name} as a history store`, () => {
    let harness: HistoryHarness;
    let store: FedHistory;
    let sequences: Map<string, number>;

    beforeEach(async () => {
      harness = createHarness();
      store = await harness.open();
      sequences = new Map();
    });

    afterEach(async () => {
      await store.close();
      harness.destroy();
    });

    /** Feeds one message; returns the sequences given to its entries. */
    function feed(stream: string, ...entries: ChangeLogEntry[]): number[] {
      const message = (sequences.get(stream) ?? 0) + 1;
      sequences.set(stream, message);
      entries.forEach((entry, i) => {
        entry.sequence = message * 100 + i;
      });
      store.apply(stream, message, encodeStep(entries));
      return entries.map((entry) => entry.sequence);
    }

    /** Commits, closes, opens again: whatever follows holds after a restart as it did before. */
    async function reopen(): Promise<void> {
      await store.flush();
      await store.close();
      store = await harness.open();
    }

    describe('orders', () => {
      it('follow their entries from open to ended, and stay found', async () => {
        feed(MARKETS, placed({ orderId: 1 }));
        expect(await store.openOrders(1000)).toEqual([newOrder({ orderId: 1, createdUs: T0 + 1, updateUs: T0 + 1 })]);

        const partly = { status: OrderStatus.PartiallyFilled, executedLots: 3, cumQuoteUnits: 9n, bookLots: 997 };
        feed(MARKETS, changed(1, { ...partly, updateId: 8, updateUs: T0 + 5 }));
        const want = { ...newOrder({ orderId: 1, createdUs: T0 + 1 }), ...partly, updateId: 8, updateUs: T0 + 5 };
        expect(await store.order(1000, 1)).toEqual(want);

        feed(MARKETS, changed(1, { status: OrderStatus.Cancelled, bookLots: 0 }));
        for (const again of [false, true]) {
          if (again) await reopen();
          const ended = { ...want, status: OrderStatus.Cancelled, bookLots: 0 };
          expect(await store.order(1000, 1)).toEqual(ended);
          expect(await store.orderByClientId(1000, 'BTCUSDT', 'id-1')).toEqual(ended);
          expect(await store.orders(1000, 'BTCUSDT', ALL)).toEqual([ended]);
          expect(await store.openOrders(1000)).toEqual([]);
        }
      });

      it('are found by their own account and symbol only', async () => {
        feed(MARKETS, placed({ orderId: 1 }), placed({ orderId: 2, symbol: 'ETHUSDT' }), placed({ orderId: 3, accountId: 7 }));
        expect(await store.order(1001, 1)).toBeUndefined();
        expect(await store.order(1000, 4)).toBeUndefined();
        expect(await store.orderByClientId(1000, 'ETHUSDT', 'id-1')).toBeUndefined();
        expect(await store.orderByClientId(7, 'BTCUSDT', 'id-1')).toBeUndefined();
        expect(ids(await store.openOrders(1000))).toEqual([1, 2]);
        expect(ids(await store.openOrders(1000, 'ETHUSDT'))).toEqual([2]);
        expect(ids(await store.orders(1000, 'BTCUSDT', ALL))).toEqual([1]);
        expect(await store.orders(1000, 'NOSUCH', ALL)).toEqual([]);
        expect(await store.openOrders(99)).toEqual([]);
      });

      it('keep every rare field, large amounts and any text', async () => {
        const order = newOrder({
          orderId: 2 ** 52,
          commandId: Number.MAX_SAFE_INTEGER,
          accountId: 2 ** 40,
          symbol: '币安USDT',
          clientOrderId: 'заказ',
          createdUs: T0,
          updateUs: T0 - 3,
          workingUs: T0 - 1,
          cumQuoteUnits: 2n ** 62n - 1n,
          reservedUnits: 2n ** 53n,
          origQuoteUnits: 2n ** 53n - 1n,
          stpMode: StpMode.TRANSFER,
          stopPriceTicks: 2 ** 47 - 1,
          trailingDelta: 100,
          trailingUs: T0,
          trailingExtremeTicks: 5,
          icebergLots: 6,
          expireUs: T0 + 7,
          orderListId: 12,
          listLeg: 3,
          strategyId: -4,
          strategyType: 1_000_001,
          pegPriceType: 2,
          pegOffsetType: 1,
          pegOffsetValue: 9,
          peggedPriceTicks: 10,
          preventedLots: 11,
          preventedMatch: {
            preventedMatchId: 1,
            takerOrderId: 2 ** 52,
            makerOrderId: 13,
            priceTicks: 14,
            takerPreventedLots: 15,
            makerPreventedLots: 16,
            stpMode: StpMode.DECREMENT,
          },
          expiryReason: 3,
          amendCount: 2,
        });
        feed(MARKETS, created(EntityType.SpotOrder, order.orderId, order, T0));
        expect(await store.order(2 ** 40, 2 ** 52)).toEqual(order);
        await reopen();
        expect(await store.order(2 ** 40, 2 ** 52)).toEqual(order);
        feed(MARKETS, changed(2 ** 52, { status: OrderStatus.Expired, icebergLots: 5 }));
        await reopen();
        expect(await store.order(2 ** 40, 2 ** 52)).toEqual({ ...order, status: OrderStatus.Expired, icebergLots: 5 });
      });

      it('leave out what is in flight: requests and their outcomes', async () => {
        const request = { kind: 1, commandId: 2, symbol: 'BTCUSDT', clientOrderId: '', restriction: 0, lots: 0 } as const;
        const outcome = { commandId: 2, kind: 1, code: 0, clientOrderId: 'cancel' } as const;
        feed(MARKETS, placed({ orderId: 1, request }));
        expect((await store.order(1000, 1))?.request).toBeNull();
        feed(MARKETS, changed(1, { status: OrderStatus.Cancelled, outcome }));
        expect(await store.order(1000, 1)).toMatchObject({ status: OrderStatus.Cancelled, request: null, outcome: null });
      });

      it('that were rejected are found by id and nowhere else', async () => {
        feed(MARKETS, placed({ orderId: 1, status: OrderStatus.Rejected, rejectCode: 5, clientOrderId: 'x' }));
        feed(MARKETS, placed({ orderId: 2, status: OrderStatus.ConditionalPending, clientOrderId: 'y' }));
        feed(MARKETS, changed(2, { status: OrderStatus.Rejected, rejectCode: 4 }));
        for (const again of [false, true]) {
          if (again) await reopen();
          expect(await store.order(1000, 1)).toMatchObject({ status: OrderStatus.Rejected, rejectCode: 5 });
          expect(await store.order(1000, 2)).toMatchObject({ status: OrderStatus.Rejected, rejectCode: 4 });
          expect(await store.orderByClientId(1000, 'BTCUSDT', 'x')).toBeUndefined();
          expect(await store.orderByClientId(1000, 'BTCUSDT', 'y')).toBeUndefined();
          expect(await store.orders(1000, 'BTCUSDT', ALL)).toEqual([]);
          expect(await store.openOrders(1000)).toEqual([]);
        }
      });

      it('that ended stay as they were, and failed requests of unknown orders are passed over', async () => {
        const outcome = { commandId: 2, kind: 1, code: 1, clientOrderId: '' } as const;
        feed(MARKETS, placed({ orderId: 1, status: OrderStatus.Filled }));
        feed(MARKETS, changed(1, { outcome }), changed(77, { outcome }));
        expect((await store.order(1000, 1))?.status).toBe(OrderStatus.Filled);
        expect(await store.order(1000, 77)).toBeUndefined();
      });

      it('of the account logs are not theirs to tell', async () => {
        feed(ACCOUNTS, placed({ orderId: 1 }));
        expect(await store.order(1000, 1)).toBeUndefined();
      });
    });

    describe('client ids', () => {
      it('belong to the newest order that was given them', async () => {
        feed(MARKETS, placed({ orderId: 1, clientOrderId: 'same', status: OrderStatus.Filled }));
        feed(MARKETS, placed({ orderId: 2, clientOrderId: 'same' }));
        expect((await store.orderByClientId(1000, 'BTCUSDT', 'same'))?.orderId).toBe(2);
        feed(MARKETS, placed({ orderId: 3, clientOrderId: 'same', status: OrderStatus.Rejected }));
        await reopen();
        expect((await store.orderByClientId(1000, 'BTCUSDT', 'same'))?.orderId).toBe(2);
      });

      it('move with an amend that renames', async () => {
        feed(MARKETS, placed({ orderId: 1, clientOrderId: 'old' }), placed({ orderId: 2, clientOrderId: 'new', status: 3 }));
        feed(MARKETS, changed(1, { clientOrderId: 'new', amendCount: 1, origLots: 900 }));
        for (const again of [false, true]) {
          if (again) await reopen();
          expect(await store.orderByClientId(1000, 'BTCUSDT', 'old')).toBeUndefined();
          expect((await store.orderByClientId(1000, 'BTCUSDT', 'new'))?.orderId).toBe(1);
        }
      });
    });

    describe('paging', () => {
      beforeEach(() => {
        for (let orderId = 1; orderId <= 9; orderId++) {
          feed(MARKETS, placed({ orderId, createdUs: T0 + orderId * 10, status: orderId % 2 === 0 ? 3 : 1 }));
        }
      });

      it.each([
        ['the newest', { limit: 3 }, [7, 8, 9]],
        ['from an id, inclusive', { limit: 3, fromId: 4 }, [4, 5, 6]],
        ['from a time, inclusive', { limit: 2, startUs: T0 + 30 }, [3, 4]],
        ['up to a time, the newest', { limit: 2, endUs: T0 + 30 }, [2, 3]],
        ['between times, the oldest', { limit: 2, startUs: T0 + 11, endUs: T0 + 40 }, [2, 3]],
        ['one instant', { limit: 5, startUs: T0 + 50, endUs: T0 + 50 }, [5]],
        ['from an id and a time', { limit: 2, fromId: 3, startUs: T0 + 55 }, [6, 7]],
        ['beyond the end', { limit: 5, fromId: 10 }, []],
        ['before the start', { limit: 5, endUs: T0 }, []],
        ['nothing between', { limit: 5, startUs: T0 + 40, endUs: T0 + 30 }, []],
      ])('%s', async (_, page, want) => {
        expect(ids(await store.orders(1000, 'BTCUSDT', page))).toEqual(want);
        await reopen();
        expect(ids(await store.orders(1000, 'BTCUSDT', page))).toEqual(want);
      });
    });

    describe('order lists', () => {
      const done = (id: number): ChangeLogEntry =>
        updated(
          EntityType.SpotOrderList,
          id,
          [
            ...[OrderListField.statusType, ListStatusType.EXEC_STARTED, ListStatusType.ALL_DONE],
            ...[OrderListField.orderStatus, ListOrderStatus.EXECUTING, ListOrderStatus.ALL_DONE],
          ],
          T0,
        );
      const announced = (list: SpotOrderList): ChangeLogEntry => created(EntityType.SpotOrderList, list.orderListId, list, list.createdUs);

      it('are open until they are done, and found by either id', async () => {
        feed(MARKETS, announced(orderList({ orderListId: 10 })), announced(orderList({ orderListId: 20 })));
        expect(await store.openOrderLists(1000)).toEqual([orderList({ orderListId: 10 }), orderList({ orderListId: 20 })]);
        feed(MARKETS, done(10));
        const ended = orderList({ orderListId: 10, statusType: 3, orderStatus: 1 });
        for (const again of [false, true]) {
          if (again) await reopen();
          expect(await store.openOrderLists(1000)).toEqual([orderList({ orderListId: 20 })]);
          expect(await store.orderList(1000, 10)).toEqual(ended);
          expect(await store.orderListByClientId(1000, 'list-10')).toEqual(ended);
          expect(await store.orderLists(1000, ALL)).toEqual([ended, orderList({ orderListId: 20 })]);
          expect(await store.orderLists(1000, { limit: 5, fromId: 11 })).toEqual([orderList({ orderListId: 20 })]);
          expect(await store.orderList(1001, 10)).toBeUndefined();
          expect(await store.orderListByClientId(1001, 'list-10')).toBeUndefined();
        }
      });

      it('that were rejected are found by id only', async () => {
        feed(MARKETS, announced(orderList({ orderListId: 10, orderStatus: ListOrderStatus.REJECT })));
        expect((await store.orderList(1000, 10))?.orderStatus).toBe(ListOrderStatus.REJECT);
        expect(await store.orderListByClientId(1000, 'list-10')).toBeUndefined();
        expect(await store.orderLists(1000, ALL)).toEqual([]);
        expect(await store.openOrderLists(1000)).toEqual([]);
      });
    });

    describe('trades', () => {
      beforeEach(() => {
        feed(MARKETS, placed({ orderId: 1 }), placed({ orderId: 2, accountId: 1001 }), placed({ orderId: 3, accountId: 1001 }));
        feed(MARKETS, traded({ tradeId: 1 }), traded({ tradeId: 2, sellerOrderId: 3 }));
        feed(MARKETS, traded({ tradeId: 3, sellerOrderId: 3, buyerOrderId: 9, buyerAccountId: 1002 }));
        feed(MARKETS, traded({ tradeId: 1, symbol: 'ETHUSDT', buyerOrderId: 8, sellerOrderId: 7 }));
      });

      it('are listed by symbol, by account, and by order', async () => {
        for (const again of [false, true]) {
          if (again) await reopen();
          expect(tradeIds(await store.trades('BTCUSDT', ALL))).toEqual([1, 2, 3]);
          expect(await store.trades('BTCUSDT', { limit: 1, fromId: 2 })).toEqual([
            expect.objectContaining({ tradeId: 2, sellerFeeUnits: 2n, tradeUs: T0 + 2, buyerIsMaker: true }),
          ]);
          expect(tradeIds(await store.trades('BTCUSDT', { limit: 5, startUs: T0 + 2 }))).toEqual([2, 3]);
          expect(tradeIds(await store.accountTrades(1000, 'BTCUSDT', ALL))).toEqual([1, 2]);
          expect(tradeIds(await store.accountTrades(1001, 'BTCUSDT', ALL))).toEqual([1, 2, 3]);
          expect(tradeIds(await store.accountTrades(1001, 'BTCUSDT', { limit: 1 }))).toEqual([3]);
          expect(tradeIds(await store.accountTrades(1001, 'BTCUSDT', { limit: 9, orderId: 3 }))).toEqual([2, 3]);
          expect(tradeIds(await store.accountTrades(1001, 'BTCUSDT', { limit: 9, orderId: 3, fromId: 3 }))).toEqual([3]);
          expect(tradeIds(await store.accountTrades(1001, 'BTCUSDT', { limit: 1, orderId: 3 }))).toEqual([3]);
          expect(tradeIds(await store.accountTrades(1000, 'BTCUSDT', { limit: 9, orderId: 3 }))).toEqual([]);
          expect(tradeIds(await store.accountTrades(1000, 'ETHUSDT', ALL))).toEqual([1]);
        }
      });

      it('of an order with very many are all found', async () => {
        const many = Array.from({ length: 300 }, (_, i) =>
          traded({ tradeId: 4 + i, buyerOrderId: i % 3 === 0 ? 1 : 9, buyerAccountId: i % 3 === 0 ? 1000 : 1002 }),
        );
        feed(MARKETS, ...many, changed(1, { status: OrderStatus.Filled }));
        const want = [1, 2, ...many.map((_, i) => i + 4).filter((_, i) => i % 3 === 0)];
        for (const again of [false, true]) {
          if (again) await reopen();
          const of = async (page: object): Promise<number[]> =>
            tradeIds(await store.accountTrades(1000, 'BTCUSDT', { limit: 1000, orderId: 1, ...page }));
          expect(await of({})).toEqual(want);
          expect(await of({ limit: 3 })).toEqual(want.slice(-3));
          expect(await of({ fromId: 200, limit: 4 })).toEqual(want.filter((id) => id >= 200).slice(0, 4));
          expect(await of({ endUs: T0 + 250, limit: 4 })).toEqual(want.filter((id) => id <= 250).slice(-4));
        }
      });

      it('of an account with itself are listed once', async () => {
        feed(MARKETS, traded({ tradeId: 4, sellerAccountId: 1000 }));
        expect(tradeIds(await store.accountTrades(1000, 'BTCUSDT', { limit: 9, fromId: 3 }))).toEqual([4]);
      });
    });

    it('aggregates consecutive trades of a taker at a price and time under gapless ids', async () => {
      const at = (tradeId: number, overrides: Partial<SpotTrade> = {}): ChangeLogEntry => traded({ tradeId, tradeUs: T0, ...overrides });
      feed(MARKETS, at(1), at(2, { buyerOrderId: 5 }), at(3, { priceTicks: 101 }), at(4, { priceTicks: 101 }));
      // Another taker; the buyer takes; the first taker again; later; a new step of the same taker, price and time.
      feed(MARKETS, at(5, { priceTicks: 101, sellerOrderId: 7 }), at(6, { priceTicks: 101, buyerIsMaker: false }));
      feed(MARKETS, at(7, { tradeUs: T0 + 1 }));
      await reopen();
      feed(MARKETS, at(8, { tradeUs: T0 + 1 }), at(9, { tradeUs: T0 + 2 }));
      const want = [
        [1, 100, 4, 1, 2],
        [2, 101, 4, 3, 4],
        [3, 101, 2, 5, 5],
        [4, 101, 2, 6, 6],
        [5, 100, 4, 7, 8],
        [6, 100, 2, 9, 9],
      ];
      for (const again of [false, true]) {
        if (again) await reopen();
        const rows = async (page: object): Promise<number[][]> =>
          (await store.aggTrades('BTCUSDT', { limit: 100, ...page })).map((row) => [
            row.aggTradeId,
            row.priceTicks,
            row.lots,
            row.firstTradeId,
            row.lastTradeId,
          ]);
        expect(await rows({})).toEqual(want);
        expect(await rows({ limit: 2 })).toEqual(want.slice(4));
        expect(await rows({ limit: 2, fromId: 2 })).toEqual(want.slice(1, 3));
        expect(await rows({ startUs: T0 + 1 })).toEqual(want.slice(4));
        expect(await rows({ endUs: T0 + 1, limit: 1 })).toEqual(want.slice(4, 5));
        expect(await rows({ fromId: 7 })).toEqual([]);
        expect((await store.aggTrades('BTCUSDT', { limit: 1, fromId: 4 }))[0]).toMatchObject({ buyerIsMaker: false, tradeUs: T0 });
      }
    });

    it('lists the amendments of an order by the sequence of their entries', async () => {
      feed(MARKETS, placed({ orderId: 1, clientOrderId: 'a', origLots: 10 }));
      const [first] = feed(MARKETS, changed(1, { clientOrderId: 'b', origLots: 8, amendCount: 1 }, T0 + 50));
      const [, second] = feed(MARKETS, placed({ orderId: 2 }), changed(1, { origLots: 7, amendCount: 2 }, T0 + 60));
      feed(MARKETS, changed(1, { status: OrderStatus.Filled }));
      const rows = [
        {
          ...{ orderId: 1, executionId: first, timeUs: T0 + 50 },
          ...{ origClientOrderId: 'a', newClientOrderId: 'b', origLots: 10, newLots: 8 },
        },
        {
          ...{ orderId: 1, executionId: second, timeUs: T0 + 60 },
          ...{ origClientOrderId: 'b', newClientOrderId: 'b', origLots: 8, newLots: 7 },
        },
      ];
      for (const again of [false, true]) {
        if (again) await reopen();
        expect(await store.amendments(1000, 1, ALL)).toEqual(rows);
        expect(await store.amendments(1000, 1, { limit: 1 })).toEqual(rows.slice(1));
        expect(await store.amendments(1000, 1, { limit: 1, fromId: 0 })).toEqual(rows.slice(0, 1));
        expect(await store.amendments(1000, 1, { limit: 9, startUs: T0 + 51 })).toEqual(rows.slice(1));
        expect(await store.amendments(1001, 1, ALL)).toEqual([]);
        expect(await store.amendments(1000, 2, ALL)).toEqual([]);
      }
    });

    it('lists a prevented match once, for both accounts', async () => {
      const match = (preventedMatchId: number, makerOrderId: number) => ({
        ...{ preventedMatchId, takerOrderId: 9, makerOrderId, priceTicks: 5 },
        ...{ takerPreventedLots: 1, makerPreventedLots: 2, stpMode: StpMode.EXPIRE_MAKER },
      });
      feed(MARKETS, placed({ orderId: 1 }), placed({ orderId: 2, accountId: 1001 }), placed({ orderId: 9 }));
      feed(
        MARKETS,
        changed(1, { status: OrderStatus.Expired, preventedMatch: match(1, 1) }, T0 + 5),
        changed(2, { status: OrderStatus.Expired, preventedMatch: match(2, 2) }, T0 + 5),
        changed(9, { preventedLots: 2, preventedMatch: match(2, 2) }, T0 + 5),
      );
      const row = (id: number, maker: number) => ({ ...match(id, maker), symbol: 'BTCUSDT', timeUs: T0 + 5 });
      for (const again of [false, true]) {
        if (again) await reopen();
        const of = (account: number, page: object) => store.preventedMatches(account, 'BTCUSDT', { limit: 100, ...page });
        expect(await of(1000, {})).toEqual([row(1, 1), row(2, 2)]);
        expect(await of(1001, {})).toEqual([row(2, 2)]);
        expect(await of(1000, { orderId: 1 })).toEqual([row(1, 1)]);
        expect(await of(1000, { orderId: 9, fromId: 2 })).toEqual([row(2, 2)]);
        expect(await of(1000, { preventedMatchId: 1 })).toEqual([row(1, 1)]);
        expect(await of(1000, { preventedMatchId: 3 })).toEqual([]);
        expect(await store.preventedMatches(1000, 'ETHUSDT', ALL)).toEqual([]);
      }
    });

    it('lists balance changes as whole balances, one asset or all', async () => {
      const balance = (asset: string, free: bigint, cause: Balance['cause'], requestId = ''): Balance => ({
        ...{ accountId: 1000, asset, free, locked: 0n, updateUs: T0 + Number(free), cause, requestId },
      });
      const [first] = feed(ACCOUNTS, created(EntityType.Balance, '1000-BTC', balance('BTC', 5n, BalanceCause.DEPOSIT, 'd1'), T0));
      await reopen();
      const [second, third] = feed(
        ACCOUNTS,
        created(EntityType.Balance, '1000-USDT', balance('USDT', 7n, BalanceCause.DEPOSIT, 'd2'), T0),
        updated(
          EntityType.Balance,
          '1000-BTC',
          [
            ...[BalanceField.free, 5n, 8n, BalanceField.updateUs, T0 + 5, T0 + 8],
            ...[BalanceField.cause, BalanceCause.DEPOSIT, BalanceCause.TRADING, BalanceField.requestId, 'd1', ''],
          ],
          T0,
        ),
      );
      feed(ACCOUNTS, created(EntityType.Balance, '1001-BTC', { ...balance('BTC', 1n, 1), accountId: 1001 }, T0));
      const rows = [
        { ...balance('BTC', 5n, BalanceCause.DEPOSIT, 'd1'), entrySequence: first },
        { ...balance('USDT', 7n, BalanceCause.DEPOSIT, 'd2'), entrySequence: second },
        { ...balance('BTC', 8n, BalanceCause.TRADING), entrySequence: third },
      ];
      for (const again of [false, true]) {
        if (again) await reopen();
        expect(await store.balanceChanges(1000, undefined, ALL)).toEqual(rows);
        expect(await store.balanceChanges(1000, 'BTC', ALL)).toEqual([rows[0], rows[2]]);
        expect(await store.balanceChanges(1000, undefined, { limit: 1 })).toEqual([rows[2]]);
        expect(await store.balanceChanges(1000, undefined, { limit: 1, fromId: second as number })).toEqual([rows[1]]);
        expect(await store.balanceChanges(1000, 'DOGE', ALL)).toEqual([]);
        expect(await store.balanceChanges(99, undefined, ALL)).toEqual([]);
      }
    });

    describe('klines', () => {
      const builder = (): KLineBuilder => new KLineBuilder('BTCUSDT');
      const trade = (tradeId: number, tradeUs: number, priceTicks: number): SpotTrade =>
        (traded({ tradeId, tradeUs, priceTicks }).changeType as { fields: SpotTrade }).fields;
      const seen = (rows: readonly KLine[]): unknown[] =>
        rows.map((k) => [(k.openUs - T0) / MINUTE, k.openTicks, k.closeTicks, k.trades, k.closed]);

      beforeEach(() => {
        const klines = builder();
        for (const [i, [minute, price]] of (
          [
            [1, 50],
            [1, 60],
            [4, 70],
            [5, 80],
          ] as const
        ).entries()) {
          const entries: ChangeLogEntry[] = [];
          klines.trades([trade(i + 1, T0 + minute * MINUTE + i, price)], T0, entries);
          feed(KLINES, ...entries);
        }
      });

      it('come with the empty ones between and up to now, the running one last', async () => {
        for (const again of [false, true]) {
          if (again) await reopen();
          expect(seen(await store.klines('BTCUSDT', '1m', { limit: 10, nowUs: T0 + 5 * MINUTE + 9 }))).toEqual([
            [1, 50, 60, 2, true],
            [2, 60, 60, 0, true],
            [3, 60, 60, 0, true],
            [4, 70, 70, 1, true],
            [5, 80, 80, 1, false],
          ]);
          expect(seen(await store.klines('BTCUSDT', '1m', { limit: 2, nowUs: T0 + 7 * MINUTE }))).toEqual([
            [6, 80, 80, 0, true],
            [7, 80, 80, 0, false],
          ]);
          expect(await store.klines('ETHUSDT', '1m', { limit: 2, nowUs: T0 })).toEqual([]);
        }
      });

      it.each([
        ['from a time', { startUs: T0 + MINUTE + 1, limit: 2 }, [2, 3]],
        ['from an opening', { startUs: T0 + 2 * MINUTE, limit: 2 }, [2, 3]],
        ['up to a time', { endUs: T0 + 4 * MINUTE - 1, limit: 2 }, [2, 3]],
        ['between', { startUs: T0 + 3 * MINUTE, endUs: T0 + 4 * MINUTE, limit: 9 }, [3, 4]],
        ['from before the first trade', { startUs: T0 - 90 * MINUTE, limit: 2 }, [1, 2]],
        ['up to before the first trade', { endUs: T0, limit: 2 }, []],
        ['in the future', { startUs: T0 + 99 * MINUTE, limit: 2 }, []],
      ])('are paged by their opening: %s', async (_, page, want) => {
        await reopen();
        const rows = await store.klines('BTCUSDT', '1m', { ...page, nowUs: T0 + 6 * MINUTE });
        expect(rows.map((k) => (k.openUs - T0) / MINUTE)).toEqual(want);
      });

      it('open on the boundaries of the time zone', async () => {
        await reopen();
        const [day, ...rest] = await store.klines('BTCUSDT', '1d', { limit: 5, nowUs: T0 + 6 * MINUTE, timeZoneMinutes: 480 });
        expect(rest).toEqual([]);
        expect(day).toMatchObject({
          interval: '1d',
          openUs: Date.parse('2024-08-07T16:00:00Z') * 1000,
          closeUs: Date.parse('2024-08-08T16:00:00Z') * 1000 - 1,
          ...{ openTicks: 50, highTicks: 80, lowTicks: 50, closeTicks: 80, trades: 4, closed: false },
        });
        const shifted = await store.klines('BTCUSDT', '5m', { limit: 9, nowUs: T0 + 6 * MINUTE, timeZoneMinutes: 2 });
        expect(seen(shifted)).toEqual([
          [-2, 50, 60, 2, true],
          [3, 70, 80, 2, false],
        ]);
      });
    });

    describe('positions', () => {
      it('are per stream, and move with commits', async () => {
        expect(store.position(MARKETS)).toBe(0);
        feed(MARKETS, placed({ orderId: 1 }));
        feed(MARKETS);
        feed('admin');
        expect(store.position(MARKETS)).toBe(0);
        await store.flush();
        expect([store.position(MARKETS), store.position('admin'), store.position(ACCOUNTS)]).toEqual([2, 1, 0]);
        await reopen();
        expect([store.position(MARKETS), store.position('admin'), store.position(ACCOUNTS)]).toEqual([2, 1, 0]);
      });

      it('make feeding again harmless', async () => {
        const entries = [placed({ orderId: 1 }), traded({ tradeId: 1 })];
        for (let i = 0; i < 3; i++) {
          store.apply(MARKETS, 5, encodeStep(entries));
          await reopen();
        }
        store.apply(MARKETS, 4, encodeStep([traded({ tradeId: 99 })]));
        expect(tradeIds(await store.trades('BTCUSDT', ALL))).toEqual([1]);
        expect(store.position(MARKETS)).toBe(5);
      });

      it('cover what was applied before a flush was called, also while another commits', async () => {
        feed(MARKETS, placed({ orderId: 1 }));
        const first = store.flush();
        feed(MARKETS, placed({ orderId: 2 }));
        const second = store.flush();
        const third = store.flush();
        feed(MARKETS, placed({ orderId: 3 }));
        await Promise.all([first, second, third]);
        expect(store.position(MARKETS)).toBeGreaterThanOrEqual(2);
        await store.flush();
        expect(store.position(MARKETS)).toBe(3);
        expect(ids(await store.openOrders(1000))).toEqual([1, 2, 3]);
      });
    });

    it('shows what was applied at once', async () => {
      feed(MARKETS, placed({ orderId: 1 }), traded({ tradeId: 1 }));
      expect(ids(await store.openOrders(1000))).toEqual([1]);
      expect(tradeIds(await store.accountTrades(1000, 'BTCUSDT', ALL))).toEqual([1]);
    });

    it('neither keeps nor changes what it was given, and hands out copies', async () => {
      const entry = placed({ orderId: 1 });
      const list = orderList({ orderListId: 5 });
      feed(MARKETS, entry, created(EntityType.SpotOrderList, 5, list, T0));
      const before = structuredClone(entry);
      feed(MARKETS, changed(1, { status: OrderStatus.PartiallyFilled, origLots: 3 }));
      expect(entry).toEqual(before);
      for (const row of [await store.order(1000, 1), ...(await store.openOrders(1000)), ...(await store.orders(1000, 'BTCUSDT', ALL))]) {
        (row as SpotOrder).executedLots = 12345;
      }
      ((await store.openOrderLists(1000))[0] as SpotOrderList).updateUs = 1;
      expect((await store.order(1000, 1))?.executedLots).toBe(0);
      expect((await store.openOrderLists(1000))[0]?.updateUs).toBe(T0);
    });
  });
}
