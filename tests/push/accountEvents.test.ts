// The user-data stream: executions, their running quantities and their order, as Binance documents them
// (user-data-stream.md, faqs/market_orders_faq.md, faqs/stp_faq.md, faqs/order_amend_keep_priority.md).
import { beforeEach, describe, expect, it } from 'vitest';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { type Balance, BalanceCause, BalanceField } from '../../src/domain/balance.ts';
import { diff } from '../../src/domain/changedFields.ts';
import { created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
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
} from '../../src/domain/orderTerms.ts';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import type { PreventedMatch } from '../../src/domain/spotOrder.ts';
import type { AccountEvent } from '../../src/ports/accountEvents.ts';
import { LogWriter, START_US } from './logWriter.ts';

const ALICE = 1000;
const BOB = 1001;

let hub: PushHub;
let log: LogWriter;
let told: Map<number, AccountEvent[][]>;

beforeEach(() => {
  hub = new PushHub({ instruments: () => undefined });
  log = new LogWriter();
  told = new Map();
  for (const account of [ALICE, BOB]) {
    const messages: AccountEvent[][] = [];
    told.set(account, messages);
    hub.accountEvents.listen(account, (events) => messages.push([...events]));
  }
});

const fold = (): void => hub.onMarket(log.message(), log.nowUs);

/** 'TRADE 1 PartiallyFilled 3/30' = execution, order, its state, executed lots / quote units so far. */
function briefly(event: AccountEvent): string {
  if (event.kind === 'list') {
    const status = Object.entries(ListStatusType).find(([, code]) => code === event.list.statusType)?.[0];
    return `list ${event.list.orderListId} ${status} ${event.orders.map((leg) => leg.orderId).join('+')}`;
  }
  if (event.kind !== 'execution') return event.kind;
  const { order } = event;
  const status = Object.entries(OrderStatus).find(([, code]) => code === order.status)?.[0];
  return `${event.executionType} ${order.orderId} ${status} ${order.executedLots}/${order.cumQuoteUnits}`;
}

const said = (account: number): string[] => (told.get(account) ?? []).flat().map(briefly);

const executions = (account: number): Extract<AccountEvent, { kind: 'execution' }>[] =>
  (told.get(account) ?? []).flat().filter((event) => event.kind === 'execution');

it('tells the first fill of an order, once, to who counts them: as the maker or as the taker', () => {
  const fills: string[] = [];
  for (const [name, account] of [
    ['alice', ALICE],
    ['bob', BOB],
  ] as const) {
    hub.accountEvents.listenFirstFills(account, ({ isMaker, timeUs }) => {
      expect(timeUs).toBe(log.nowUs);
      fills.push(`${name} ${isMaker ? 'maker' : 'taker'}`);
    });
  }
  log.place({ orderId: 1, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 3, bookLots: 3 });
  fold();
  expect(fills).toEqual([]);
  log.place({ orderId: 2, accountId: ALICE, side: Side.BUY, priceTicks: 10, origLots: 1 });
  log.fill(1, 2, 1);
  log.change(2, { status: OrderStatus.Filled, executedLots: 1, cumQuoteUnits: 10n });
  fold();
  expect(fills.splice(0)).toEqual(['bob maker', 'alice taker']);
  // The maker has been filled before; the taker goes on the book, where it is filled again.
  log.place({ orderId: 3, accountId: ALICE, side: Side.BUY, priceTicks: 10, origLots: 5 });
  log.fill(1, 3, 2);
  log.change(3, { status: OrderStatus.PartiallyFilled, executedLots: 2, cumQuoteUnits: 20n, bookLots: 3 });
  fold();
  expect(fills.splice(0)).toEqual(['alice taker']);
  log.place({ orderId: 4, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 1 });
  log.fill(3, 4, 1);
  log.change(4, { status: OrderStatus.Filled, executedLots: 1, cumQuoteUnits: 10n });
  fold();
  expect(fills.splice(0)).toEqual(['bob taker']);
});

describe('executions', () => {
  it('tells NEW, then each TRADE with running quantities, then EXPIRED, for a MARKET order that empties the book', () => {
    log.place({ orderId: 1, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 3, bookLots: 3 });
    log.place({ orderId: 2, accountId: BOB, side: Side.SELL, priceTicks: 11, origLots: 4, bookLots: 4 });
    log.place({ orderId: 3, accountId: ALICE, type: OrderType.MARKET, priceTicks: 0, origLots: 9 });
    log.fill(1, 3, 3).fill(2, 3, 4);
    log.change(3, {
      status: OrderStatus.Expired,
      executedLots: 7,
      cumQuoteUnits: 74n,
      expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY,
    });
    fold();
    expect(said(ALICE)).toEqual([
      'NEW 3 Pending 0/0',
      'TRADE 3 PartiallyFilled 3/30',
      'TRADE 3 PartiallyFilled 7/74',
      'EXPIRED 3 Expired 7/74',
    ]);
    expect(said(BOB)).toEqual(['NEW 1 Pending 0/0', 'NEW 2 Pending 0/0', 'TRADE 1 Filled 3/30', 'TRADE 2 Filled 4/44']);
    expect(executions(ALICE).map(({ isMaker, trade }) => [isMaker, trade?.tradeId])).toEqual([
      [false, undefined],
      [false, 1],
      [false, 2],
      [false, undefined],
    ]);
    expect(executions(BOB)[2]).toMatchObject({ isMaker: true, trade: { tradeId: 1, sellerFeeUnits: 2n } });
    expect(told.get(ALICE)).toHaveLength(1);
  });

  it('interleaves execution ids of both sides, unique and ascending', () => {
    log.place({ orderId: 1, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 3, bookLots: 3 });
    log.place({ orderId: 2, accountId: ALICE, priceTicks: 10, origLots: 3 });
    log.fill(1, 2, 3).change(2, { status: OrderStatus.Filled, executedLots: 3, cumQuoteUnits: 30n });
    fold();
    const ids = [...executions(BOB), ...executions(ALICE)].map((event) => event.executionId);
    expect(new Set(ids).size).toBe(4);
    for (const account of [ALICE, BOB]) {
      const own = executions(account).map((event) => event.executionId);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  it("completes a filled taker's last TRADE, also when its quantity was unknown until then", () => {
    log.place({ orderId: 1, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 3, bookLots: 3 });
    log.place({ orderId: 2, type: OrderType.MARKET, priceTicks: 0, origLots: 0, origQuoteUnits: 20n });
    log.fill(1, 2, 2).change(2, { status: OrderStatus.Filled, executedLots: 2, cumQuoteUnits: 20n, origLots: 2 });
    fold();
    expect(said(ALICE)).toEqual(['NEW 2 Pending 0/0', 'TRADE 2 Filled 2/20']);
    expect(executions(ALICE)[1]?.order.origLots).toBe(2);
    expect(executions(ALICE)[0]?.order.origLots).toBe(0);
  });

  it('tells a taker that goes on the book with what is left by its TRADEs alone', () => {
    log.place({ orderId: 1, accountId: BOB, side: Side.SELL, priceTicks: 10, origLots: 3, bookLots: 3 });
    log.place({ orderId: 2, priceTicks: 10, origLots: 5 });
    log.fill(1, 2, 3).change(2, { status: OrderStatus.PartiallyFilled, executedLots: 3, cumQuoteUnits: 30n, bookLots: 2 });
    fold();
    expect(said(ALICE)).toEqual(['NEW 2 Pending 0/0', 'TRADE 2 PartiallyFilled 3/30']);
    expect(executions(ALICE)[1]?.order.bookLots).toBe(2);
  });

  it('tells a cancel with the id of the cancel and a venue cancel without', () => {
    log.place({ orderId: 1, bookLots: 10 }).place({ orderId: 2, bookLots: 10 });
    const outcome = { commandId: 9, kind: RequestKind.CANCEL, code: 0, clientOrderId: 'myCancel' };
    log.change(1, { status: OrderStatus.Cancelled, bookLots: 0, outcome });
    log.change(2, { status: OrderStatus.Cancelled, bookLots: 0, expiryReason: ExpiryReason.EXCHANGE_CANCELED });
    fold();
    expect(said(ALICE).slice(2)).toEqual(['CANCELED 1 Cancelled 0/0', 'CANCELED 2 Cancelled 0/0']);
    expect(executions(ALICE)[2]).toMatchObject({ requestClientOrderId: 'myCancel', order: { clientOrderId: 'c1' } });
    expect(executions(ALICE)[3]?.requestClientOrderId).toBe('');
  });

  it('stays silent about a request that failed, for a known and for an unknown order', () => {
    log.place({ orderId: 1, bookLots: 10 });
    fold();
    const code = EngineReject.CANCEL_RESTRICTED.code;
    log.change(1, { outcome: { commandId: 9, kind: RequestKind.CANCEL, code, clientOrderId: 'x' } });
    fold();
    expect(said(ALICE)).toEqual(['NEW 1 Pending 0/0']);
  });

  it('tells an amend as REPLACED, with the id before it, and the amended sibling of an OCO too', () => {
    log.place({ orderId: 1, bookLots: 10 }).place({ orderId: 2, side: Side.SELL, priceTicks: 200, bookLots: 10 });
    const outcome = { commandId: 9, kind: RequestKind.AMEND, code: 0, clientOrderId: 'renamed' };
    log.change(1, { origLots: 6, bookLots: 6, clientOrderId: 'renamed', amendCount: 1, outcome });
    log.change(2, { origLots: 6, bookLots: 6 });
    fold();
    expect(said(ALICE).slice(2)).toEqual(['REPLACED 1 Pending 0/0', 'REPLACED 2 Pending 0/0']);
    expect(executions(ALICE)[2]).toMatchObject({
      requestClientOrderId: 'renamed',
      origClientOrderId: 'c1',
      order: { clientOrderId: 'renamed', origLots: 6 },
    });
    expect(executions(ALICE)[3]).toMatchObject({ requestClientOrderId: '', origClientOrderId: 'c2' });
  });

  it('tells a refused order as REJECTED and nothing else', () => {
    log.place({ orderId: 1, type: OrderType.LIMIT_MAKER, status: OrderStatus.Rejected, rejectCode: 5 });
    fold();
    expect(said(ALICE)).toEqual(['REJECTED 1 Rejected 0/0']);
    expect(hub.openOrderCount).toBe(0);
  });

  it('tells a stop when it is accepted and when it starts working', () => {
    const terms = { type: OrderType.STOP_LOSS_LIMIT, status: OrderStatus.ConditionalPending, workingUs: 0 };
    log.place({ orderId: 1, ...terms, stopPriceTicks: 110 });
    fold();
    log.change(1, { status: OrderStatus.Pending, bookLots: 10, workingUs: START_US + 5 });
    fold();
    expect(said(ALICE)).toEqual(['NEW 1 ConditionalPending 0/0', 'NEW 1 Pending 0/0']);
    expect(executions(ALICE)[1]?.order.workingUs).toBe(START_US + 5);
  });

  it('says nothing of a moving trailing stop or a refilled iceberg', () => {
    log.place({ orderId: 1, bookLots: 2, icebergLots: 2 }).place({ orderId: 2, status: OrderStatus.ConditionalPending });
    log.change(1, { bookLots: 1 }).change(2, { trailingExtremeTicks: 90, trailingUs: START_US });
    fold();
    expect(said(ALICE)).toEqual(['NEW 1 Pending 0/0', 'NEW 2 ConditionalPending 0/0']);
  });
});

describe('self-trade prevention', () => {
  const match = (takerPreventedLots: number, makerPreventedLots: number, stpMode: StpMode): PreventedMatch => ({
    preventedMatchId: 1,
    takerOrderId: 2,
    makerOrderId: 1,
    priceTicks: 100,
    takerPreventedLots,
    makerPreventedLots,
    stpMode,
  });

  it('tells both sides of a DECREMENT once, the one that ended and the one that lives', () => {
    const preventedMatch = match(4, 4, StpMode.DECREMENT);
    log.place({ orderId: 1, bookLots: 10 });
    log.place({ orderId: 2, side: Side.SELL, origLots: 4 });
    log.change(1, { preventedLots: 4, bookLots: 6, preventedMatch });
    log.change(2, {
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      preventedLots: 4,
      preventedMatch,
    });
    fold();
    expect(said(ALICE)).toEqual([
      'NEW 1 Pending 0/0',
      'NEW 2 Pending 0/0',
      'TRADE_PREVENTION 1 Pending 0/0',
      'TRADE_PREVENTION 2 Expired 0/0',
    ]);
    // The two sides of the prevented match share their entry.
    expect(executions(ALICE).map((event) => event.executionId)).toEqual([1, 2, 3, 3]);
    expect(executions(ALICE)[3]).toMatchObject({ preventedMatch, order: { preventedLots: 4 } });
  });

  it('tells only the taker of an EXPIRE_TAKER', () => {
    log.place({ orderId: 1, bookLots: 10 });
    log.place({ orderId: 2, side: Side.SELL, origLots: 4 });
    log.change(2, {
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      preventedLots: 4,
      preventedMatch: match(4, 0, StpMode.EXPIRE_TAKER),
    });
    fold();
    expect(said(ALICE).slice(2)).toEqual(['TRADE_PREVENTION 2 Expired 0/0']);
  });

  it('tells only the maker of an EXPIRE_MAKER, then the trades of the taker', () => {
    log.place({ orderId: 1, bookLots: 10 }).place({ orderId: 3, accountId: BOB, bookLots: 10 });
    log.place({ orderId: 2, side: Side.SELL, origLots: 4 });
    log.change(1, {
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      preventedLots: 10,
      bookLots: 0,
      preventedMatch: match(0, 10, StpMode.EXPIRE_MAKER),
    });
    log.fill(3, 2, 4).change(2, { status: OrderStatus.Filled, executedLots: 4, cumQuoteUnits: 400n });
    fold();
    expect(said(ALICE).slice(2)).toEqual(['TRADE_PREVENTION 1 Expired 0/0', 'TRADE 2 Filled 4/400']);
  });

  it('tells the rest of a decremented IOC as EXPIRED after its TRADE_PREVENTION', () => {
    log.place({ orderId: 1, bookLots: 1, origLots: 1 });
    log.place({ orderId: 2, side: Side.SELL, origLots: 4 });
    const preventedMatch = match(1, 1, StpMode.DECREMENT);
    const expiryReason = ExpiryReason.SELF_TRADE_PREVENTION;
    log.change(1, { status: OrderStatus.Expired, expiryReason, preventedLots: 1, bookLots: 0, preventedMatch });
    log.change(2, {
      status: OrderStatus.Expired,
      expiryReason: ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED,
      preventedLots: 1,
      preventedMatch,
    });
    fold();
    expect(said(ALICE).slice(2)).toEqual(['TRADE_PREVENTION 1 Expired 0/0', 'TRADE_PREVENTION 2 Pending 0/0', 'EXPIRED 2 Expired 0/0']);
  });
});

describe('order lists', () => {
  const oco = {
    orderListId: 7,
    accountId: ALICE,
    symbol: 'BTCUSDT',
    listClientOrderId: 'list',
    contingencyType: ContingencyType.OCO,
    orderIds: [8, 9],
    commandId: 70,
    createdUs: START_US,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: START_US,
  };
  const placeOco = (): void => {
    log.placeList(oco);
    log.place({ orderId: 8, side: Side.SELL, priceTicks: 120, bookLots: 10, orderListId: 7, listLeg: ListLeg.ABOVE });
    log.place({
      orderId: 9,
      side: Side.SELL,
      type: OrderType.STOP_LOSS,
      status: OrderStatus.ConditionalPending,
      orderListId: 7,
      listLeg: ListLeg.BELOW,
    });
  };

  it('announces a list once its legs are known, and its end with all of them', () => {
    placeOco();
    log.place({ orderId: 10, bookLots: 10 });
    fold();
    log.place({ orderId: 11, accountId: BOB, priceTicks: 120, origLots: 10 }).fill(8, 11, 10);
    log.change(9, { status: OrderStatus.Expired, expiryReason: ExpiryReason.OCO_TRIGGER });
    log.changeList(7, { statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE });
    log.change(11, { status: OrderStatus.Filled, executedLots: 10, cumQuoteUnits: 1200n });
    fold();
    expect(said(ALICE)).toEqual([
      'NEW 8 Pending 0/0',
      'NEW 9 ConditionalPending 0/0',
      'list 7 EXEC_STARTED 8+9',
      'NEW 10 Pending 0/0',
      'TRADE 8 Filled 10/1200',
      'EXPIRED 9 Expired 0/0',
      'list 7 ALL_DONE 8+9',
    ]);
    expect(hub.openList(7)).toBeUndefined();
  });

  it('knows the legs after a restore, the closed one too', () => {
    placeOco();
    log.change(9, { status: OrderStatus.Expired, expiryReason: ExpiryReason.OCO_TRIGGER });
    fold();
    const restored = new PushHub({ instruments: () => undefined });
    restored.restore(structuredClone(hub.snapshot()));
    expect(restored.hash()).toBe(hub.hash());
    const events: AccountEvent[] = [];
    restored.accountEvents.listen(ALICE, (own) => events.push(...own));
    log.change(8, { status: OrderStatus.Cancelled, bookLots: 0 });
    log.changeList(7, { statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE });
    restored.onMarket(log.message(), log.nowUs);
    expect(events.map(briefly)).toEqual(['CANCELED 8 Cancelled 0/0', 'list 7 ALL_DONE 8+9']);
  });

  it('tells an activated pending leg as NEW', () => {
    log.placeList({ ...oco, contingencyType: ContingencyType.OTO });
    log.place({ orderId: 8, bookLots: 10, orderListId: 7, listLeg: ListLeg.WORKING });
    const status = OrderStatus.ConditionalPending;
    log.place({
      orderId: 9,
      side: Side.SELL,
      priceTicks: 130,
      status,
      orderListId: 7,
      listLeg: ListLeg.PENDING,
      workingUs: 0,
    });
    fold();
    const outcome = { commandId: 71, kind: RequestKind.ACTIVATE, code: 0, clientOrderId: '' };
    log.change(9, { origLots: 9, outcome }).change(9, { status: OrderStatus.Pending, bookLots: 9, workingUs: START_US });
    fold();
    expect(said(ALICE).slice(3)).toEqual(['NEW 9 Pending 0/0']);
  });

  it('tells an activated pending stop as NEW, while it waits for its price', () => {
    log.placeList({ ...oco, contingencyType: ContingencyType.OTO });
    const type = OrderType.STOP_LOSS;
    log.place({ orderId: 9, type, status: OrderStatus.ConditionalPending, orderListId: 7, listLeg: ListLeg.PENDING });
    const outcome = { commandId: 71, kind: RequestKind.ACTIVATE, code: 0, clientOrderId: '' };
    log.change(9, { outcome });
    fold();
    expect(said(ALICE).slice(0, 2)).toEqual(['NEW 9 ConditionalPending 0/0', 'NEW 9 ConditionalPending 0/0']);
  });

  it('tells a refused list with its refused legs, and forgets it', () => {
    log.placeList({ ...oco, statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.REJECT });
    for (const orderId of oco.orderIds) {
      log.place({ orderId, orderListId: 7, status: OrderStatus.Rejected, rejectCode: EngineReject.WOULD_MATCH.code });
    }
    fold();
    expect(said(ALICE)).toEqual(['REJECTED 8 Rejected 0/0', 'REJECTED 9 Rejected 0/0', 'list 7 ALL_DONE 8+9']);
    expect(hub.openList(7)).toBeUndefined();
  });
});

describe('balances', () => {
  const balance = (accountId: number, asset: string, rest: Partial<Balance> = {}): Balance => ({
    accountId,
    asset,
    free: 0n,
    locked: 0n,
    updateUs: START_US,
    cause: BalanceCause.TRADING,
    requestId: '',
    ...rest,
  });
  const put = (row: Balance) => created(EntityType.Balance, entityIds.balance(row.accountId, row.asset), { ...row }, START_US);
  const change = (row: Balance, changes: Partial<Balance>) =>
    updated(EntityType.Balance, entityIds.balance(row.accountId, row.asset), diff<Balance>(BalanceField, row, changes), START_US + 1);

  it('tells one message of trading as one positions event per account, with the last values', () => {
    const btc = balance(ALICE, 'BTC', { free: 5n });
    const usdt = balance(ALICE, 'USDT', { free: 70n });
    hub.onAccounts([put(btc), put(usdt), put(balance(BOB, 'BTC'))], START_US);
    told.forEach((messages) => {
      messages.length = 0;
    });
    const later = { updateUs: START_US + 1 };
    hub.onAccounts(
      [
        change(usdt, { free: 50n, locked: 20n, ...later }),
        change(btc, { free: 6n, ...later }),
        change({ ...usdt, free: 50n, locked: 20n, ...later }, { locked: 0n }),
      ],
      START_US + 1,
    );
    expect(told.get(BOB)).toEqual([]);
    expect(told.get(ALICE)).toEqual([
      [
        {
          kind: 'positions',
          timeUs: START_US + 1,
          balances: [
            { ...usdt, free: 50n, locked: 0n, updateUs: START_US + 1 },
            { ...btc, free: 6n, updateUs: START_US + 1 },
          ],
        },
      ],
    ]);
  });

  it('tells deposits and withdrawals one by one, with their deltas', () => {
    const cause = BalanceCause.DEPOSIT;
    const first = balance(ALICE, 'BTC', { free: 5n, cause, requestId: 'd1' });
    hub.onAccounts([put(first)], START_US);
    const second = { free: 12n, requestId: 'd2' };
    const third = { free: 2n, requestId: 'w1', cause: BalanceCause.WITHDRAWAL };
    hub.onAccounts([change(first, second), change({ ...first, ...second }, third)], START_US + 1);
    const events = (told.get(ALICE) ?? []).flat();
    expect(events).toEqual([
      { kind: 'balanceUpdate', timeUs: START_US, asset: 'BTC', deltaUnits: 5n, balance: first },
      { kind: 'balanceUpdate', timeUs: START_US + 1, asset: 'BTC', deltaUnits: 7n, balance: { ...first, ...second } },
      {
        kind: 'balanceUpdate',
        timeUs: START_US + 1,
        asset: 'BTC',
        deltaUnits: -10n,
        balance: { ...first, ...second, ...third },
      },
    ]);
  });
});
