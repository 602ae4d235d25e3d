// Order lists: what one leg's fate does to the others.
import { describe, expect, test } from 'vitest';
import { instrument, list, order, request, TestMarket } from '../../../tests/market/fixture.ts';
import { OrderStatus } from '../orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  RequestKind,
  Side,
  StpMode,
  SymbolStatus,
  TimeInForce,
} from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import type { SpotOrder } from '../spotOrder.ts';

const { ConditionalPending, Pending, PartiallyFilled, Filled, Cancelled, Rejected, Expired } = OrderStatus;
const { BUY, SELL } = Side;
const LIST = 100;
const open = { created: 'list', id: LIST, statusType: ListStatusType.EXEC_STARTED, orderStatus: ListOrderStatus.EXECUTING };
const refused = { created: 'list', id: LIST, statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.REJECT };
const done = { updated: 'list', id: LIST, statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE };

/** A last price of 100, bids of 95 and asks of 105 behind it. */
function marketAt100(): TestMarket {
  const market = new TestMarket();
  market.place(order({ orderId: 1, side: BUY, priceTicks: 100, origLots: 1 }));
  market.place(order({ orderId: 2, side: SELL, priceTicks: 100, origLots: 1 }));
  market.place(order({ orderId: 3, side: BUY, priceTicks: 95, origLots: 50 }));
  market.place(order({ orderId: 4, side: SELL, priceTicks: 105, origLots: 50 }));
  return market;
}

function leg(orderId: number, listLeg: ListLeg, side: Side, terms: Partial<SpotOrder>): SpotOrder {
  return order({ orderId, accountId: 50, side, orderListId: LIST, listLeg, origLots: 4, ...terms });
}

/** SELL: a profit at 103, a stop at 97 that takes whatever it gets. */
const above = (orderId: number, terms: Partial<SpotOrder> = {}): SpotOrder =>
  leg(orderId, ListLeg.ABOVE, SELL, { type: OrderType.LIMIT_MAKER, priceTicks: 103, ...terms });
const below = (orderId: number, terms: Partial<SpotOrder> = {}): SpotOrder =>
  leg(orderId, ListLeg.BELOW, SELL, { type: OrderType.STOP_LOSS, stopPriceTicks: 97, ...terms });

function placeOco(market: TestMarket, legs: SpotOrder[] = [above(11), below(12)]): object[] {
  return market.placeList(list(LIST, ContingencyType.OCO, legs), legs);
}

/** Trades away what stands at and above a price, from the buyers' side. */
function sellDownTo(market: TestMarket, priceTicks: number, origLots: number): object[] {
  return market.place(order({ orderId: 700 + market.log.length, side: SELL, priceTicks, origLots, timeInForce: TimeInForce.IOC }));
}

describe('OCO', () => {
  test('both legs work from the start', () => {
    const market = marketAt100();
    expect(placeOco(market)).toEqual([
      open,
      { created: 'order', id: 11, status: Pending, bookLots: 4, updateId: 5 },
      { created: 'order', id: 12, status: ConditionalPending },
    ]);
  });

  test('a fill of the limit leg ends the stop, the list is done when the limit leg is', () => {
    const market = marketAt100();
    placeOco(market);
    expect(market.place(order({ orderId: 20, side: BUY, priceTicks: 103, origLots: 1 })).slice(2)).toMatchObject([
      { id: 11, status: PartiallyFilled, bookLots: 3 },
      { id: 12, status: Expired, expiryReason: ExpiryReason.OCO_TRIGGER },
      { id: 20, status: Filled },
    ]);
    expect(market.place(order({ orderId: 21, side: BUY, priceTicks: 103, origLots: 3 })).slice(2)).toMatchObject([
      { id: 11, status: Filled },
      done,
      { id: 21, status: Filled },
    ]);
  });

  test('the stop firing ends the limit leg before it trades itself', () => {
    const market = marketAt100();
    placeOco(market);
    market.place(order({ orderId: 20, side: BUY, priceTicks: 97, origLots: 1 }));
    expect(sellDownTo(market, 97, 1).slice(3)).toMatchObject([
      { status: Filled },
      { id: 11, status: Expired, expiryReason: ExpiryReason.OCO_TRIGGER, bookLots: 0 },
      { id: 12, status: Pending },
      { at: 95, lots: 4, maker: 3, taker: 12 },
      { id: 3, status: PartiallyFilled },
      { id: 12, status: Filled },
      done,
    ]);
  });

  test('cancelling either leg cancels the list', () => {
    for (const orderId of [11, 12]) {
      const market = marketAt100();
      placeOco(market);
      const entries = market.request(orderId, request(RequestKind.CANCEL));
      expect(entries).toMatchObject([
        { id: orderId, status: Cancelled, outcome: { code: 0 } },
        { id: 23 - orderId, status: Cancelled },
        done,
      ]);
      expect(entries[1]).not.toHaveProperty('outcome');
      expect(market.fold().hash()).toBe(market.market.hash());
    }
  });

  test('amending a leg amends both', () => {
    const market = marketAt100();
    placeOco(market);
    expect(market.request(12, request(RequestKind.AMEND, { lots: 3, clientOrderId: 'renamed' }))).toMatchObject([
      { id: 12, origLots: 3, amendCount: 1, clientOrderId: 'renamed', outcome: { code: 0 } },
      { id: 11, origLots: 3, bookLots: 3 },
      { updated: 'list', id: LIST, statusType: ListStatusType.UPDATED },
    ]);
    expect(market.request(11, request(RequestKind.AMEND, { lots: 2 }))).toMatchObject([{ id: 11 }, { id: 12, origLots: 2 }]);
    expect(market.fold().hash()).toBe(market.market.hash());
  });

  test('self-trade prevention of the limit leg ends the stop', () => {
    const market = marketAt100();
    placeOco(market);
    const taker = order({ orderId: 20, accountId: 50, side: BUY, priceTicks: 103, origLots: 1, stpMode: StpMode.DECREMENT });
    expect(market.place(taker).slice(1)).toMatchObject([
      { id: 11, preventedLots: 1, bookLots: 3 },
      { id: 12, status: Expired, expiryReason: ExpiryReason.OCO_TRIGGER },
      { id: 20, status: Expired, expiryReason: ExpiryReason.SELF_TRADE_PREVENTION },
    ]);
  });

  test.each([
    ['a limit leg that would match', [above(11, { priceTicks: 95 }), below(12, { stopPriceTicks: 90 })], EngineReject.OCO_PRICES],
    ['a limit leg on the wrong side of the last price', [above(11, { priceTicks: 99 }), below(12)], EngineReject.OCO_PRICES],
    ['a stop that would fire', [above(11), below(12, { stopPriceTicks: 100 })], EngineReject.WOULD_TRIGGER],
    ['prices the wrong way round', [above(11), below(12, { stopPriceTicks: 104 })], EngineReject.OCO_PRICES],
  ])('%s refuses both', (_name, legs, { code }) => {
    const market = marketAt100();
    const hash = market.market.hash();
    expect(placeOco(market, legs)).toEqual([
      refused,
      { created: 'order', id: 11, status: Rejected, rejectCode: code },
      { created: 'order', id: 12, status: Rejected, rejectCode: code },
    ]);
    expect([market.market.hash(), market.fold().hash()]).toEqual([hash, hash]);
  });

  test('either leg may spend what was reserved for both', () => {
    const market = marketAt100();
    const legs = [
      leg(11, ListLeg.ABOVE, BUY, { type: OrderType.STOP_LOSS_LIMIT, stopPriceTicks: 104, priceTicks: 106 }),
      leg(12, ListLeg.BELOW, BUY, { type: OrderType.TAKE_PROFIT, stopPriceTicks: 96, reservedUnits: 0n }),
    ];
    placeOco(market, legs);
    market.place(order({ orderId: 20, side: BUY, priceTicks: 96, origLots: 1 }));
    // The take-profit fires at 96 and buys at 105: 4,200 units of the 4,240 that the other leg carried.
    expect(sellDownTo(market, 96, 1).slice(4)).toMatchObject([
      { id: 11, status: Expired, expiryReason: ExpiryReason.OCO_TRIGGER },
      { id: 12, status: Pending },
      { at: 105, lots: 4, maker: 4, taker: 12 },
      { id: 4 },
      { id: 12, status: Filled, cumQuoteUnits: 4_200n },
      done,
    ]);
  });
});

describe('OTO', () => {
  const working = (terms: Partial<SpotOrder> = {}): SpotOrder => leg(11, ListLeg.WORKING, BUY, { priceTicks: 98, ...terms });
  const pending = (terms: Partial<SpotOrder> = {}): SpotOrder => leg(12, ListLeg.PENDING, SELL, { priceTicks: 104, ...terms });
  const place = (market: TestMarket, legs = [working(), pending()]): object[] =>
    market.placeList(list(LIST, ContingencyType.OTO, legs), legs);
  const activate = (terms = {}) => request(RequestKind.ACTIVATE, { lots: 4, ...terms });

  test('the pending leg waits until its account has funded it', () => {
    const market = marketAt100();
    expect(place(market)).toEqual([
      open,
      { created: 'order', id: 11, status: Pending, bookLots: 4, updateId: 5 },
      { created: 'order', id: 12, status: ConditionalPending },
    ]);
    // Too early: nothing to wait for yet.
    expect(market.request(12, activate())).toMatchObject([{ outcome: { code: EngineReject.UNKNOWN_ORDER.code } }]);
    expect(sellDownTo(market, 98, 4).slice(2)).toMatchObject([{ id: 11, status: Filled }, { status: Filled }]);
    expect(market.market.openOrder(12)?.status).toBe(ConditionalPending);
    expect(market.request(12, activate({ commandId: 901 }))).toEqual([
      { updated: 'order', id: 12, outcome: { commandId: 901, kind: 3, code: 0, clientOrderId: '' }, updateUs: market.nowUs },
      { updated: 'order', id: 12, status: Pending, workingUs: market.nowUs, bookLots: 4, updateId: 7 },
    ]);
    expect(market.request(12, request(RequestKind.CANCEL))).toMatchObject([{ id: 12, status: Cancelled }, done]);
    expect(market.fold().hash()).toBe(market.market.hash());
  });

  test('a working order that is filled at once leaves its leg to the account', () => {
    const market = marketAt100();
    expect(place(market, [working({ priceTicks: 105 }), pending()])).toMatchObject([
      open,
      { id: 11, status: Pending },
      { id: 12, status: ConditionalPending },
      { at: 105, lots: 4, taker: 11 },
      { id: 4, status: PartiallyFilled },
      { id: 11, status: Filled },
    ]);
    const sold = market.request(12, activate({ lots: 4 }));
    expect(sold).toMatchObject([{ id: 12 }, { id: 12, status: Pending, bookLots: 4 }]);
  });

  test('a leg that crosses when its turn comes trades as a taker', () => {
    const market = marketAt100();
    place(market, [working({ priceTicks: 105 }), pending({ priceTicks: 95 })]);
    expect(market.request(12, activate())).toMatchObject([
      { id: 12, outcome: { code: 0 } },
      { id: 12, status: Pending },
      { at: 95, lots: 4, maker: 3, taker: 12 },
      { id: 3 },
      { id: 12, status: Filled },
      done,
    ]);
  });

  test('a market leg spends what was reserved when its turn came', () => {
    const market = marketAt100();
    const buys = { side: BUY, type: OrderType.MARKET, priceTicks: 0, reservedUnits: 0n };
    place(market, [working({ side: SELL, priceTicks: 95 }), pending(buys)]);
    expect(market.request(12, activate({ reservedUnits: 3_200n }))).toMatchObject([
      { id: 12, reservedUnits: 3_200n },
      { id: 12, status: Pending },
      { at: 105, lots: 3 },
      { id: 4 },
      { id: 12, status: Expired, executedLots: 3, expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY },
      done,
    ]);
  });

  test('a conditional leg waits for its price then', () => {
    const market = marketAt100();
    place(market, [
      working({ priceTicks: 105, origLots: 1 }),
      pending({ type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 98, status: ConditionalPending }),
    ]);
    expect(market.request(12, activate())).toEqual([
      { updated: 'order', id: 12, outcome: expect.objectContaining({ code: 0 }), updateUs: market.nowUs },
    ]);
    market.place(order({ orderId: 20, side: BUY, priceTicks: 98, origLots: 1 }));
    expect(sellDownTo(market, 98, 1).at(-2)).toMatchObject({ id: 12, status: Filled });
    expect(market.fold().hash()).toBe(market.market.hash());
  });

  test('a leg that may not go live when its turn comes expires', () => {
    const market = marketAt100();
    place(market, [working({ priceTicks: 105, origLots: 1 }), pending({ type: OrderType.LIMIT_MAKER, priceTicks: 95 })]);
    expect(market.request(12, activate())).toMatchObject([
      { id: 12, status: Expired, expiryReason: ExpiryReason.REJECTED, outcome: { code: EngineReject.WOULD_MATCH.code } },
      done,
    ]);
    const halted = marketAt100();
    place(halted, [working({ priceTicks: 105, origLots: 1 }), pending()]);
    halted.market.updateInstrument({ ...instrument, status: SymbolStatus.HALT });
    expect(halted.request(12, activate())).toMatchObject([
      { id: 12, status: Expired, outcome: { code: EngineReject.MARKET_CLOSED.code } },
      done,
    ]);
  });

  test('a leg its account cannot fund expires', () => {
    const market = marketAt100();
    place(market, [working({ priceTicks: 105, origLots: 1 }), pending()]);
    expect(market.request(12, request(RequestKind.REJECT, { code: 4 }))).toMatchObject([
      { id: 12, status: Expired, expiryReason: ExpiryReason.REJECTED, outcome: { kind: RequestKind.REJECT, code: 0 } },
      done,
    ]);
    expect(market.request(12, activate())).toMatchObject([{ outcome: { code: EngineReject.UNKNOWN_ORDER.code } }]);
  });

  test.each([
    ['IOC', { timeInForce: TimeInForce.IOC, priceTicks: 105, origLots: 99 }],
    ['FOK', { timeInForce: TimeInForce.FOK, priceTicks: 105, origLots: 99 }],
  ])('a working %s order that ends unfilled ends the leg', (_name, terms) => {
    const market = marketAt100();
    expect(place(market, [working(terms), pending()]).slice(-3)).toMatchObject([
      { id: 11, status: Expired },
      { id: 12, status: Expired, expiryReason: ExpiryReason.OTO_PHASE_ONE_EXPIRED },
      done,
    ]);
  });

  test('a working order that is cancelled cancels the leg, and the other way round', () => {
    for (const orderId of [11, 12]) {
      const market = marketAt100();
      place(market);
      expect(market.request(orderId, request(RequestKind.CANCEL))).toMatchObject([
        { id: orderId, status: Cancelled, outcome: { code: 0 } },
        { id: 23 - orderId, status: Cancelled },
        done,
      ]);
    }
  });

  test('working and pending order are amended apart', () => {
    const market = marketAt100();
    place(market);
    expect(market.request(11, request(RequestKind.AMEND, { lots: 2 }))).toMatchObject([{ id: 11, origLots: 2 }]);
    expect(market.request(12, request(RequestKind.AMEND, { lots: 3 }))).toMatchObject([{ id: 12, origLots: 3 }]);
    expect(market.market.openOrder(11)).toMatchObject({ origLots: 2, bookLots: 2 });
  });

  test('a working order that may not start refuses the list', () => {
    const market = marketAt100();
    expect(place(market, [working({ type: OrderType.LIMIT_MAKER, priceTicks: 105 }), pending()])).toMatchObject([
      refused,
      { id: 11, status: Rejected, rejectCode: EngineReject.WOULD_MATCH.code },
      { id: 12, status: Rejected, rejectCode: EngineReject.WOULD_MATCH.code },
    ]);
  });
});

describe('OTOCO and OPOCO', () => {
  const working = leg(10, ListLeg.WORKING, BUY, { priceTicks: 105, origLots: 4 });
  const place = (market: TestMarket, type: ContingencyType, lots: number): object[] => {
    const legs = [working, above(11, { origLots: lots }), below(12, { origLots: lots })];
    return market.placeList(list(LIST, type, legs), legs);
  };
  const activate = request(RequestKind.ACTIVATE, { lots: 4 });

  /** Filled at 105, and a trade at 100 after it, so that the pair stands around the last price. */
  function filled(type: ContingencyType, lots: number): TestMarket {
    const market = marketAt100();
    place(market, type, lots);
    market.place(order({ orderId: 30, side: BUY, priceTicks: 100, origLots: 1 }));
    sellDownTo(market, 100, 1);
    return market;
  }

  test.each([
    ['OTOCO', ContingencyType.OTOCO, 4],
    ['OPOCO', ContingencyType.OPOCO, 0],
  ])('%s: the pair goes live as one, with the second leg funded', (_name, type, lots) => {
    const market = filled(type, lots);
    const [first] = market.request(11, activate);
    expect(first).toMatchObject({ id: 11, outcome: { code: 0 }, ...(lots === 0 ? { origLots: 4 } : {}) });
    expect(market.market.openOrder(11)?.status).toBe(ConditionalPending);
    expect(market.fold().hash()).toBe(market.market.hash());
    expect(market.request(12, activate)).toMatchObject([
      { id: 12, outcome: { code: 0 } },
      { id: 11, status: Pending, bookLots: 4 },
    ]);
    expect(market.fold().hash()).toBe(market.market.hash());
    market.place(order({ orderId: 20, side: BUY, priceTicks: 97, origLots: 1 }));
    expect(sellDownTo(market, 97, 1).slice(4)).toMatchObject([
      { id: 11, status: Expired, expiryReason: ExpiryReason.OCO_TRIGGER },
      { id: 12, status: Pending },
      { at: 95, lots: 4 },
      { id: 3 },
      { id: 12, status: Filled },
      done,
    ]);
  });

  test('a pair that cannot stand expires as one', () => {
    const market = marketAt100();
    place(market, ContingencyType.OTOCO, 4);
    market.request(11, activate);
    // The last price is 105: the profit at 103 is on the wrong side.
    expect(market.request(12, activate)).toMatchObject([
      { id: 12, status: Expired, expiryReason: ExpiryReason.REJECTED, outcome: { code: EngineReject.OCO_PRICES.code } },
      { id: 11, status: Expired, expiryReason: ExpiryReason.REJECTED },
      done,
    ]);
    expect(market.fold().hash()).toBe(market.market.hash());
  });

  test('a pair that its account cannot fund expires as one', () => {
    const market = filled(ContingencyType.OTOCO, 4);
    expect(market.request(11, request(RequestKind.REJECT))).toMatchObject([
      { id: 11, status: Expired, outcome: { code: 0 } },
      { id: 12, status: Expired, expiryReason: ExpiryReason.REJECTED },
      done,
    ]);
    expect(market.request(12, request(RequestKind.REJECT))).toEqual([
      { updated: 'order', id: 12, outcome: expect.objectContaining({ code: EngineReject.UNKNOWN_ORDER.code }) },
    ]);
  });

  test("an OPO's pending leg is not amended before its quantity is known", () => {
    const market = marketAt100();
    const legs = [leg(10, ListLeg.WORKING, BUY, { priceTicks: 90 }), leg(11, ListLeg.PENDING, SELL, { priceTicks: 120, origLots: 0 })];
    market.placeList(list(LIST, ContingencyType.OPO, legs), legs);
    expect(market.request(11, request(RequestKind.AMEND, { lots: 1 }))).toMatchObject([
      { outcome: { code: EngineReject.AMEND_OPO_PENDING.code } },
    ]);
  });
});
