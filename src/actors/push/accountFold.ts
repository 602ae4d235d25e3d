// What happened to accounts, as Binance's user-data stream tells it: executions and list status events.
// In: order, trade and list entries of one markets-s message, together with the rows they changed. Out: the events of
// each account that is listened to, in order. Builds nothing for an account nobody listens to.
//
// A taker's row is complete only with its last entry, after its trades. Its events carry running copies: the row counts
// up trade by trade, and the last event of a taker that goes on living (or is filled) is completed by that last entry.
import { type ChangedFields, type ChangeLogEntry, newValue } from '../../domain/changeLogEntry.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import { ExpiryReason, isTriggered, RequestKind } from '../../domain/orderTerms.ts';
import { OrderField, type PreventedMatch, type SpotOrder } from '../../domain/spotOrder.ts';
import { makerOrderId, type SpotTrade, takerOrderId } from '../../domain/spotTrade.ts';
import type { AccountEvent, ExecutionType } from '../../ports/accountEvents.ts';
import type { Listeners } from './listeners.ts';
import type { OpenList } from './openLists.ts';
import type { OpenOrder, OpenOrders } from './openOrders.ts';

type Execution = Extract<AccountEvent, { kind: 'execution' }>;
/** Not handed out yet: its order may still be completed. */
type OpenExecution = Omit<Execution, 'order'> & { order: Readonly<SpotOrder> };

/** What an order was before the entry at hand changed it. */
export interface OrderBefore {
  status: OrderStatus;
  clientOrderId: string;
  /** Of the prevented match it knew last; 0 = none. */
  preventedMatchId: number;
}

const ENDED: Partial<Record<OrderStatus, ExecutionType>> = {
  [OrderStatus.Cancelled]: 'CANCELED',
  [OrderStatus.Rejected]: 'REJECTED',
  [OrderStatus.Expired]: 'EXPIRED',
};

export class AccountFold {
  readonly #orders: OpenOrders;
  readonly #listeners: Listeners<number, readonly AccountEvent[]>;
  #events = new Map<number, AccountEvent[]>();
  /** The newest execution of each order that is being matched: its own next entry completes it. */
  readonly #takers = new Map<number, OpenExecution>();
  /** The trade whose maker has not been heard of yet. */
  #trade: SpotTrade | undefined;
  /** Lists that were placed in this message and wait for their legs, so that the event can name them. */
  readonly #placed = new Map<number, { readonly open: OpenList; readonly timeUs: number }>();

  constructor(orders: OpenOrders, listeners: Listeners<number, readonly AccountEvent[]>) {
    this.#orders = orders;
    this.#listeners = listeners;
  }

  /** Forgets a message that was not folded to its end. */
  clear(): void {
    this.#trade = undefined;
    this.#placed.clear();
    this.#takers.clear();
    this.#events.clear();
  }

  /** Hands out what the message did to each account that listens. */
  flush(): void {
    this.#trade = undefined;
    if (this.#placed.size > 0) for (const orderListId of [...this.#placed.keys()]) this.#announce(orderListId);
    if (this.#takers.size > 0) this.#takers.clear();
    if (this.#events.size === 0) return;
    const events = this.#events;
    this.#events = new Map();
    for (const [accountId, own] of events) this.#listeners.emit(accountId, own);
  }

  orderCreated(order: OpenOrder, entry: ChangeLogEntry): void {
    const { row } = order;
    if (!this.#listeners.wants(row.accountId)) return;
    const event = this.#push(row, entry, ENDED[row.status] ?? 'NEW');
    if (row.status === OrderStatus.Pending && row.bookLots === 0) this.#takers.set(row.orderId, event);
    const placed = row.orderListId === -1 ? undefined : this.#placed.get(row.orderListId);
    if (placed?.open.legs.length === placed?.open.list.orderIds.length) this.#announce(row.orderListId);
  }

  tradeCreated(trade: SpotTrade, entry: ChangeLogEntry): void {
    this.#trade = trade;
    if (!this.#listeners.wants(trade.buyerIsMaker ? trade.sellerAccountId : trade.buyerAccountId)) return;
    const taker = this.#orders.get(takerOrderId(trade))?.own();
    if (taker === undefined) return;
    taker.executedLots += trade.lots;
    taker.cumQuoteUnits += trade.quoteUnits;
    taker.status = OrderStatus.PartiallyFilled;
    this.#takers.set(taker.orderId, this.#push(taker, entry, 'TRADE', { trade }));
  }

  /** True while the order's next entry is its part, as the maker, in the trade that was just told. */
  isMaker(orderId: number): boolean {
    return this.#trade !== undefined && makerOrderId(this.#trade) === orderId;
  }

  /** The order's row already has the changes, if its account is listened to. */
  orderUpdated({ row }: OpenOrder, before: OrderBefore, changed: ChangedFields, entry: ChangeLogEntry): void {
    const trade = this.#trade ?? null;
    const isMaker = this.isMaker(row.orderId);
    if (isMaker) this.#trade = undefined;
    if (this.#listeners.count === 0) return;
    const prevented = newValue(changed, OrderField.preventedMatch) as PreventedMatch | null | undefined;
    if (this.#listeners.wants(row.accountId)) {
      if (isMaker) this.#push(row, entry, 'TRADE', { trade, isMaker: true });
      else this.#tell(row, before, changed, prevented ?? null, entry);
    }
    if (prevented) this.#preventCounterparty(row, prevented, entry);
  }

  #tell(
    row: Readonly<SpotOrder>,
    before: OrderBefore,
    changed: ChangedFields,
    prevented: PreventedMatch | null,
    entry: ChangeLogEntry,
  ): void {
    const byStp = row.status === OrderStatus.Expired && row.expiryReason === ExpiryReason.SELF_TRADE_PREVENTION;
    // Told with the maker's entry.
    const isTold = prevented !== null && before.preventedMatchId === prevented.preventedMatchId;
    const taken = this.#takers.get(row.orderId);
    if (taken !== undefined) {
      if (row.status <= OrderStatus.Filled || (byStp && isTold)) taken.order = { ...row };
      this.#takers.delete(row.orderId);
    }
    if (prevented !== null && !isTold) {
      const isMaker = prevented.makerOrderId === row.orderId;
      const lots = isMaker ? prevented.makerPreventedLots : prevented.takerPreventedLots;
      if (byStp || lots > 0) this.#push(row, entry, 'TRADE_PREVENTION', { preventedMatch: prevented });
    }
    // Ended by self-trade prevention: TRADE_PREVENTION has said so.
    if (!byStp || prevented === null) this.#classify(row, before, changed, entry, taken !== undefined);
  }

  /** The entry's own meaning, once fills and prevented matches are told. */
  #classify(order: Readonly<SpotOrder>, before: OrderBefore, changed: ChangedFields, entry: ChangeLogEntry, took: boolean): void {
    const outcome = newValue(changed, OrderField.outcome) as SpotOrder['outcome'] | undefined;
    const ended = before.status === order.status ? undefined : ENDED[order.status];
    if (ended !== undefined) {
      this.#push(order, entry, ended, { requestClientOrderId: outcome?.clientOrderId ?? '' });
    } else if (outcome && outcome.code !== 0) {
      // A request that failed changed nothing: the asker gets the refusal, the stream stays silent.
    } else if (outcome?.kind === RequestKind.ACTIVATE) {
      // PENDING_NEW becomes NEW: a stop waits for its price from here on. Other legs have an entry of their own when they
      // go live.
      if (isTriggered(order.type)) this.#push(order, entry, 'NEW');
    } else if (outcome?.kind === RequestKind.AMEND || (!took && newValue(changed, OrderField.origLots) !== undefined)) {
      // Amending one leg of an OCO amends the other; that one was not named and keeps its id.
      this.#push(order, entry, 'REPLACED', {
        requestClientOrderId: outcome?.clientOrderId ?? '',
        origClientOrderId: before.clientOrderId,
      });
    } else if (before.status === OrderStatus.ConditionalPending && order.status === OrderStatus.Pending) {
      // A trigger fired (or a pending leg's turn came) and the order works now: isWorking and workingTime have changed,
      // and the stream must fold to what a query answers ("is the order on the book": the report's w, FIX 636).
      const event = this.#push(order, entry, 'NEW');
      if (order.bookLots === 0) this.#takers.set(order.orderId, event);
    }
  }

  /** The maker's entry tells the taker's side too; the taker's own entry follows once, at its end. */
  #preventCounterparty(maker: Readonly<SpotOrder>, match: PreventedMatch, entry: ChangeLogEntry): void {
    if (match.makerOrderId !== maker.orderId || match.takerPreventedLots === 0) return;
    const order = this.#orders.get(match.takerOrderId);
    if (order === undefined || !this.#listeners.wants(order.row.accountId)) return;
    const taker = order.own();
    taker.preventedLots += match.takerPreventedLots;
    taker.preventedMatch = match;
    this.#takers.set(taker.orderId, this.#push(taker, entry, 'TRADE_PREVENTION', { preventedMatch: match }));
  }

  listCreated(open: OpenList, entry: ChangeLogEntry): void {
    if (!this.#listeners.wants(open.list.accountId)) return;
    this.#placed.set(open.list.orderListId, { open, timeUs: entry.timestamp });
  }

  listUpdated(open: OpenList, entry: ChangeLogEntry): void {
    if (!this.#listeners.wants(open.list.accountId)) return;
    this.#announce(open.list.orderListId);
    this.#pushList(open, entry.timestamp);
  }

  #announce(orderListId: number): void {
    const placed = this.#placed.get(orderListId);
    if (placed === undefined) return;
    this.#placed.delete(orderListId);
    this.#pushList(placed.open, placed.timeUs);
  }

  #pushList({ list, legs }: OpenList, timeUs: number): void {
    const orders = legs.map((leg) => ({ ...leg.row }));
    this.#eventsOf(list.accountId).push({ kind: 'list', timeUs, list: { ...list }, orders });
  }

  #push(
    order: Readonly<SpotOrder>,
    entry: ChangeLogEntry,
    executionType: ExecutionType,
    rest: Partial<Omit<Execution, 'kind' | 'executionType' | 'order' | 'executionId'>> = {},
  ): OpenExecution {
    const event: OpenExecution = {
      kind: 'execution',
      executionType,
      order: { ...order },
      trade: rest.trade ?? null,
      isMaker: rest.isMaker ?? false,
      preventedMatch: rest.preventedMatch ?? null,
      requestClientOrderId: rest.requestClientOrderId ?? '',
      origClientOrderId: rest.origClientOrderId ?? '',
      executionId: entry.sequence,
      timeUs: entry.timestamp,
    };
    this.#eventsOf(order.accountId).push(event);
    return event;
  }

  #eventsOf(accountId: number): AccountEvent[] {
    let events = this.#events.get(accountId);
    if (events === undefined) {
      events = [];
      this.#events.set(accountId, events);
    }
    return events;
  }
}
