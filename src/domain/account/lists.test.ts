import { beforeEach, describe, expect, it } from 'vitest';
import { AccountBench, linesOf, marketSays, newOrder, outcomeOf, tradeOf } from '../../../tests/fixtures/accounts.ts';
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import type { NewOrder } from '../command.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ContingencyType, ListLeg, OrderType, RequestKind, Side } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import { NO_ACCOUNT_LIMITS } from './limits.ts';

let bench: AccountBench;

beforeEach(() => {
  bench = new AccountBench();
  bench.deposit('USDT', 10_000n);
  bench.deposit('BTC', 10_000n);
});

function list(contingencyType: ContingencyType, orders: Partial<NewOrder>[], command: object = {}) {
  return bench.run({
    kind: 'PlaceOrderList',
    contingencyType,
    listClientOrderId: 'list',
    orders: orders.map((order, i) => newOrder({ clientOrderId: `leg${i}`, ...order })),
    ...command,
  });
}

const maker = { type: OrderType.LIMIT_MAKER };
const stop = { type: OrderType.STOP_LOSS, priceTicks: 0, stopPriceTicks: 110 };
const stopLimit = { type: OrderType.STOP_LOSS_LIMIT, priceTicks: 120, stopPriceTicks: 110 };
const sell = { side: Side.SELL };
const buyOco = () => list(ContingencyType.OCO, [stop, maker]);
const sellOco = () =>
  list(ContingencyType.OCO, [
    { ...sell, ...maker, priceTicks: 120 },
    { ...sell, ...stopLimit, priceTicks: 80, stopPriceTicks: 90 },
  ]);
const oto = (pending: Partial<NewOrder> = {}) => list(ContingencyType.OTO, [{}, { ...sell, ...pending }]);
const filled = (orderId: number, lots: number, trade: object = {}): ChangeLogEntry[] => [
  tradeOf({ buyerOrderId: orderId, buyerAccountId: 1000, lots, ...trade }),
  marketSays(orderId, { status: OrderStatus.Filled, executedLots: lots }),
];
const ended = (orderId: number, status: OrderStatus = OrderStatus.Expired) => marketSays(orderId, { status });

describe('an OCO', () => {
  it('sells one quantity, locked once', () => {
    expect(sellOco()).toMatchObject({
      ok: true,
      list: { orderListId: 1, orderIds: [2, 3], contingencyType: ContingencyType.OCO, listClientOrderId: 'list' },
      orders: [
        { orderId: 2, orderListId: 1, listLeg: ListLeg.ABOVE },
        { orderId: 3, orderListId: 1, listLeg: ListLeg.BELOW },
      ],
    });
    expect(linesOf(bench.entries)).toEqual([
      'new list 1: orderIds 2,3',
      'new order 2: status 1, reservedUnits 5000, listLeg 2',
      'new order 3: status 0, listLeg 3',
      "balance 1000-BTC: free 10000>5000, locked 0>5000, cause 1>0, requestId seed-1>''",
    ]);
    expect([...bench.live.openIds()]).toEqual([2, 3, 1]);
  });

  it('buys with what the dearer leg needs, which carries it', () => {
    buyOco();
    expect(linesOf(bench.entries).slice(1, 3)).toEqual([
      'new order 2: status 0, reservedUnits 6875, listLeg 2',
      'new order 3: status 1, listLeg 3',
    ]);
    bench = new AccountBench();
    bench.deposit('USDT', 10_000n);
    list(ContingencyType.OCO, [stopLimit, { ...maker, priceTicks: 120 }]);
    expect(linesOf(bench.entries)[1]).toBe('new order 2: status 0, reservedUnits 6000, listLeg 2');
    bench = new AccountBench();
    bench.deposit('USDT', 10_000n);
    list(ContingencyType.OCO, [stopLimit, { ...maker, priceTicks: 121 }]);
    expect(linesOf(bench.entries)[2]).toBe('new order 3: status 1, reservedUnits 6050, listLeg 3');
  });

  it('locks everything free for a leg whose need nobody knows', () => {
    list(ContingencyType.OCO, [{ ...stop, stopPriceTicks: 0, trailingDelta: 100 }, maker]);
    expect(bench.locked('USDT')).toBe(10_000n);
    bench.settle(
      tradeOf({ buyerOrderId: 3, buyerAccountId: 1000, lots: 1 }),
      marketSays(3, { status: OrderStatus.PartiallyFilled, executedLots: 1 }),
      ended(2),
    );
    expect(bench.locked('USDT')).toBe(4000n);
  });

  it('pays one leg from what the other carries, and keeps what that leg still needs', () => {
    buyOco();
    bench.settle(
      tradeOf({ buyerOrderId: 3, buyerAccountId: 1000, lots: 2 }),
      marketSays(3, { status: OrderStatus.PartiallyFilled, executedLots: 2 }),
      ended(2),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 2: reservedUnits 6875>0, status 0>6',
      'order 3: executedLots 0>2, status 1>2, reservedUnits 0>3000',
      'balance 1000-USDT: free 3125>5000, locked 6875>3000',
      "balance 1000-BTC: free 10000>12000, cause 1>0, requestId seed-1>''",
    ]);
    bench.settle(...[...filled(3, 3)].slice(0, 1), marketSays(3, { status: OrderStatus.Filled, executedLots: 5 }));
    expect(linesOf(bench.entries)).toEqual([
      'order 3: reservedUnits 3000>0, executedLots 2>5, status 2>3',
      'list 1: statusType 1>3, orderStatus 0>1',
      'balance 1000-USDT: locked 3000>0',
      'balance 1000-BTC: free 12000>15000',
    ]);
    expect([...bench.live.openIds()]).toEqual([]);
  });

  it('lets the market leg spend it all, whichever ends first', () => {
    for (const first of ['leg', 'other'] as const) {
      bench = new AccountBench();
      bench.deposit('USDT', 10_000n);
      buyOco();
      const trade = tradeOf({ buyerOrderId: 2, buyerAccountId: 1000, lots: 5, priceTicks: 130 });
      const done = marketSays(2, { status: OrderStatus.Filled, executedLots: 5 });
      bench.settle(...(first === 'leg' ? [trade, done, ended(3)] : [ended(3), trade, done]));
      expect([bench.free('USDT'), bench.locked('USDT')]).toEqual([3500n, 0n]);
      expect(linesOf(bench.entries).filter((line) => line.startsWith('list'))).toHaveLength(1);
    }
  });

  it('shrinks in both legs before anything is given back', () => {
    buyOco();
    bench.settle(marketSays(3, { origLots: 4 }));
    expect(bench.locked('USDT')).toBe(6875n);
    bench.settle(marketSays(2, { origLots: 4 }));
    expect(bench.locked('USDT')).toBe(5500n);
  });

  it('gives everything back when it is cancelled', () => {
    sellOco();
    bench.settle(ended(2, OrderStatus.Cancelled), ended(3, OrderStatus.Cancelled));
    expect(linesOf(bench.entries)).toEqual([
      'order 3: status 0>4',
      'order 2: reservedUnits 5000>0, status 1>4',
      'list 1: statusType 1>3, orderStatus 0>1',
      'balance 1000-BTC: free 5000>10000, locked 5000>0',
    ]);
  });
});

describe('an OTO', () => {
  it('needs funds for its working leg only', () => {
    oto({ lots: 500 });
    expect(linesOf(bench.entries)).toEqual([
      'new list 1: orderIds 2,3',
      'new order 2: status 1, reservedUnits 5000, listLeg 1',
      'new order 3: status 0, listLeg 4',
      "balance 1000-USDT: free 10000>5000, locked 0>5000, cause 1>0, requestId seed-0>''",
    ]);
  });

  it('funds its pending leg from what the working one brought, in the same step', () => {
    oto({ lots: 15 });
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries)).toEqual([
      'order 2: reservedUnits 5000>0, executedLots 0>5, status 1>3',
      'order 3: reservedUnits 0>15000, request null>[3 #3 lots 15 for 15000]',
      'balance 1000-USDT: locked 5000>0',
      "balance 1000-BTC: free 10000>0, locked 0>15000, cause 1>0, requestId seed-1>''",
    ]);
    bench.settle(
      tradeOf({ sellerOrderId: 3, sellerAccountId: 1000, lots: 15 }),
      marketSays(3, { status: OrderStatus.Filled, executedLots: 15 }),
    );
    expect([bench.free('USDT'), bench.free('BTC'), bench.locked('BTC')]).toEqual([20_000n, 0n, 0n]);
  });

  it('rejects its pending leg when there are no funds for it', () => {
    oto({ lots: 16 });
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries).slice(0, 2)).toEqual([
      'order 2: reservedUnits 5000>0, executedLots 0>5, status 1>3',
      'order 3: request null>[4 #3 lots 16 code 4]',
    ]);
    bench.settle(ended(3, OrderStatus.Rejected));
    expect(linesOf(bench.entries)).toEqual(['order 3: status 0>5', 'list 1: statusType 1>3, orderStatus 0>1']);
  });

  it('estimates a pending market buy at the price the working leg filled at', () => {
    list(ContingencyType.OTO, [
      { ...sell, priceTicks: 150 },
      { type: OrderType.MARKET, priceTicks: 0, lots: 6 },
    ]);
    bench.settle(
      tradeOf({ sellerOrderId: 2, sellerAccountId: 1000, lots: 5, priceTicks: 150 }),
      marketSays(2, { status: OrderStatus.Filled, executedLots: 5 }),
    );
    expect(linesOf(bench.entries)[1]).toBe('order 3: reservedUnits 0>11250, request null>[3 #3 lots 6 for 11250]');
    expect(bench.free('USDT')).toBe(6250n);
  });

  it('does nothing for a pending leg that ended in the same message', () => {
    oto();
    bench.settle(...filled(2, 5), ended(3, OrderStatus.Cancelled));
    expect(linesOf(bench.entries).slice(0, 3)).toEqual([
      'order 2: reservedUnits 5000>0, executedLots 0>5, status 1>3',
      'order 3: status 0>4',
      'list 1: statusType 1>3, orderStatus 0>1',
    ]);
    expect(bench.locked('BTC')).toBe(0n);
  });

  it('ends with its working leg', () => {
    oto();
    bench.settle(ended(2), ended(3));
    expect(bench.free('USDT')).toBe(10_000n);
    expect(bench.live.openOrderCount).toBe(0);
  });

  it('lets a parked leg be amended without giving back what it has not locked', () => {
    oto();
    bench.settle(marketSays(3, { origLots: 2 }));
    expect(linesOf(bench.entries)).toEqual(['order 3: origLots 5>2']);
    bench.settle(...filled(2, 5));
    expect(bench.locked('BTC')).toBe(2000n);
    bench.settle(marketSays(3, { origLots: 1 }));
    expect(bench.locked('BTC')).toBe(1000n);
  });

  it.each(['restore', 'fold'] as const)('goes on after a take-over by %s', (how) => {
    oto();
    bench.takeOver(how);
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries)[1]).toBe('order 3: reservedUnits 0>5000, request null>[3 #3 lots 5 for 5000]');
    bench.takeOver(how);
    bench.settle(ended(3, OrderStatus.Cancelled));
    expect(bench.locked('BTC')).toBe(0n);
  });
});

describe('an OTOCO', () => {
  const pending = [
    { ...sell, ...maker, priceTicks: 150, lots: 12 },
    { ...sell, ...stopLimit, priceTicks: 50, stopPriceTicks: 60, lots: 12 },
  ];

  it('funds the pair once and makes both legs live', () => {
    list(ContingencyType.OTOCO, [{}, ...pending]);
    expect(linesOf(bench.entries).slice(0, 4)).toEqual([
      'new list 1: orderIds 2,3,4',
      'new order 2: status 1, reservedUnits 5000, listLeg 1',
      'new order 3: status 0, listLeg 2',
      'new order 4: status 0, listLeg 3',
    ]);
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries).slice(1, 3)).toEqual([
      'order 3: reservedUnits 0>12000, request null>[3 #3 lots 12 for 12000]',
      'order 4: request null>[3 #3 lots 12 for 12000]',
    ]);
    expect([bench.free('BTC'), bench.locked('BTC')]).toEqual([3000n, 12_000n]);
    bench.settle(
      ended(3),
      tradeOf({ sellerOrderId: 4, sellerAccountId: 1000, lots: 12 }),
      marketSays(4, { status: OrderStatus.Filled, executedLots: 12 }),
    );
    expect([bench.free('BTC'), bench.locked('BTC')]).toEqual([3000n, 0n]);
  });

  it('that buys is funded for the dearer leg', () => {
    list(ContingencyType.OTOCO, [
      { ...sell, priceTicks: 100 },
      { ...stop, lots: 10 },
      { ...maker, lots: 10 },
    ]);
    bench.settle(
      tradeOf({ sellerOrderId: 2, sellerAccountId: 1000, lots: 5 }),
      marketSays(2, { status: OrderStatus.Filled, executedLots: 5 }),
    );
    expect(linesOf(bench.entries)[1]).toBe('order 3: reservedUnits 0>13750, request null>[3 #3 lots 10 for 13750]');
  });

  it('rejects both legs when there are no funds', () => {
    list(ContingencyType.OTOCO, [{ lots: 1 }, ...pending]);
    bench.settle(...filled(2, 1));
    expect(linesOf(bench.entries).slice(1, 3)).toEqual([
      'order 3: request null>[4 #3 lots 12 code 4]',
      'order 4: request null>[4 #3 lots 12 code 4]',
    ]);
  });
});

describe('an OPO', () => {
  const opo = (changes: object = {}) => list(ContingencyType.OPO, [{}, { ...sell, lots: 0, ...changes }]);

  it('keeps what the working leg receives locked for the pending one, the fee paid from free funds', () => {
    opo();
    bench.settle(
      tradeOf({ buyerOrderId: 2, buyerAccountId: 1000, lots: 2, buyerFeeUnits: 4n }),
      marketSays(2, { status: OrderStatus.PartiallyFilled, executedLots: 2 }),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 2: reservedUnits 5000>3000, executedLots 0>2, status 1>2',
      'order 3: reservedUnits 0>2000',
      'balance 1000-USDT: locked 5000>3000',
      "balance 1000-BTC: free 10000>9996, locked 0>2000, cause 1>0, requestId seed-1>''",
    ]);
    bench.settle(
      tradeOf({ buyerOrderId: 2, buyerAccountId: 1000, lots: 3, buyerFeeUnits: 6n }),
      marketSays(2, { status: OrderStatus.Filled, executedLots: 5 }),
    );
    expect(linesOf(bench.entries)).toEqual([
      'order 2: reservedUnits 3000>0, executedLots 2>5, status 2>3',
      'order 3: reservedUnits 2000>5000, origLots 0>5, request null>[3 #3 lots 5 for 5000]',
      'balance 1000-USDT: locked 3000>0',
      'balance 1000-BTC: free 9996>9990, locked 2000>5000',
    ]);
  });

  it('pays the fee from what it receives when nothing is free, and sells whole lots', () => {
    bench = new AccountBench();
    bench.deposit('USDT', 10_000n);
    opo();
    bench.settle(...filled(2, 5, { buyerFeeUnits: 10n }));
    expect(linesOf(bench.entries).slice(1)).toEqual([
      'order 3: reservedUnits 0>4000, origLots 0>4, request null>[3 #2 lots 4 for 4000]',
      'balance 1000-USDT: locked 5000>0',
      'new balance 1000-BTC: free 990, locked 4000',
    ]);
  });

  it('sells no more than the symbol takes in one order', () => {
    bench.setFilters({ maxLots: 3 });
    opo();
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries)[1]).toBe('order 3: reservedUnits 0>3000, origLots 0>3, request null>[3 #3 lots 3 for 3000]');
    expect(bench.free('BTC')).toBe(12_000n);
  });

  it.each([
    ['too small', { minLots: 6 }, {}, EngineReject.OPO_QUANTITY],
    ['worth too little', { minNotionalUnits: 5001n }, {}, EngineReject.MIN_NOTIONAL],
    ['smaller than its visible part', {}, { icebergLots: 6 }, EngineReject.ICEBERG_EXCEEDS],
  ] as const)('rejects a pending leg that is %s, and frees what it kept', (_, filters, changes, { code }) => {
    opo(changes);
    bench.setFilters(filters);
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries)[1]).toBe(`order 3: reservedUnits 0>5000, request null>[4 #3 code ${code}]`);
    bench.settle(ended(3, OrderStatus.Rejected));
    expect([bench.free('BTC'), bench.locked('BTC')]).toEqual([15_000n, 0n]);
  });

  it('frees what it kept when it is cancelled half way', () => {
    opo();
    bench.settle(
      tradeOf({ buyerOrderId: 2, buyerAccountId: 1000, lots: 2 }),
      marketSays(2, { status: OrderStatus.PartiallyFilled, executedLots: 2 }),
    );
    expect(bench.locked('BTC')).toBe(2000n);
    bench.settle(ended(2, OrderStatus.Cancelled), ended(3, OrderStatus.Cancelled));
    expect([bench.free('BTC'), bench.locked('BTC'), bench.free('USDT')]).toEqual([12_000n, 0n, 8000n]);
  });

  it('does not have its pending quantity amended before there is one', () => {
    opo();
    expect(bench.run({ kind: 'AmendOrder', orderId: 3, origClientOrderId: '', newLots: 1, newClientOrderId: '' })).toEqual({
      ok: false,
      reason: EngineReject.AMEND_OPO_PENDING,
    });
  });

  it('as OPOCO sells through either of two legs', () => {
    list(ContingencyType.OPOCO, [{}, { ...sell, ...maker, priceTicks: 150, lots: 0 }, { ...sell, ...stop, stopPriceTicks: 60, lots: 0 }]);
    bench.settle(...filled(2, 5));
    expect(linesOf(bench.entries).slice(1, 3)).toEqual([
      'order 3: reservedUnits 0>5000, origLots 0>5, request null>[3 #3 lots 5 for 5000]',
      'order 4: origLots 0>5, request null>[3 #3 lots 5 for 5000]',
    ]);
    bench.settle(
      tradeOf({ sellerOrderId: 4, sellerAccountId: 1000, lots: 5 }),
      marketSays(4, { status: OrderStatus.Filled, executedLots: 5 }),
      ended(3),
    );
    expect([bench.free('BTC'), bench.locked('BTC')]).toEqual([10_000n, 0n]);
  });
});

describe('a list is refused', () => {
  const refuses = (reason: EngineReason, run: () => unknown) => {
    const before = bench.live.hash();
    expect(run()).toEqual({ ok: false, reason });
    expect(bench.entries).toEqual([]);
    expect(bench.live.hash()).toBe(before);
  };

  it('without funds for its dearest leg, or for its working leg', () => {
    refuses(EngineReject.INSUFFICIENT_BALANCE, () => list(ContingencyType.OCO, [{ ...stop, stopPriceTicks: 201 }, maker]));
    refuses(EngineReject.INSUFFICIENT_BALANCE, () => list(ContingencyType.OTO, [{ lots: 11 }, sell]));
  });

  it('by names that are taken, in itself and among what is open', () => {
    bench.place({ lots: 1 });
    refuses(EngineReject.DUPLICATE_ORDER, () => list(ContingencyType.OTO, [{ clientOrderId: 'c1', lots: 1 }, sell]));
    refuses(EngineReject.DUPLICATE_ORDER, () =>
      list(ContingencyType.OTO, [
        { clientOrderId: 'x', lots: 1 },
        { ...sell, clientOrderId: 'x' },
      ]),
    );
    list(ContingencyType.OTO, [
      { clientOrderId: 'x', lots: 1 },
      { ...sell, clientOrderId: 'y' },
    ]);
    refuses(EngineReject.DUPLICATE_ORDER, () => list(ContingencyType.OTO, [{ lots: 1 }, sell]));
  });

  it('by counts: every leg counts, and the list as one', () => {
    bench.setFilters({ maxNumOrders: 1 });
    refuses(EngineReject.MAX_NUM_ORDERS, () => oto());
    bench.setFilters({});
    bench.limits = { ...bench.limits, maxNumOrders: 1 };
    refuses(EngineReject.EXCHANGE_MAX_NUM_ORDERS, () => oto());
    bench.limits = NO_ACCOUNT_LIMITS;
    bench.setFilters({ maxNumOrderLists: 1 });
    oto({ lots: 1 });
    refuses(EngineReject.MAX_NUM_ORDER_LISTS, () =>
      list(
        ContingencyType.OTO,
        [
          { clientOrderId: 'x', lots: 1 },
          { ...sell, clientOrderId: 'y' },
        ],
        {
          listClientOrderId: 'other',
        },
      ),
    );
  });

  it('by MAX_POSITION: an OCO buys once', () => {
    bench.setFilters({ maxPositionUnits: 16_000n });
    expect(buyOco()).toMatchObject({ ok: true });
    expect(bench.place({ lots: 1 })).toMatchObject({ ok: true });
    refuses(EngineReject.MAX_POSITION, () => bench.place({ lots: 1, clientOrderId: 'more' }));
  });

  it.each([
    ['legs missing', EngineReject.UNSUPPORTED_ORDER_TYPE, ContingencyType.OTOCO, [{}, sell]],
    ['OCO legs of two quantities', EngineReject.UNSUPPORTED_ORDER_TYPE, ContingencyType.OCO, [stop, { ...maker, lots: 4 }]],
    ['OCO legs of two sides', EngineReject.UNSUPPORTED_ORDER_TYPE, ContingencyType.OCO, [stop, { ...maker, ...sell }]],
    ['a pending quote amount', EngineReject.UNSUPPORTED_ORDER_TYPE, ContingencyType.OTO, [{}, { quoteUnits: 5n, lots: 0 }]],
    ['no pending quantity', EngineReject.PRICE_QTY_ZERO, ContingencyType.OTO, [{}, { ...sell, lots: 0 }]],
    ['an OPO that sells first', EngineReject.OPO_WORKING_MUST_BE_BUY, ContingencyType.OPO, [sell, { ...sell, lots: 0 }]],
    ['an OPO that buys next', EngineReject.OPO_PENDING_MUST_BE_SELL, ContingencyType.OPO, [{}, { lots: 0 }]],
    ['an OPO with a quantity', EngineReject.UNSUPPORTED_ORDER_TYPE, ContingencyType.OPO, [{}, sell]],
  ] as const)('for %s', (_, reason, contingencyType, orders) => {
    refuses(reason, () => list(contingencyType, [...orders]));
  });
});

it('a retried list is told its legs, open and ended', () => {
  const first = list(ContingencyType.OTO, [{}, sell], { commandId: 99 });
  expect(list(ContingencyType.OTO, [{}, sell], { commandId: 99 })).toMatchObject({
    ...(first as object),
    duplicate: true,
  });
  bench.settle(...filled(2, 5));
  expect(list(ContingencyType.OTO, [{}, sell], { commandId: 99 })).toMatchObject({
    orders: [{ orderId: 3 }],
    closedOrderIds: [2],
    list: { orderListId: 1 },
    duplicate: true,
  });
});

it('a cancel-replace may end a list', () => {
  sellOco();
  bench.run({
    kind: 'CancelReplace',
    commandId: 70,
    orderId: 3,
    origClientOrderId: '',
    cancelClientOrderId: '',
    restriction: 0,
    allowFailure: false,
    order: newOrder({ side: Side.SELL, lots: 10 }),
  });
  const replies = bench.settle(
    ended(2, OrderStatus.Cancelled),
    marketSays(3, { status: OrderStatus.Cancelled, outcome: outcomeOf(70, RequestKind.CANCEL) }),
  );
  expect(replies).toMatchObject([{ cancel: { code: 0 }, place: { ok: true } }]);
  expect(bench.locked('BTC')).toBe(10_000n);
});
