// What an order's fate does to the other orders of its list (OCO, OTO, OTOCO, OPO, OPOCO), and when the list is done.
// One order of a pair working, trading or ending ends the other. A working order that ends unfilled ends the parked legs;
// one that is filled leaves them to their account, which funds them or says that it cannot.
import { isTerminal, OrderStatus } from '../orderStatus.ts';
import { ContingencyType, ExpiryReason } from '../orderTerms.ts';
import type { RequestOutcome, SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { MarketState } from './marketState.ts';
import type { OrderWriter } from './orderWriter.ts';

export class Contingency {
  readonly #state: MarketState;
  readonly #writer: OrderWriter;

  constructor(state: MarketState, writer: OrderWriter) {
    this.#state = state;
    this.#writer = writer;
  }

  /** A leg's trigger was met: it goes live next. */
  triggered({ orderListId, orderId }: Readonly<SpotOrder>): void {
    const list = this.#listOf(orderListId);
    if (list !== undefined) this.#endPartner(list, orderId);
  }

  /** A leg traded or lost lots to self-trade prevention, or it ended by itself: filled, expired, rejected. */
  touched(orderListId: number, orderId: number, status: OrderStatus): void {
    const list = this.#listOf(orderListId);
    if (list === undefined) return;
    this.#endPartner(list, orderId);
    if (isTerminal(status)) this.#ended(list, orderId, status);
  }

  /** The client cancelled a leg: the whole list is cancelled. The leg's entry carries the outcome. */
  cancel(list: SpotOrderList, orderId: number, outcome: RequestOutcome): void {
    this.#writer.end(orderId, OrderStatus.Cancelled, ExpiryReason.NONE, outcome);
    for (const leg of list.orderIds) {
      if (this.#state.isOpen(leg)) this.#writer.end(leg, OrderStatus.Cancelled, ExpiryReason.NONE, null);
    }
    this.#writer.closeList(list);
  }

  /** Parked legs cannot go live: the one the outcome is for, and its partner. */
  refuseParked(list: SpotOrderList, orderId: number, outcome: RequestOutcome): void {
    this.#writer.end(orderId, OrderStatus.Expired, ExpiryReason.REJECTED, outcome);
    const partner = this.#partnerOf(list, orderId);
    if (partner >= 0 && this.#state.isOpen(partner)) this.#writer.end(partner, OrderStatus.Expired, ExpiryReason.REJECTED, null);
    this.#closeWhenDone(list);
  }

  #ended(list: SpotOrderList, orderId: number, status: OrderStatus): void {
    if (status !== OrderStatus.Filled && this.#isWorking(list, orderId)) {
      for (const leg of list.orderIds) {
        if (this.#state.parked.has(leg)) this.#writer.end(leg, OrderStatus.Expired, ExpiryReason.OTO_PHASE_ONE_EXPIRED, null);
      }
    }
    this.#closeWhenDone(list);
  }

  #endPartner(list: SpotOrderList, orderId: number): void {
    const partner = this.#partnerOf(list, orderId);
    if (partner >= 0 && this.#state.isOpen(partner)) this.#writer.end(partner, OrderStatus.Expired, ExpiryReason.OCO_TRIGGER, null);
  }

  #closeWhenDone(list: SpotOrderList): void {
    if (!this.#state.hasOpenLeg(list)) this.#writer.closeList(list);
  }

  #partnerOf(list: SpotOrderList, orderId: number): number {
    const pair = this.#state.pairOf(list);
    if (pair[0] === orderId) return pair[1]!;
    return pair[1] === orderId ? pair[0]! : -1;
  }

  #isWorking(list: SpotOrderList, orderId: number): boolean {
    return list.contingencyType !== ContingencyType.OCO && list.orderIds[0] === orderId;
  }

  /** Undefined for orders of no list. */
  #listOf(orderListId: number): SpotOrderList | undefined {
    return orderListId < 0 ? undefined : this.#state.lists.get(orderListId);
  }
}
