// Makes entries as the stages write them, from a list of small random actions: the same list gives the same messages.

import type { Balance } from '../../src/domain/balance.ts';
import { BalanceCause, BalanceField } from '../../src/domain/balance.ts';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import { created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import type { PreventedMatch, SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderField } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { OrderListField } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import type { FedMessage } from './naiveHistory.ts';

export const FEED_ACCOUNTS = [0, 1000, 2 ** 40] as const;
export const FEED_SYMBOLS = ['BTCUSDT', '币安USDT'] as const;
export const FEED_ASSETS = ['BTC', 'ETH', 'USDT'] as const;
export const FEED_CLIENT_IDS = ['a', 'b', 'c-1', 'ключ', 'x'.repeat(36)] as const;
export const FEED_STREAMS = [
  ...FEED_SYMBOLS.map((_, i) => `markets-${i}`),
  ...FEED_ACCOUNTS.map((_, i) => `accounts-${i}`),
  'klines-0',
  'admin',
] as const;
export const FEED_START_US = Date.parse('2024-02-28T22:00:00Z') * 1000;

/** Numbers that decide what happens; any values will do. */
export interface FeedAction {
  readonly what: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const pick = <T>(from: readonly T[], n: number): T => from[n % from.length] as T;

export function newOrder(overrides: Partial<SpotOrder> & Pick<SpotOrder, 'orderId'>): SpotOrder {
  return {
    accountId: 1000,
    symbol: 'BTCUSDT',
    clientOrderId: `id-${overrides.orderId}`,
    side: Side.BUY,
    type: OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks: 6_000_000,
    origLots: 1000,
    commandId: overrides.orderId * 7,
    createdUs: FEED_START_US + overrides.orderId,
    makerRate: 100_000,
    takerRate: 100_000,
    status: OrderStatus.Pending,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: 1000,
    updateId: overrides.orderId,
    updateUs: FEED_START_US + overrides.orderId,
    workingUs: 0,
    reservedUnits: 6_000_000_000n,
    origQuoteUnits: 0n,
    stpMode: StpMode.NONE,
    stopPriceTicks: 0,
    trailingDelta: 0,
    trailingUs: 0,
    trailingExtremeTicks: 0,
    icebergLots: 0,
    expireUs: 0,
    orderListId: -1,
    listLeg: 0,
    strategyId: null,
    strategyType: null,
    pegPriceType: 0,
    pegOffsetType: 0,
    pegOffsetValue: 0,
    peggedPriceTicks: 0,
    preventedLots: 0,
    preventedMatch: null,
    expiryReason: ExpiryReason.NONE,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
    ...overrides,
  };
}

export class HistoryFeed {
  readonly messages: FedMessage[] = [];
  nowUs = FEED_START_US;
  readonly orderIds: number[] = [];
  readonly listIds: number[] = [];
  readonly times: number[] = [FEED_START_US];
  #lastOrderId = 0;
  #lastCommandId = 0;
  readonly #open: SpotOrder[] = [];
  readonly #lists: SpotOrderList[] = [];
  readonly #balances = new Map<string, Balance>();
  readonly #books = new Map(FEED_SYMBOLS.map((symbol) => [symbol, { tradeId: 0, updateId: 0, preventedId: 0 }]));
  readonly #builders = new Map(FEED_SYMBOLS.map((symbol) => [symbol, new KLineBuilder(symbol)]));
  readonly #sequences = new Map<string, { message: number; entry: number }>();

  /** One action drawn from `random`. */
  doRandom(random: (below: number) => number): void {
    this.do({ what: random(100), x: random(2 ** 30), y: random(2 ** 30), z: random(2 ** 30) });
  }

  do(action: FeedAction): void {
    const { what, x, y, z } = action;
    if (x % 7 === 0) this.nowUs += (y % 90) * 60_000_000;
    else if (x % 7 === 6) this.nowUs += z % 1_000_000;
    this.times.push(this.nowUs);
    const kind = what % 100;
    if (kind < 30) this.#place(x, y, z);
    else if (kind < 55) this.#match(x, y, z);
    else if (kind < 65) this.#end(x, y);
    else if (kind < 72) this.#amend(x, y);
    else if (kind < 77) this.#prevent(x, y);
    else if (kind < 80) this.#placeList(x, y, z);
    else if (kind < 83) this.#endList(x);
    else if (kind < 95) this.#changeBalance(x, y, z);
    else if (kind < 97) this.#tick();
    else this.#noise(x);
  }

  /** Steps of one symbol are in one stream. */
  #market(symbol: string, entries: ChangeLogEntry[]): void {
    this.#say(`markets-${FEED_SYMBOLS.indexOf(symbol as never) === 0 ? 0 : 1}`, entries);
  }

  #say(stream: string, entries: ChangeLogEntry[]): void {
    const at = this.#sequences.get(stream) ?? { message: 0, entry: 0 };
    for (const entry of entries) entry.sequence = ++at.entry;
    this.messages.push({ stream, sequence: ++at.message, entries: structuredClone(entries) });
    this.#sequences.set(stream, at);
  }

  #update(order: SpotOrder, fields: Partial<SpotOrder>): ChangeLogEntry {
    const changed: unknown[] = [];
    for (const [name, value] of Object.entries(fields)) {
      changed.push(OrderField[name as keyof SpotOrder], order[name as keyof SpotOrder], value);
    }
    Object.assign(order, fields);
    if (order.status >= OrderStatus.Filled) this.#open.splice(this.#open.indexOf(order), 1);
    return updated(EntityType.SpotOrder, order.orderId, changed, this.nowUs);
  }

  #create(order: SpotOrder): ChangeLogEntry {
    this.orderIds.push(order.orderId);
    if (order.status < OrderStatus.Filled) this.#open.push(order);
    return created(EntityType.SpotOrder, order.orderId, { ...order }, this.nowUs);
  }

  #place(x: number, y: number, z: number): void {
    const symbol = pick(FEED_SYMBOLS, y);
    const rare = z % 5 === 0;
    const order = newOrder({
      orderId: ++this.#lastOrderId,
      accountId: pick(FEED_ACCOUNTS, x),
      symbol,
      clientOrderId: z % 3 === 0 ? pick(FEED_CLIENT_IDS, z) : `c${this.#lastOrderId}`,
      side: x % 2 === 0 ? Side.BUY : Side.SELL,
      type: rare ? OrderType.STOP_LOSS_LIMIT : OrderType.LIMIT,
      timeInForce: pick(Object.values(TimeInForce), z),
      priceTicks: 1 + (z % 2 ** 30) * (rare ? 2 ** 16 : 1),
      origLots: 1 + (y % 1000),
      commandId: ++this.#lastCommandId * 2 ** 20,
      createdUs: this.nowUs,
      updateUs: this.nowUs + (z % 3) - 1,
      workingUs: z % 4 === 0 ? 0 : this.nowUs + (z % 3) - 1,
      reservedUnits: rare ? 2n ** 61n + BigInt(z) : BigInt(z),
      ...(rare
        ? {
            stopPriceTicks: y,
            origQuoteUnits: BigInt(x) * 2n ** 20n,
            stpMode: StpMode.DECREMENT,
            trailingDelta: x % 100,
            trailingUs: x % 2 === 0 ? this.nowUs : 0,
            icebergLots: y % 10,
            expireUs: z % 2 === 0 ? this.nowUs + 5 : 0,
            strategyId: x % 2 === 0 ? x : null,
            strategyType: y % 2 === 0 ? 1_000_000 + y : null,
            pegPriceType: 1 as const,
            pegOffsetType: 1 as const,
            pegOffsetValue: z % 100,
            peggedPriceTicks: z,
          }
        : {}),
    });
    const fate = x % 12;
    if (fate === 0) Object.assign(order, { status: OrderStatus.Rejected, rejectCode: 5, bookLots: 0, updateId: 0 });
    if (fate === 1) {
      Object.assign(order, { status: OrderStatus.Expired, expiryReason: ExpiryReason.INSUFFICIENT_LIQUIDITY });
    }
    if (fate === 2) Object.assign(order, { status: OrderStatus.ConditionalPending, bookLots: 0, updateId: 0 });
    this.#market(symbol, [this.#create(order)]);
  }

  /** One taker against up to four makers, some of them twice at the same price. */
  #match(x: number, y: number, z: number): void {
    const taker = pick(this.#open, x);
    if (taker === undefined) return;
    const makers = this.#open.filter((order) => order !== taker && order.symbol === taker.symbol);
    const book = this.#books.get(taker.symbol as never);
    if (makers.length === 0 || book === undefined) return;
    const entries: ChangeLogEntry[] = [];
    const trades: SpotTrade[] = [];
    for (let i = 0; i <= z % 5; i++) {
      const maker = pick(makers, y + (i >> 1));
      const buys = taker.side === Side.BUY;
      const [buyer, seller] = buys ? [taker, maker] : [maker, taker];
      const lots = 1 + ((y + i) % 9);
      const priceTicks = maker.priceTicks + (i % 3 === 2 ? 1 : 0);
      const trade: SpotTrade = {
        tradeId: ++book.tradeId,
        symbol: taker.symbol,
        priceTicks,
        lots,
        quoteUnits: BigInt(priceTicks) * BigInt(lots),
        buyerIsMaker: !buys,
        buyerOrderId: buyer.orderId,
        sellerOrderId: seller.orderId,
        buyerAccountId: buyer.accountId,
        sellerAccountId: seller.accountId,
        buyerFeeUnits: BigInt(lots),
        sellerFeeUnits: BigInt(priceTicks),
        tradeUs: this.nowUs,
      };
      trades.push(trade);
      entries.push(created(EntityType.SpotTrade, entityIds.trade(trade.symbol, trade.tradeId), trade, this.nowUs));
      if (maker.status < OrderStatus.Filled) {
        const ends = (x + i) % 3 === 0;
        entries.push(
          this.#update(maker, {
            status: ends ? OrderStatus.Filled : OrderStatus.PartiallyFilled,
            executedLots: maker.executedLots + lots,
            cumQuoteUnits: maker.cumQuoteUnits + trade.quoteUnits,
            bookLots: ends ? 0 : maker.bookLots,
            updateId: ++book.updateId,
            updateUs: this.nowUs,
          }),
        );
        if (ends) break;
      }
    }
    entries.push(
      this.#update(taker, {
        status: y % 2 === 0 ? OrderStatus.Filled : OrderStatus.PartiallyFilled,
        executedLots: taker.executedLots + trades.length,
        updateUs: this.nowUs,
        workingUs: this.nowUs,
      }),
    );
    this.#market(taker.symbol, entries);
    const klines: ChangeLogEntry[] = [];
    this.#builders.get(taker.symbol as never)?.trades(trades, this.nowUs, klines);
    this.#say('klines-0', klines);
  }

  #end(x: number, y: number): void {
    const order = pick(this.#open, x);
    if (order === undefined) return;
    const status = y % 2 === 0 ? OrderStatus.Cancelled : OrderStatus.Expired;
    this.#market(order.symbol, [
      this.#update(order, {
        status: y % 11 === 0 ? OrderStatus.Rejected : status,
        bookLots: 0,
        updateUs: this.nowUs,
        expiryReason: ExpiryReason.EXCHANGE_CANCELED,
        outcome: { commandId: 1, kind: 1, code: 0, clientOrderId: 'cancel' },
      }),
    ]);
  }

  #amend(x: number, y: number): void {
    const order = pick(this.#open, x);
    if (order === undefined) return;
    const renamed = y % 2 === 0 ? { clientOrderId: pick(FEED_CLIENT_IDS, y) } : {};
    this.#market(order.symbol, [
      this.#update(order, {
        ...renamed,
        origLots: Math.max(1, order.origLots - 1),
        amendCount: order.amendCount + 1,
        updateUs: this.nowUs,
        outcome: { commandId: 2, kind: 2, code: 0, clientOrderId: '' },
      }),
    ]);
  }

  /** Told by the maker's entry and, when the taker is of our making too, by its own. */
  #prevent(x: number, y: number): void {
    const maker = pick(this.#open, x);
    if (maker === undefined) return;
    const taker = pick(
      this.#open.filter((order) => order.symbol === maker.symbol),
      y,
    );
    const book = this.#books.get(maker.symbol as never);
    if (taker === undefined || book === undefined) return;
    const match: PreventedMatch = {
      preventedMatchId: ++book.preventedId,
      takerOrderId: taker.orderId,
      makerOrderId: maker.orderId,
      priceTicks: maker.priceTicks,
      takerPreventedLots: 1,
      makerPreventedLots: 2,
      stpMode: StpMode.EXPIRE_MAKER,
    };
    const entries = [
      this.#update(maker, {
        status: taker === maker ? maker.status : OrderStatus.Expired,
        preventedLots: maker.preventedLots + 2,
        preventedMatch: match,
        expiryReason: ExpiryReason.SELF_TRADE_PREVENTION,
      }),
    ];
    if (taker !== maker) entries.push(this.#update(taker, { preventedLots: 1, preventedMatch: match }));
    this.#market(maker.symbol, entries);
  }

  #placeList(x: number, y: number, z: number): void {
    const orderListId = ++this.#lastOrderId;
    const symbol = pick(FEED_SYMBOLS, y);
    const accountId = pick(FEED_ACCOUNTS, x);
    const rejected = z % 5 === 0;
    const legs = [1, 2].map(() =>
      newOrder({ orderId: ++this.#lastOrderId, accountId, symbol, createdUs: this.nowUs, orderListId, listLeg: 2 }),
    );
    const list: SpotOrderList = {
      orderListId,
      accountId,
      symbol,
      listClientOrderId: z % 2 === 0 ? pick(FEED_CLIENT_IDS, z) : `l${orderListId}`,
      contingencyType: ContingencyType.OCO,
      orderIds: legs.map((leg) => leg.orderId),
      commandId: ++this.#lastCommandId,
      createdUs: this.nowUs,
      statusType: rejected ? ListStatusType.RESPONSE : ListStatusType.EXEC_STARTED,
      orderStatus: rejected ? ListOrderStatus.REJECT : ListOrderStatus.EXECUTING,
      updateUs: this.nowUs,
    };
    this.listIds.push(orderListId);
    if (!rejected) this.#lists.push(list);
    this.#market(symbol, [
      created(EntityType.SpotOrderList, orderListId, { ...list }, this.nowUs),
      ...(rejected ? [] : legs.map((leg) => this.#create(leg))),
    ]);
  }

  #endList(x: number): void {
    const list = pick(this.#lists, x);
    if (list === undefined) return;
    this.#lists.splice(this.#lists.indexOf(list), 1);
    const { statusType, orderStatus, updateUs } = list;
    this.#market(list.symbol, [
      updated(
        EntityType.SpotOrderList,
        list.orderListId,
        [
          ...[OrderListField.statusType, statusType, ListStatusType.ALL_DONE],
          ...[OrderListField.orderStatus, orderStatus, ListOrderStatus.ALL_DONE],
          ...[OrderListField.updateUs, updateUs, this.nowUs],
        ],
        this.nowUs,
      ),
    ]);
  }

  #changeBalance(x: number, y: number, z: number): void {
    const accountId = pick(FEED_ACCOUNTS, x);
    const asset = pick(FEED_ASSETS, y);
    const id = entityIds.balance(accountId, asset);
    const before = this.#balances.get(id);
    const after: Balance = {
      accountId,
      asset,
      free: BigInt(z) * (z % 7 === 0 ? 2n ** 32n : 1n),
      locked: BigInt(x),
      updateUs: this.nowUs,
      cause: z % 5 === 0 ? BalanceCause.DEPOSIT : BalanceCause.TRADING,
      requestId: z % 5 === 0 ? `dep-${x}` : '',
    };
    this.#balances.set(id, after);
    if (before === undefined) {
      this.#say(`accounts-${x % FEED_ACCOUNTS.length}`, [
        // The orders of the account log are not history's.
        created(EntityType.SpotOrder, 10 ** 9 + x, newOrder({ orderId: 10 ** 9 + x, accountId }), this.nowUs),
        created(EntityType.Balance, id, after, this.nowUs),
      ]);
      return;
    }
    const changed: unknown[] = [];
    for (const [name, field] of Object.entries(BalanceField)) {
      const [old, now] = [before[name as keyof Balance], after[name as keyof Balance]];
      if (old !== now) changed.push(field, old, now);
    }
    this.#say(`accounts-${x % FEED_ACCOUNTS.length}`, [updated(EntityType.Balance, id, changed, this.nowUs)]);
  }

  #tick(): void {
    const entries: ChangeLogEntry[] = [];
    for (const builder of this.#builders.values()) builder.tick(this.nowUs, entries);
    if (entries.length > 0) this.#say('klines-0', entries);
  }

  /** What history must pass over: failed requests, other streams, empty steps. */
  #noise(x: number): void {
    const outcome = { commandId: 3, kind: 1 as const, code: 1, clientOrderId: '' };
    const failed = updated(EntityType.SpotOrder, x, [OrderField.outcome, null, outcome], this.nowUs);
    this.#say('markets-0', x % 2 === 0 ? [] : [{ ...failed, entityId: 2 ** 40 + x } as ChangeLogEntry]);
    this.#say('admin', []);
  }
}
