// Cancel and amend of single orders, and pegged prices.
import { describe, expect, test } from 'vitest';
import { instrument, order, request, TestMarket } from '../../../tests/market/fixture.ts';
import { OrderStatus } from '../orderStatus.ts';
import { CancelRestriction, ExpiryReason, OrderType, PegOffsetType, PegPriceType, RequestKind, Side, SymbolStatus } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';

const { Pending, PartiallyFilled, Cancelled, Rejected, Expired } = OrderStatus;
const { BUY, SELL } = Side;

function outcome(kind: RequestKind, code: number, clientOrderId = ''): object {
  return { commandId: 900, kind, code, clientOrderId };
}

describe('cancel', () => {
  test('ends a resting order, with the outcome in its entry', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }));
    expect(market.request(1, request(RequestKind.CANCEL, { clientOrderId: 'why' }))).toEqual([
      {
        updated: 'order',
        id: 1,
        status: Cancelled,
        bookLots: 0,
        updateId: 2,
        outcome: outcome(RequestKind.CANCEL, 0, 'why'),
        updateUs: 1_000_002,
      },
    ]);
    expect(market.market.depth(1)).toEqual({ bids: [], asks: [] });
  });

  test('ends a conditional order', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, type: OrderType.STOP_LOSS, stopPriceTicks: 120, origLots: 5 }));
    expect(market.request(1, request(RequestKind.CANCEL))).toEqual([
      { updated: 'order', id: 1, status: Cancelled, outcome: outcome(RequestKind.CANCEL, 0), updateUs: 1_000_002 },
    ]);
  });

  test('of an unknown order is answered all the same', () => {
    const market = new TestMarket();
    const cancel = request(RequestKind.CANCEL);
    expect(market.request(77, cancel)).toEqual([
      { updated: 'order', id: 77, outcome: outcome(RequestKind.CANCEL, EngineReject.UNKNOWN_ORDER.code) },
    ]);
    expect(market.log[0]?.changeType).toMatchObject({ changedFields: [43, null, { code: 1 }] });
    expect(market.fold().hash()).toBe(market.market.hash());
  });

  test('keeps to its restriction', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }));
    const onlyNew = request(RequestKind.CANCEL, { restriction: CancelRestriction.ONLY_NEW });
    const onlyPartial = request(RequestKind.CANCEL, { restriction: CancelRestriction.ONLY_PARTIALLY_FILLED });
    const restricted = { outcome: outcome(RequestKind.CANCEL, EngineReject.CANCEL_RESTRICTED.code) };
    expect(market.request(1, onlyPartial)).toEqual([{ updated: 'order', id: 1, ...restricted }]);
    market.place(order({ orderId: 2, side: SELL, priceTicks: 100, origLots: 2 }));
    expect(market.request(1, { ...onlyNew, commandId: 901 })).toMatchObject([{ id: 1, outcome: { code: 10 } }]);
    expect(market.market.openOrder(1)).toMatchObject({ status: PartiallyFilled, bookLots: 3 });
    expect(market.request(1, onlyPartial)).toMatchObject([{ id: 1, status: Cancelled }]);
    market.place(order({ orderId: 3, side: BUY, priceTicks: 100, origLots: 5 }));
    expect(market.request(3, onlyNew)).toMatchObject([{ id: 3, status: Cancelled }]);
    expect(market.fold().hash()).toBe(market.market.hash());
  });
});

describe('amend', () => {
  const amend = (lots: number, clientOrderId = '') => request(RequestKind.AMEND, { lots, clientOrderId });

  test('shrinks an order where it stands', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }));
    market.place(order({ orderId: 2, side: BUY, priceTicks: 100, origLots: 5 }));
    expect(market.request(1, amend(4, 'renamed'))).toEqual([
      {
        updated: 'order',
        id: 1,
        origLots: 4,
        amendCount: 1,
        clientOrderId: 'renamed',
        outcome: outcome(RequestKind.AMEND, 0, 'renamed'),
        bookLots: 4,
        updateId: 3,
        updateUs: 1_000_003,
      },
    ]);
    expect(market.place(order({ orderId: 3, side: SELL, priceTicks: 100, origLots: 5 })).filter((e) => 'at' in e)).toMatchObject([
      { maker: 1, lots: 4 },
      { maker: 2, lots: 1 },
    ]);
  });

  test('below what is executed already leaves nothing', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }));
    market.place(order({ orderId: 2, side: SELL, priceTicks: 100, origLots: 3 }));
    expect(market.request(1, amend(2))).toMatchObject([{ id: 1, origLots: 3, status: Expired, bookLots: 0, outcome: { code: 0 } }]);
  });

  test("an iceberg's visible part shrinks only when it must", () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 9, icebergLots: 4 }));
    const [kept] = market.request(1, amend(6));
    expect(kept).toMatchObject({ origLots: 6 });
    expect(kept).not.toHaveProperty('bookLots');
    expect(market.request(1, { ...amend(3), commandId: 901 })).toMatchObject([{ origLots: 3, bookLots: 3 }]);
  });

  test('of a conditional order changes its quantity', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, type: OrderType.STOP_LOSS, stopPriceTicks: 120, origLots: 5 }));
    expect(market.request(1, amend(2))).toMatchObject([{ id: 1, origLots: 2, outcome: { code: 0 } }]);
  });

  test.each([
    ['more', 1, 6, EngineReject.AMEND_INCREASE],
    ['the same', 1, 5, EngineReject.AMEND_NO_CHANGE],
    ['of an unknown order', 7, 1, EngineReject.AMEND_UNKNOWN_ORDER],
  ])('%s is refused', (_name, orderId, lots, { code }) => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 5 }));
    expect(market.request(orderId, amend(lots))).toEqual([{ updated: 'order', id: orderId, outcome: outcome(RequestKind.AMEND, code) }]);
  });

  test('is refused in a halt, and after MAX_NUM_ORDER_AMENDS', () => {
    const market = new TestMarket();
    market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 50 }));
    market.market.updateInstrument({ ...instrument, status: SymbolStatus.HALT });
    expect(market.request(1, amend(40))).toMatchObject([{ outcome: { code: EngineReject.MARKET_CLOSED.code } }]);
    market.market.updateInstrument(instrument);
    for (let i = 1; i <= 10; i++) expect(market.request(1, amend(50 - i))).toMatchObject([{ amendCount: i }]);
    expect(market.request(1, amend(10))).toMatchObject([{ outcome: { code: EngineReject.AMEND_LIMIT.code } }]);
  });
});

describe('pegged orders', () => {
  const levels: [side: Side, priceTicks: number][] = [
    [BUY, 100],
    [BUY, 98],
    [BUY, 95],
    [SELL, 103],
    [SELL, 107],
  ];
  const peg = (pegPriceType: PegPriceType, pegOffsetValue: number) => ({
    pegPriceType,
    pegOffsetType: PegOffsetType.PRICE_LEVEL,
    pegOffsetValue,
    reservedUnits: 10n ** 6n,
  });
  const withLevels = (): TestMarket => {
    const market = new TestMarket();
    levels.forEach(([side, priceTicks], i) => {
      market.place(order({ orderId: i + 1, side, priceTicks, origLots: 2 }));
    });
    return market;
  };

  test.each([
    ['PRIMARY BUY', BUY, PegPriceType.PRIMARY_PEG, 0, 100],
    ['PRIMARY BUY two levels deeper', BUY, PegPriceType.PRIMARY_PEG, 2, 95],
    ['PRIMARY SELL one level deeper', SELL, PegPriceType.PRIMARY_PEG, 1, 107],
  ])('%s rests at an existing price', (_name, side, type, offset, price) => {
    const market = withLevels();
    expect(market.place(order({ orderId: 9, side, origLots: 1, ...peg(type, offset) }))).toEqual([
      { created: 'order', id: 9, status: Pending, bookLots: 1, updateId: 6, peggedPriceTicks: price },
    ]);
  });

  test('MARKET takes at the best price of the other side, and rests there', () => {
    const market = withLevels();
    const taken = market.place(order({ orderId: 9, side: BUY, origLots: 3, ...peg(PegPriceType.MARKET_PEG, 0) }));
    expect(taken).toMatchObject([
      { created: 'order', peggedPriceTicks: 103 },
      { at: 103, lots: 2 },
      { id: 4 },
      { id: 9, status: PartiallyFilled, bookLots: 1 },
    ]);
    expect(market.market.depth(1).bids).toEqual([[103, 1]]);
  });

  test.each([
    ['no such level', peg(PegPriceType.PRIMARY_PEG, 3), EngineReject.NO_PEG_PRICE],
    ['a price beyond its funds', { ...peg(PegPriceType.PRIMARY_PEG, 0), reservedUnits: 999n }, EngineReject.INSUFFICIENT_BALANCE],
    ['a LIMIT_MAKER at the other side', { ...peg(PegPriceType.MARKET_PEG, 0), type: OrderType.LIMIT_MAKER }, EngineReject.PEG_CROSSES],
  ])('%s is refused', (_name, terms, { code }) => {
    const market = withLevels();
    expect(market.place(order({ orderId: 9, side: BUY, origLots: 1, ...terms }))).toEqual([
      { created: 'order', id: 9, status: Rejected, rejectCode: code },
    ]);
  });

  test('filters hold for the price it gets', () => {
    const filters = { ...instrument.filters, maxPriceTicks: 99, minNotionalUnits: 1_960n };
    const market = withLevels();
    market.market.updateInstrument({ ...instrument, filters });
    const place = (orderId: number, offset: number, origLots: number): object[] =>
      market.place(order({ orderId, side: BUY, origLots, ...peg(PegPriceType.PRIMARY_PEG, offset) }));
    expect(place(9, 0, 2)).toMatchObject([{ rejectCode: EngineReject.PRICE_FILTER.code }]);
    expect(place(10, 1, 1)).toMatchObject([{ rejectCode: EngineReject.MIN_NOTIONAL.code }]);
    expect(place(11, 1, 2)).toMatchObject([{ status: Pending, peggedPriceTicks: 98 }]);
  });

  test('a conditional one is priced when it fires', () => {
    const market = withLevels();
    const stop = { side: SELL, type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 100, origLots: 1 };
    market.place(order({ orderId: 9, ...stop, ...peg(PegPriceType.PRIMARY_PEG, 1) }));
    market.place(order({ orderId: 10, ...stop, ...peg(PegPriceType.PRIMARY_PEG, 9) }));
    // The taker rests at 99 first: one level deeper is 103, nine levels deeper is nothing.
    expect(market.place(order({ orderId: 11, side: SELL, priceTicks: 99, origLots: 3 })).slice(-3)).toMatchObject([
      { id: 11, status: PartiallyFilled, bookLots: 1 },
      { id: 9, status: Pending, peggedPriceTicks: 103, bookLots: 1 },
      { id: 10, status: Expired, expiryReason: ExpiryReason.REJECTED },
    ]);
  });
});
