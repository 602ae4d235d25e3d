// Writes market log entries by hand, the way the symbol's writer does, for tests of what reads them.
import { diff } from '../../src/domain/changedFields.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderType, Side, StpMode, TimeInForce } from '../../src/domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';

export const START_US = 1_760_000_000_000_000;

/** A resting LIMIT BUY of 10 lots at 100 ticks by account 1000, unless said otherwise. */
export function order(terms: Partial<SpotOrder> & { readonly orderId: number }): SpotOrder {
  return {
    accountId: 1000,
    symbol: 'BTCUSDT',
    clientOrderId: `c${terms.orderId}`,
    side: Side.BUY,
    type: OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks: 100,
    origLots: 10,
    commandId: terms.orderId * 10,
    createdUs: START_US,
    makerRate: 0,
    takerRate: 0,
    status: OrderStatus.Pending,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: 0,
    updateId: 0,
    updateUs: START_US,
    workingUs: START_US,
    reservedUnits: 0n,
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
    expiryReason: 0,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
    ...terms,
  };
}

export class LogWriter {
  nowUs = START_US;
  #sequence = 0;
  #updateIds = new Map<string, number>();
  #tradeId = 0;
  #entries: ChangeLogEntry[] = [];
  readonly #orders = new Map<number, SpotOrder>();
  readonly #lists = new Map<number, SpotOrderList>();

  #add(entry: ChangeLogEntry): ChangeLogEntry {
    entry.sequence = ++this.#sequence;
    this.#entries.push(entry);
    return entry;
  }

  #nextUpdateId(symbol: string): number {
    const updateId = (this.#updateIds.get(symbol) ?? 0) + 1;
    this.#updateIds.set(symbol, updateId);
    return updateId;
  }

  /** The order's Created entry; one that shows lots takes an update id. */
  place(terms: Partial<SpotOrder> & { readonly orderId: number }): this {
    const row = order({ ...terms, updateUs: this.nowUs });
    if (row.bookLots > 0) row.updateId = this.#nextUpdateId(row.symbol);
    this.#orders.set(row.orderId, row);
    this.#add(created(EntityType.SpotOrder, row.orderId, Object.freeze({ ...row }), this.nowUs));
    return this;
  }

  /** An Updated entry; a change of the shown lots takes an update id. */
  change(orderId: number, changes: Partial<SpotOrder>): this {
    const row = this.row(orderId);
    const all: Partial<SpotOrder> = { ...changes, updateUs: this.nowUs };
    if (changes.bookLots !== undefined && changes.bookLots !== row.bookLots) {
      all.updateId = this.#nextUpdateId(row.symbol);
    }
    this.#add(updated(EntityType.SpotOrder, orderId, diff<SpotOrder>(OrderField, row, all), this.nowUs));
    Object.assign(row, all);
    return this;
  }

  /** A fill and the maker's entry after it. The taker's own entry is to follow at its end. */
  fill(makerId: number, takerId: number, lots: number): this {
    const maker = this.row(makerId);
    const taker = this.row(takerId);
    const buyerIsMaker = maker.side === Side.BUY;
    const [buyer, seller] = buyerIsMaker ? [maker, taker] : [taker, maker];
    const quoteUnits = BigInt(maker.priceTicks * lots);
    const trade: SpotTrade = {
      tradeId: ++this.#tradeId,
      symbol: maker.symbol,
      priceTicks: maker.priceTicks,
      lots,
      quoteUnits,
      buyerIsMaker,
      buyerOrderId: buyer.orderId,
      sellerOrderId: seller.orderId,
      buyerAccountId: buyer.accountId,
      sellerAccountId: seller.accountId,
      buyerFeeUnits: 1n,
      sellerFeeUnits: 2n,
      tradeUs: this.nowUs,
    };
    this.#add(created(EntityType.SpotTrade, entityIds.trade(trade.symbol, trade.tradeId), trade, this.nowUs));
    const executedLots = maker.executedLots + lots;
    return this.change(makerId, {
      status: executedLots === maker.origLots ? OrderStatus.Filled : OrderStatus.PartiallyFilled,
      executedLots,
      cumQuoteUnits: maker.cumQuoteUnits + quoteUnits,
      bookLots: maker.bookLots - lots,
    });
  }

  placeList(list: SpotOrderList): this {
    this.#lists.set(list.orderListId, { ...list });
    this.#add(created(EntityType.SpotOrderList, list.orderListId, { ...list }, this.nowUs));
    return this;
  }

  changeList(orderListId: number, changes: Partial<SpotOrderList>): this {
    const list = this.#lists.get(orderListId) as SpotOrderList;
    const changed = diff<SpotOrderList>(OrderListField, list, changes);
    this.#add(updated(EntityType.SpotOrderList, orderListId, changed, this.nowUs));
    Object.assign(list, changes);
    return this;
  }

  row(orderId: number): SpotOrder {
    const row = this.#orders.get(orderId);
    if (row === undefined) throw new Error(`the test placed no order ${orderId}`);
    return row;
  }

  /** The entries since the last call: one message. */
  message(): ChangeLogEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}
