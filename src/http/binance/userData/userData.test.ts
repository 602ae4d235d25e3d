// User data events: every text whole, every execution type, every conditional field at its place.
import { describe, expect, it } from 'vitest';
import {
  fakeExchange,
  makeBalance,
  makeOrder,
  makeProfile,
  makeTrade,
  TEST_ACCOUNT_ID,
  TEST_NOW_US,
} from '../../../../tests/fixtures/fakeExchange.ts';
import { OrderStatus } from '../../../domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../../domain/orderTerms.ts';
import { EngineReject } from '../../../domain/rejectReason.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import type { AccountEvent } from '../../../ports/accountEvents.ts';
import type { TimeUnit } from '../timeUnit.ts';
import type { Execution } from './executionReport.ts';
import { UserDataHub } from './userDataHub.ts';

const MS = TEST_NOW_US / 1000;

function execution(over: Partial<Execution>, order: Partial<SpotOrder> = {}): Execution {
  return {
    kind: 'execution',
    executionType: 'NEW',
    order: makeOrder(order),
    trade: null,
    isMaker: false,
    preventedMatch: null,
    requestClientOrderId: '',
    origClientOrderId: '',
    executionId: 8641984,
    timeUs: TEST_NOW_US - 1000,
    ...over,
  };
}

function render(events: readonly AccountEvent[], timeUnit: TimeUnit = 'MILLISECOND', tradeGroupId = -1): string[] {
  const exchange = fakeExchange();
  exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ tradeGroupId }));
  const texts: string[] = [];
  const hub = new UserDataHub(exchange);
  const stop = hub.subscribe(TEST_ACCOUNT_ID, { timeUnit, onEvents: (batch) => texts.push(...batch) });
  exchange.emitAccount(TEST_ACCOUNT_ID, events);
  stop();
  exchange.emitAccount(TEST_ACCOUNT_ID, events);
  expect(exchange.listenerCount().account).toBe(0);
  return texts;
}

function report(over: Partial<Execution>, order: Partial<SpotOrder> = {}): Record<string, unknown> {
  return JSON.parse(render([execution(over, order)])[0] as string) as Record<string, unknown>;
}

/** Keys of every report, in the documented order; W is there once the order works. */
const KEYS = 'e,E,s,c,S,o,f,q,p,P,F,g,C,x,X,r,i,l,z,L,n,N,T,t,I,w,m,M,O,Z,Y,Q,W,V'.split(',');

describe('executionReport', () => {
  it('NEW, whole', () => {
    expect(render([execution({})])).toEqual([
      `{"e":"executionReport","E":${MS},"s":"BTCUSDT","c":"my-order","S":"BUY","o":"LIMIT","f":"GTC","q":"1.00000000",` +
        '"p":"50000.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW","r":"NONE","i":1,' +
        `"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":${MS - 1},"t":-1,"I":8641984,"w":true,` +
        `"m":false,"M":false,"O":${MS},"Z":"0.00000000","Y":"0.00000000","Q":"0.00000000","W":${MS},"V":"EXPIRE_MAKER"}`,
    ]);
    expect(Object.keys(report({}))).toEqual(KEYS);
  });

  it('in microseconds', () => {
    const [text] = render([execution({})], 'MICROSECOND');
    expect(JSON.parse(text as string)).toMatchObject({ E: TEST_NOW_US, T: TEST_NOW_US - 1000, O: TEST_NOW_US, W: TEST_NOW_US });
  });

  it('TRADE: a taker buys, pays in what it gets', () => {
    const order = { status: OrderStatus.Filled, executedLots: 100_000, cumQuoteUnits: 5_000_000_000_000n, bookLots: 0 };
    expect(report({ executionType: 'TRADE', trade: makeTrade() }, order)).toMatchObject({
      x: 'TRADE',
      X: 'FILLED',
      l: '1.00000000',
      z: '1.00000000',
      L: '50000.00000000',
      n: '0.00100000',
      N: 'BTC',
      t: 1,
      w: false,
      m: false,
      Z: '50000.00000000',
      Y: '50000.00000000',
    });
  });

  it('TRADE: a maker sells a part', () => {
    const order = { side: Side.SELL, status: OrderStatus.PartiallyFilled, executedLots: 100_000, origLots: 300_000 };
    expect(report({ executionType: 'TRADE', trade: makeTrade(), isMaker: true }, order)).toMatchObject({
      S: 'SELL',
      X: 'PARTIALLY_FILLED',
      q: '3.00000000',
      n: '50.00000000',
      N: 'USDT',
      w: true,
      m: true,
    });
  });

  it('CANCELED: c is the id of the request, C the id of the order', () => {
    const cancelled = { status: OrderStatus.Cancelled, bookLots: 0 };
    expect(report({ executionType: 'CANCELED', requestClientOrderId: 'the-cancel' }, cancelled)).toMatchObject({
      c: 'the-cancel',
      C: 'my-order',
      x: 'CANCELED',
      X: 'CANCELED',
      w: false,
    });
    expect(report({ executionType: 'CANCELED' }, cancelled)).toMatchObject({ c: 'my-order', C: 'my-order' });
  });

  it('REPLACED: c is the new id, C the one before', () => {
    const event = { executionType: 'REPLACED', requestClientOrderId: 'new', origClientOrderId: 'old' } as const;
    expect(report(event, { clientOrderId: 'new', origLots: 50_000 })).toMatchObject({
      c: 'new',
      C: 'old',
      x: 'REPLACED',
      X: 'NEW',
      q: '0.50000000',
    });
  });

  it.each([
    [EngineReject.INSUFFICIENT_BALANCE, 'INSUFFICIENT_BALANCES'],
    [EngineReject.WOULD_TRIGGER, 'STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY'],
    [EngineReject.WOULD_MATCH, 'WOULD_MATCH_IMMEDIATELY'],
    [EngineReject.PEG_CROSSES, 'WOULD_MATCH_IMMEDIATELY'],
    [EngineReject.OCO_PRICES, 'OCO_BAD_PRICES'],
    [EngineReject.MARKET_CLOSED, 'NONE'],
  ])('REJECTED: $text', (reason, word) => {
    const order = { status: OrderStatus.Rejected, rejectCode: reason.code, workingUs: 0 };
    const rejected = report({ executionType: 'REJECTED' }, order);
    expect(rejected).toMatchObject({ x: 'REJECTED', X: 'REJECTED', r: word, w: false });
    expect(rejected).not.toHaveProperty('W');
  });

  it('EXPIRED says why, at the very end', () => {
    const order = {
      timeInForce: TimeInForce.IOC,
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED,
    };
    const expired = report({ executionType: 'EXPIRED' }, order);
    expect(expired).toMatchObject({ f: 'IOC', x: 'EXPIRED', X: 'EXPIRED', eR: 'UNFILLED_IOC_QUANTITY_EXPIRED' });
    expect(Object.keys(expired)).toEqual([...KEYS, 'eR']);
  });

  it('TRADE_PREVENTION: what would have been, from both sides', () => {
    const match = {
      preventedMatchId: 3,
      takerOrderId: 1,
      makerOrderId: 37,
      priceTicks: 4_900_000,
      takerPreventedLots: 100_000,
      makerPreventedLots: 40_000,
      stpMode: StpMode.EXPIRE_BOTH,
    };
    const order = {
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      preventedLots: 100_000,
      preventedMatch: match,
    };
    const event = execution({ executionType: 'TRADE_PREVENTION', preventedMatch: match }, order);
    const [taker] = render([event], 'MILLISECOND', 5).map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(taker).toMatchObject({
      x: 'TRADE_PREVENTION',
      X: 'EXPIRED_IN_MATCH',
      l: '0.00000000',
      L: '0.00000000',
      Y: '0.00000000',
      v: 3,
      A: '1.00000000',
      B: '1.00000000',
      u: 5,
      U: 37,
      Cs: 'BTCUSDT',
      pl: '0.40000000',
      pL: '49000.00000000',
      pY: '19600.00000000',
    });
    const keys = [...KEYS.slice(0, 24), 'v', ...KEYS.slice(24), 'A', 'B', 'u', 'U', 'Cs', 'pl', 'pL', 'pY'];
    expect(Object.keys(taker as object)).toEqual(keys);
    const maker = report({ executionType: 'TRADE_PREVENTION', preventedMatch: match }, { ...order, orderId: 37, preventedLots: 40_000 });
    expect(maker).toMatchObject({ B: '0.40000000', U: 1, pl: '0.40000000' });
    expect(maker).not.toHaveProperty('u');
  });

  it('takes the one quantity there is where only one side was prevented', () => {
    const match = {
      preventedMatchId: 4,
      takerOrderId: 1,
      makerOrderId: 37,
      priceTicks: 100,
      takerPreventedLots: 0,
      makerPreventedLots: 40_000,
      stpMode: StpMode.EXPIRE_MAKER,
    };
    const event = { executionType: 'TRADE_PREVENTION', preventedMatch: match } as const;
    expect(report(event, { orderId: 37, preventedLots: 40_000 })).toMatchObject({ pl: '0.40000000', B: '0.40000000' });
    const taker = { ...match, takerPreventedLots: 30_000, makerPreventedLots: 0 };
    expect(report({ ...event, preventedMatch: taker })).toMatchObject({ pl: '0.30000000' });
  });

  it('trailing, strategy, iceberg and pegged orders', () => {
    const order = {
      type: OrderType.STOP_LOSS_LIMIT,
      status: OrderStatus.ConditionalPending,
      workingUs: 0,
      stopPriceTicks: 4_000_000,
      trailingDelta: 4,
      icebergLots: 10_000,
      strategyId: 0,
      strategyType: 1_000_000,
      pegPriceType: PegPriceType.PRIMARY_PEG,
      pegOffsetType: PegOffsetType.PRICE_LEVEL,
      pegOffsetValue: 5,
      peggedPriceTicks: 4_999_999,
    };
    const stop = report({}, order);
    expect(stop).toMatchObject({
      o: 'STOP_LOSS_LIMIT',
      X: 'NEW',
      P: '40000.00000000',
      F: '0.10000000',
      w: false,
      d: 4,
      D: -1,
      j: 0,
      J: 1_000_000,
      gP: 'PRIMARY_PEG',
      gOT: 'PRICE_LEVEL',
      gOV: 5,
      gp: '49999.99000000',
    });
    const withoutW = KEYS.filter((key) => key !== 'W');
    expect(Object.keys(stop)).toEqual([...withoutW, 'd', 'D', 'j', 'J', 'gP', 'gOT', 'gOV', 'gp']);
    expect(report({}, { ...order, trailingUs: TEST_NOW_US })).toMatchObject({ D: MS });
  });

  it('a list leg that waits is PENDING_NEW', () => {
    const order = { status: OrderStatus.ConditionalPending, orderListId: 9, listLeg: ListLeg.PENDING, workingUs: 0 };
    expect(report({}, order)).toMatchObject({ g: 9, X: 'PENDING_NEW', w: false });
  });

  it('MARKET by quote amount', () => {
    const order = {
      type: OrderType.MARKET,
      priceTicks: 0,
      origLots: 0,
      origQuoteUnits: 1_000_000_000n,
      executedLots: 20,
      status: OrderStatus.Filled,
    };
    expect(report({ executionType: 'TRADE', trade: makeTrade({ lots: 20 }) }, order)).toMatchObject({
      p: '0.00000000',
      q: '0.00020000',
      Q: '10.00000000',
    });
  });

  it('says nothing of a symbol that is not known', () => {
    expect(render([execution({}, { symbol: 'GONE' })])).toEqual([]);
  });
});

describe('other events', () => {
  it('outboundAccountPosition', () => {
    const balances = [makeBalance(), makeBalance({ asset: 'BTC', free: 5n, locked: 150_000_000n })];
    expect(render([{ kind: 'positions', timeUs: TEST_NOW_US - 5000, balances }])).toEqual([
      `{"e":"outboundAccountPosition","E":${MS},"u":${MS - 5},"B":[{"a":"USDT","f":"100000.00000000","l":"0.00000000"},` +
        '{"a":"BTC","f":"0.00000005","l":"1.50000000"}]}',
    ]);
  });

  it('balanceUpdate, then the balance itself', () => {
    const balance = makeBalance({ free: 0n });
    expect(render([{ kind: 'balanceUpdate', timeUs: TEST_NOW_US, asset: 'USDT', deltaUnits: -10_000_000_000_000n, balance }])).toEqual([
      `{"e":"balanceUpdate","E":${MS},"a":"USDT","d":"-100000.00000000","T":${MS}}`,
      `{"e":"outboundAccountPosition","E":${MS},"u":${MS},"B":[{"a":"USDT","f":"0.00000000","l":"0.00000000"}]}`,
    ]);
  });

  it('listStatus', () => {
    const list = {
      orderListId: 2,
      accountId: TEST_ACCOUNT_ID,
      symbol: 'BTCUSDT',
      listClientOrderId: 'the-list',
      contingencyType: ContingencyType.OTOCO,
      orderIds: [17, 18],
      commandId: 1,
      createdUs: TEST_NOW_US,
      statusType: ListStatusType.EXEC_STARTED,
      orderStatus: ListOrderStatus.EXECUTING,
      updateUs: TEST_NOW_US,
    };
    const orders = [makeOrder({ orderId: 17, clientOrderId: 'a' }), makeOrder({ orderId: 18, clientOrderId: 'b' })];
    expect(render([{ kind: 'list', timeUs: TEST_NOW_US, list, orders }])).toEqual([
      `{"e":"listStatus","E":${MS},"s":"BTCUSDT","g":2,"c":"OTO","l":"EXEC_STARTED","L":"EXECUTING","r":"NONE",` +
        `"C":"the-list","T":${MS},"O":[{"s":"BTCUSDT","i":17,"c":"a"},{"s":"BTCUSDT","i":18,"c":"b"}]}`,
    ]);
  });

  it('are rendered once for all subscribers of a time unit, and listened to once', () => {
    const exchange = fakeExchange();
    const hub = new UserDataHub(exchange);
    const batches: (readonly string[])[] = [];
    const stops = (['MILLISECOND', 'MILLISECOND', 'MICROSECOND'] as const).map((timeUnit) =>
      hub.subscribe(TEST_ACCOUNT_ID, { timeUnit, onEvents: (texts) => batches.push(texts) }),
    );
    expect(exchange.listenerCount().account).toBe(1);
    exchange.emitAccount(TEST_ACCOUNT_ID, [execution({})]);
    expect(batches).toHaveLength(3);
    expect(batches[0]).toBe(batches[1]);
    expect(batches[2]).not.toBe(batches[0]);
    for (const stop of stops) {
      stop();
      stop();
    }
    expect(exchange.listenerCount().account).toBe(0);
  });
});
