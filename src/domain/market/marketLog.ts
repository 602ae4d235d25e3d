// The entries of the running command, in the order things happen, and the stamps they carry: the command's time and the
// symbol's book updates. Every entry that changes what an order shows on the book takes the next update id.
import { type ChangedFields, type ChangeLogEntry, created, EntityType, entityIds, type FieldValue, updated } from '../changeLogEntry.ts';
import { OrderField, type SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { SpotTrade } from '../spotTrade.ts';
import type { MarketState } from './marketState.ts';

export class MarketLog {
  readonly #state: MarketState;
  #nowUs = 0;
  #out: ChangeLogEntry[] = [];

  constructor(state: MarketState) {
    this.#state = state;
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  /** A command begins. */
  begin(nowUs: number, out: ChangeLogEntry[]): void {
    this.#nowUs = nowUs;
    this.#out = out;
  }

  nextUpdateId(): number {
    this.#state.updateId += 1;
    return this.#state.updateId;
  }

  /** The row is the log's from here on. */
  orderCreated(row: Readonly<SpotOrder>): void {
    this.#out.push(created(EntityType.SpotOrder, row.orderId, row, this.#nowUs));
  }

  orderUpdated(orderId: number, changes: ChangedFields): void {
    this.#out.push(updated(EntityType.SpotOrder, orderId, changes, this.#nowUs));
  }

  trade(trade: SpotTrade): void {
    const state = this.#state;
    state.lastTradeId = trade.tradeId;
    state.lastPriceTicks = trade.priceTicks;
    this.#out.push(created(EntityType.SpotTrade, entityIds.trade(trade.symbol, trade.tradeId), trade, this.#nowUs));
  }

  listCreated(row: Readonly<SpotOrderList>): void {
    this.#out.push(created(EntityType.SpotOrderList, row.orderListId, row, this.#nowUs));
  }

  listUpdated(orderListId: number, changes: ChangedFields): void {
    this.#out.push(updated(EntityType.SpotOrderList, orderListId, changes, this.#nowUs));
  }

  /** What an order shows has changed. */
  stampUpdateId(order: SpotOrder, changes: FieldValue[]): void {
    const updateId = this.nextUpdateId();
    changes.push(OrderField.updateId, order.updateId, updateId);
    order.updateId = updateId;
  }

  stampTime(order: SpotOrder, changes: FieldValue[]): void {
    if (order.updateUs === this.#nowUs) return;
    changes.push(OrderField.updateUs, order.updateUs, this.#nowUs);
    order.updateUs = this.#nowUs;
  }
}
