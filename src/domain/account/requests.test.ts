import { beforeEach, describe, expect, it } from 'vitest';
import {
  AccountBench,
  instrumentOf,
  linesOf,
  marketSays,
  newOrder,
  outcomeOf,
  profileOf,
  tradeOf,
} from '../../../tests/fixtures/accounts.ts';
import { OrderStatus } from '../orderStatus.ts';
import { CancelRestriction, ContingencyType, OrderType, RequestKind, Side, SymbolStatus } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';

let bench: AccountBench;

beforeEach(() => {
  bench = new AccountBench();
  bench.deposit('USDT', 100_000n);
  bench.place();
});

const ref = { orderId: 0, origClientOrderId: '' };
const cancel = (changes: object, commandId = 50) =>
  bench.run({ kind: 'CancelOrder', ...ref, cancelClientOrderId: '', restriction: 0, commandId, ...changes });
const amend = (changes: object, commandId = 60) =>
  bench.run({ kind: 'AmendOrder', ...ref, newLots: 3, newClientOrderId: '', commandId, ...changes });
const replace = (changes: object, commandId = 70) =>
  bench.run({
    kind: 'CancelReplace',
    ...ref,
    orderId: 1,
    cancelClientOrderId: 'x',
    restriction: 0,
    allowFailure: false,
    order: newOrder({ clientOrderId: 'next', priceTicks: 50 }),
    commandId,
    ...changes,
  });
const placeList = () =>
  bench.run({
    kind: 'PlaceOrderList',
    contingencyType: ContingencyType.OTO,
    listClientOrderId: 'list',
    orders: [newOrder({ clientOrderId: 'w' }), newOrder({ clientOrderId: 'p', side: Side.SELL })],
  });

function refuses(reason: EngineReason, run: () => unknown): void {
  expect(run()).toEqual({ ok: false, reason });
  expect(bench.entries).toEqual([]);
}

describe('a cancel', () => {
  const asked = { ok: true, orders: [], list: null, requestedOrderIds: [1] };

  it('is passed on, by order id, client order id or both', () => {
    expect(cancel({ orderId: 1, cancelClientOrderId: 'k', restriction: CancelRestriction.ONLY_NEW })).toEqual(asked);
    expect(bench.entries[0]?.changeType).toMatchObject({
      changedFields: [
        42,
        null,
        {
          kind: RequestKind.CANCEL,
          commandId: 50,
          symbol: 'BTCUSDT',
          clientOrderId: 'k',
          restriction: CancelRestriction.ONLY_NEW,
          lots: 0,
        },
      ],
    });
    expect(bench.entries).toHaveLength(1);
    expect(cancel({ origClientOrderId: 'c1' }, 51)).toEqual(asked);
    expect(cancel({ orderId: 1, origClientOrderId: 'c1' }, 52)).toEqual(asked);
  });

  it('is passed on again while another is on its way', () => {
    cancel({ orderId: 1 });
    expect(cancel({ orderId: 1 }, 51)).toEqual(asked);
    expect(linesOf(bench.entries)).toEqual(['order 1: request null>[1 #51]']);
  });

  it('is passed on once per command', () => {
    cancel({ orderId: 1 });
    expect(cancel({ orderId: 1 })).toEqual({ ...asked, duplicate: true, closedOrderIds: [] });
    expect(bench.entries).toEqual([]);
  });

  it('of an order that has ended is refused at once', () => {
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancel({ orderId: 1 }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancel({ origClientOrderId: 'c1' }));
  });

  it('must name an order of the symbol, and by ids that go together', () => {
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR' }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancel({ orderId: 1, symbol: 'BTCEUR' }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancel({ orderId: 9 }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancel({ origClientOrderId: 'c9' }));
    refuses(EngineReject.CANCEL_MISMATCH, () => cancel({ orderId: 1, origClientOrderId: 'c9' }));
    refuses(EngineReject.CANCEL_MISMATCH, () => cancel({}));
    refuses(EngineReject.UNKNOWN_SYMBOL, () => cancel({ orderId: 1, symbol: 'NOPE' }));
  });

  it('is refused on a frozen account and where the symbol is poisoned, and nowhere else', () => {
    for (const status of [SymbolStatus.HALT, SymbolStatus.BREAK, SymbolStatus.CANCEL_ONLY]) {
      bench.instruments.set('BTCUSDT', instrumentOf({ status }));
      expect(cancel({ orderId: 1 }, 80 + status)).toEqual(asked);
    }
    bench.instruments.set('BTCUSDT', instrumentOf({ status: SymbolStatus.HALT, haltReason: 'crash' }));
    refuses(EngineReject.SYMBOL_HALTED_BY_POISON, () => cancel({ orderId: 1 }));
    bench.current = profileOf(1000, { canTrade: false });
    bench.instruments.set('BTCUSDT', instrumentOf());
    expect(cancel({ orderId: 1 }, 90)).toEqual(asked);
    bench.current = profileOf(1000, { frozen: true });
    refuses(EngineReject.ACCOUNT_FROZEN, () => cancel({ orderId: 1 }));
    bench.current = undefined;
    refuses(EngineReject.UNKNOWN_ACCOUNT, () => cancel({ orderId: 1 }));
  });
});

describe('an amend', () => {
  it('is passed on', () => {
    expect(amend({ orderId: 1 })).toEqual({ ok: true, orders: [], list: null, requestedOrderIds: [1] });
    expect(linesOf(bench.entries)).toEqual(['order 1: request null>[2 #60 lots 3]']);
    expect(amend({ orderId: 1 })).toMatchObject({ duplicate: true, requestedOrderIds: [1] });
  });

  it('takes effect by its outcome: less reserved, another name', () => {
    amend({ orderId: 1, newClientOrderId: 'c2' });
    expect(linesOf(bench.entries)).toEqual(['order 1: request null>[2 #60 lots 3 as c2]']);
    bench.settle(
      marketSays(1, {
        clientOrderId: 'c2',
        origLots: 3,
        amendCount: 1,
        outcome: outcomeOf(60, RequestKind.AMEND, 0, 'c2'),
      }),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 1: outcome null>[2 #60 as c2]',
      'order 1: clientOrderId c1>c2, origLots 5>3, amendCount 0>1, reservedUnits 5000>3000',
      'balance 1000-USDT: free 95000>97000, locked 5000>3000',
    ]);
    expect(bench.place({ clientOrderId: 'c1', lots: 1 })).toMatchObject({ ok: true });
    refuses(EngineReject.DUPLICATE_ORDER, () => bench.place({ clientOrderId: 'c2' }));
  });

  it('claims its new name until its outcome', () => {
    amend({ orderId: 1, newClientOrderId: 'c2' });
    for (const how of ['live', 'restore', 'fold'] as const) {
      if (how !== 'live') bench.takeOver(how);
      refuses(EngineReject.DUPLICATE_ORDER, () => bench.place({ clientOrderId: 'c2' }));
      expect(cancel({ origClientOrderId: 'c2' }, 100 + how.length)).toMatchObject({ requestedOrderIds: [1] });
    }
    bench.settle(marketSays(1, { outcome: outcomeOf(60, RequestKind.AMEND, EngineReject.AMEND_LIMIT.code, 'c2') }));
    expect(linesOf(bench.entries)).toEqual(['order 1: outcome null>[2 #60 code 15 as c2]']);
    expect(bench.place({ clientOrderId: 'c2' })).toMatchObject({ ok: true });
  });

  it('gives its claim up when the order ends', () => {
    amend({ orderId: 1, newClientOrderId: 'c2' });
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    expect(bench.place({ clientOrderId: 'c2' })).toMatchObject({ ok: true });
    bench.settle(marketSays(1, { outcome: outcomeOf(60, RequestKind.AMEND, 14) }));
    expect(bench.entries).toEqual([]);
  });

  it('is refused when it cannot do what it says', () => {
    bench.place({ clientOrderId: 'other' });
    refuses(EngineReject.AMEND_UNKNOWN_ORDER, () => amend({ orderId: 9 }));
    refuses(EngineReject.AMEND_INCREASE, () => amend({ orderId: 1, newLots: 6 }));
    refuses(EngineReject.AMEND_NO_CHANGE, () => amend({ orderId: 1, newLots: 5 }));
    refuses(EngineReject.DUPLICATE_ORDER, () => amend({ orderId: 1, newClientOrderId: 'other' }));
    refuses(EngineReject.LOT_SIZE, () => amend({ orderId: 1, newLots: 0 }));
    bench.setFilters({ minNotionalUnits: 4000n });
    refuses(EngineReject.MIN_NOTIONAL, () => amend({ orderId: 1 }));
    bench.setFilters({}, { amendAllowed: false });
    refuses(EngineReject.AMEND_UNSUPPORTED, () => amend({ orderId: 1 }));
    bench.setFilters({}, { status: SymbolStatus.HALT });
    refuses(EngineReject.MARKET_CLOSED, () => amend({ orderId: 1 }));
    bench.setFilters({}, { status: SymbolStatus.CANCEL_ONLY });
    expect(amend({ orderId: 1, newClientOrderId: 'c1' })).toMatchObject({ ok: true });
    bench.current = profileOf(1000, { canTrade: false });
    refuses(EngineReject.ACTION_DISABLED, () => amend({ orderId: 1 }, 61));
    bench.current = profileOf(1000, { frozen: true });
    refuses(EngineReject.ACCOUNT_FROZEN, () => amend({ orderId: 1 }, 61));
  });

  it('is refused beyond MAX_NUM_ORDER_AMENDS', () => {
    bench.setFilters({ maxNumOrderAmends: 1 });
    bench.settle(marketSays(1, { origLots: 4, amendCount: 1 }));
    refuses(EngineReject.AMEND_LIMIT, () => amend({ orderId: 1 }));
  });
});

describe('a cancel-replace', () => {
  const done = (code = 0, changes: object = {}) =>
    bench.settle(marketSays(1, { ...changes, outcome: outcomeOf(70, RequestKind.CANCEL, code, 'x') }));
  const cancelled = { status: OrderStatus.Cancelled, bookLots: 0 };

  it('places its order in the step that settles the cancel, with the funds that frees', () => {
    const order = newOrder({ clientOrderId: 'next', priceTicks: 2000 });
    expect(replace({ order })).toBe('deferred');
    expect(linesOf(bench.entries)).toEqual(['order 1: request null>[1 #70 as x +replacement]']);
    expect([...bench.live.pendingReplaceIds()]).toEqual([70]);
    const replies = done(0, cancelled);
    expect(linesOf(bench.entries)).toEqual([
      'order 1: reservedUnits 5000>0, status 1>4',
      'new order 2: status 1, reservedUnits 100000',
      'balance 1000-USDT: free 95000>0, locked 5000>100000',
    ]);
    expect(replies).toEqual([
      {
        commandId: 70,
        cancel: outcomeOf(70, RequestKind.CANCEL, 0, 'x'),
        place: { ok: true, orders: [bench.order(2)], list: null, requestedOrderIds: [] },
      },
    ]);
    expect(bench.order(2)).toMatchObject({ commandId: 70, clientOrderId: 'next' });
    expect([...bench.live.pendingReplaceIds()]).toEqual([]);
  });

  it.each(['restore', 'fold'] as const)('goes on after a take-over by %s', (how) => {
    replace({});
    bench.takeOver(how);
    expect(done(0, cancelled)).toMatchObject([{ commandId: 70, place: { ok: true } }]);
    expect(bench.order(2)).toMatchObject({ clientOrderId: 'next' });
    bench.takeOver(how);
    expect(replace({})).toMatchObject({ duplicate: true, orders: [{ orderId: 2 }], requestedOrderIds: [1] });
  });

  it('is deferred again for a retry that comes meanwhile', () => {
    replace({});
    expect(replace({})).toBe('deferred');
    expect(bench.entries).toEqual([]);
  });

  it('may take over the name of the order it replaces', () => {
    replace({ order: newOrder({ clientOrderId: 'c1' }) });
    expect(done(0, cancelled)).toMatchObject([{ place: { ok: true, orders: [{ clientOrderId: 'c1' }] } }]);
  });

  it('that is restricted leaves the order alone, and places only where that is allowed', () => {
    replace({});
    const code = EngineReject.CANCEL_RESTRICTED.code;
    expect(done(code)).toEqual([{ commandId: 70, cancel: outcomeOf(70, RequestKind.CANCEL, code, 'x'), place: null }]);
    expect(linesOf(bench.entries)).toEqual(['order 1: outcome null>[1 #70 code 10 as x]']);
    expect(replace({ allowFailure: true }, 71)).toBe('deferred');
    const replies = bench.settle(marketSays(1, { outcome: outcomeOf(71, RequestKind.CANCEL, code) }));
    expect(replies).toMatchObject([{ commandId: 71, cancel: { code }, place: { ok: true } }]);
    expect(bench.live.openOrderCount).toBe(2);
  });

  it('fails as soon as its order ends some other way', () => {
    replace({});
    const replies = bench.settle(
      tradeOf({ buyerOrderId: 1, buyerAccountId: 1000, lots: 5 }),
      marketSays(1, { status: OrderStatus.Filled, executedLots: 5 }),
    );
    const { code } = EngineReject.UNKNOWN_ORDER;
    expect(replies).toEqual([{ commandId: 70, cancel: outcomeOf(70, RequestKind.CANCEL, code, 'x'), place: null }]);
    expect(bench.settle(marketSays(1, { outcome: outcomeOf(70, RequestKind.CANCEL, code) }))).toEqual([]);
    expect(bench.entries).toEqual([]);
  });

  it('one of two on the same order succeeds', () => {
    replace({});
    replace({ allowFailure: true, order: newOrder({ clientOrderId: 'b' }) }, 71);
    expect(done(0, cancelled)).toMatchObject([
      { commandId: 70, cancel: { code: 0 }, place: { ok: true } },
      { commandId: 71, cancel: { code: 1 }, place: { ok: true, orders: [{ clientOrderId: 'b' }] } },
    ]);
  });

  it('says when the second half failed', () => {
    replace({ order: newOrder({ priceTicks: 2001, clientOrderId: 'next' }) });
    expect(done(0, cancelled)).toMatchObject([{ cancel: { code: 0 }, place: { ok: false, reason: EngineReject.INSUFFICIENT_BALANCE } }]);
  });

  it('of an unknown order is answered at once', () => {
    const cancel = outcomeOf(70, RequestKind.CANCEL, EngineReject.UNKNOWN_ORDER.code, 'x');
    expect(replace({ orderId: 9 })).toEqual({ commandId: 70, cancel, place: null });
    expect(bench.entries).toEqual([]);
    expect(replace({ orderId: 9, allowFailure: true })).toMatchObject({ cancel, place: { ok: true } });
    expect(linesOf(bench.entries)[0]).toBe('new order 2: status 1, reservedUnits 2500');
    expect(replace({ orderId: 9, allowFailure: true })).toMatchObject({ duplicate: true, orders: [{ orderId: 2 }] });
  });

  it('is refused before either half by counts, status and what the symbol supports', () => {
    bench.setFilters({ maxNumOrders: 1 });
    refuses(EngineReject.MAX_NUM_ORDERS, () => replace({}));
    bench.setFilters({}, { status: SymbolStatus.HALT });
    refuses(EngineReject.MARKET_CLOSED, () => replace({}));
    bench.setFilters({}, { cancelReplaceAllowed: false });
    refuses(EngineReject.CANCEL_REPLACE_UNSUPPORTED, () => replace({}));
    refuses(EngineReject.UNKNOWN_SYMBOL, () => replace({ symbol: 'NOPE' }));
    bench.current = undefined;
    refuses(EngineReject.UNKNOWN_ACCOUNT, () => replace({}));
  });
});

describe('cancelling a list or everything', () => {
  const cancelList = (changes: object) =>
    bench.run({
      kind: 'CancelOrderList',
      orderListId: 0,
      listClientOrderId: '',
      cancelClientOrderId: 'k',
      commandId: 55,
      ...changes,
    });
  const cancelAll = (changes: object = {}) => bench.run({ kind: 'CancelAllOrders', commandId: 56, ...changes });

  it('asks for one leg of the list', () => {
    placeList();
    expect(cancelList({ listClientOrderId: 'list' })).toMatchObject({
      ok: true,
      list: { orderListId: 2 },
      requestedOrderIds: [3],
    });
    expect(linesOf(bench.entries)).toEqual(['order 3: request null>[1 #55 as k]']);
    expect(cancelList({ orderListId: 2 })).toMatchObject({ duplicate: true, list: { orderListId: 2 } });
    bench.settle(marketSays(3, { status: OrderStatus.Cancelled }), marketSays(4, { status: OrderStatus.Cancelled }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancelList({ orderListId: 2, commandId: 57 }));
  });

  it('must name a list of the symbol, by ids that go together', () => {
    placeList();
    refuses(EngineReject.CANCEL_MISMATCH, () => cancelList({}));
    refuses(EngineReject.CANCEL_MISMATCH, () => cancelList({ orderListId: 2, listClientOrderId: 'no' }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancelList({ orderListId: 9 }));
    refuses(EngineReject.UNKNOWN_ORDER, () => cancelList({ listClientOrderId: 'no' }));
    refuses(EngineReject.UNKNOWN_SYMBOL, () => cancelList({ orderListId: 2, symbol: 'NOPE' }));
  });

  it('asks once per order and once per list of the symbol', () => {
    bench.instruments.set('BTCEUR', instrumentOf({ symbol: 'BTCEUR', quoteAsset: 'EUR' }));
    bench.deposit('EUR', 5000n);
    placeList();
    bench.place({ clientOrderId: 'eur' }, { symbol: 'BTCEUR' });
    bench.place({ clientOrderId: 'last', type: OrderType.LIMIT_MAKER });
    expect(cancelAll()).toMatchObject({ ok: true, requestedOrderIds: [1, 3, 6] });
    expect(linesOf(bench.entries)).toEqual([
      'order 1: request null>[1 #56]',
      'order 3: request null>[1 #56]',
      'order 6: request null>[1 #56]',
    ]);
    expect(cancelAll()).toMatchObject({ requestedOrderIds: [1, 3, 6], duplicate: true, list: null });
  });

  it('with nothing open is refused', () => {
    bench.settle(marketSays(1, { status: OrderStatus.Expired }));
    refuses(EngineReject.NOTHING_OPEN, () => cancelAll());
    refuses(EngineReject.UNKNOWN_SYMBOL, () => cancelAll({ symbol: 'NOPE' }));
  });
});
