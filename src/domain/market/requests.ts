// Instructions of the accounts' writers about orders that exist: cancel, amend, and for parked legs activate or reject.
// Every request is answered by one order entry that carries its outcome; one that fails changes nothing else.
import { assertNever } from '../assert.ts';
import { OrderStatus } from '../orderStatus.ts';
import { CancelRestriction, ExpiryReason, isTriggered, RequestKind, SymbolStatus } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import type { OrderRequest, SpotOrder } from '../spotOrder.ts';
import type { Contingency } from './contingency.ts';
import type { MakerWriter } from './makerWriter.ts';
import type { MarketState, ParkedOrder } from './marketState.ts';
import { type OrderWriter, outcomeOf } from './orderWriter.ts';
import type { Placement } from './placement.ts';

export class Requests {
  readonly #state: MarketState;
  readonly #makers: MakerWriter;
  readonly #writer: OrderWriter;
  readonly #contingency: Contingency;
  readonly #placement: Placement;

  constructor(state: MarketState, makers: MakerWriter, writer: OrderWriter, contingency: Contingency, placement: Placement) {
    this.#state = state;
    this.#makers = makers;
    this.#writer = writer;
    this.#contingency = contingency;
    this.#placement = placement;
  }

  carryOut(orderId: number, request: OrderRequest): void {
    switch (request.kind) {
      case RequestKind.CANCEL:
        this.#cancel(orderId, request);
        return;
      case RequestKind.AMEND:
        this.#amend(orderId, request);
        return;
      case RequestKind.ACTIVATE:
        this.#activate(orderId, request);
        return;
      case RequestKind.REJECT:
        this.#reject(orderId, request);
        return;
      default:
        assertNever(request.kind);
    }
  }

  #cancel(orderId: number, request: OrderRequest): void {
    const { book, resting, lists } = this.#state;
    const node = book.find(orderId);
    const waiting = node === 0 ? this.#state.waiting(orderId) : undefined;
    if (node === 0 && waiting === undefined) {
      this.#writer.refuse(orderId, request, EngineReject.UNKNOWN_ORDER.code);
      return;
    }
    if (!isCancellable(waiting === undefined ? resting.status(node) : waiting.status, request.restriction)) {
      this.#writer.refuse(orderId, request, EngineReject.CANCEL_RESTRICTED.code);
      return;
    }
    const orderListId = waiting === undefined ? resting.orderListId(node) : waiting.orderListId;
    const list = orderListId < 0 ? undefined : lists.get(orderListId);
    const outcome = outcomeOf(request, 0);
    if (list !== undefined) this.#contingency.cancel(list, orderId, outcome);
    else if (node !== 0) this.#makers.end(node, OrderStatus.Cancelled, ExpiryReason.NONE, outcome);
    else this.#writer.end(orderId, OrderStatus.Cancelled, ExpiryReason.NONE, outcome);
  }

  #amend(orderId: number, request: OrderRequest): void {
    const order = this.#state.find(orderId);
    const refusal = this.#amendRefusal(order, request);
    if (order === undefined || refusal !== 0) {
      this.#writer.refuse(orderId, request, refusal);
      return;
    }
    const renames = request.clientOrderId !== '' && request.clientOrderId !== order.clientOrderId;
    const list = order.orderListId < 0 ? undefined : this.#state.lists.get(order.orderListId);
    this.#writer.amend(order, request.lots, request);
    if (list === undefined) return;
    const pair = this.#state.pairOf(list);
    if (pair.includes(orderId)) {
      for (const leg of pair) {
        const partner = leg === orderId ? undefined : this.#state.find(leg);
        if (partner !== undefined && partner.origLots > request.lots) this.#writer.amend(partner, request.lots, null);
      }
    }
    if (!this.#state.isOpen(orderId)) this.#contingency.touched(list.orderListId, orderId, order.status);
    else if (renames) this.#writer.renameInList(list.orderListId);
  }

  #amendRefusal(order: Readonly<SpotOrder> | undefined, request: OrderRequest): number {
    const { status, filters } = this.#state.instrument;
    if (order === undefined) return EngineReject.AMEND_UNKNOWN_ORDER.code;
    if (status !== SymbolStatus.TRADING && status !== SymbolStatus.CANCEL_ONLY) return EngineReject.MARKET_CLOSED.code;
    if (order.origLots === 0) return EngineReject.AMEND_OPO_PENDING.code;
    if (request.lots > order.origLots) return EngineReject.AMEND_INCREASE.code;
    if (request.lots === order.origLots) return EngineReject.AMEND_NO_CHANGE.code;
    const limit = filters.maxNumOrderAmends;
    return limit > 0 && order.amendCount >= limit ? EngineReject.AMEND_LIMIT.code : 0;
  }

  #activate(orderId: number, request: OrderRequest): void {
    const parked = this.#unfunded(orderId);
    if (parked === undefined) {
      this.#writer.refuse(orderId, request, EngineReject.UNKNOWN_ORDER.code);
      return;
    }
    const { order } = parked;
    const list = this.#state.lists.get(order.orderListId)!;
    const pair = this.#state.pairOf(list);
    const legs = pair.length === 0 ? [orderId] : pair;
    // A pair goes live as one, with the second of its legs.
    const complete = this.#state.isFunded(legs.filter((leg) => leg !== orderId));
    const orders = legs.map((leg) => this.#state.parked.get(leg)?.order).filter((leg) => leg !== undefined);
    if (complete) {
      const asFunded = orders.map((leg) => (leg === order ? { ...leg, ...fundsOf(leg, request) } : leg));
      const refusal = this.#placement.parkedRefusal(asFunded);
      if (refusal !== 0) {
        this.#contingency.refuseParked(list, orderId, outcomeOf(request, refusal));
        return;
      }
    }
    const { origLots, reservedUnits } = fundsOf(order, request);
    this.#writer.fund(order, origLots, reservedUnits, outcomeOf(request, 0));
    if (!complete) return;
    for (const leg of orders) if (!isTriggered(leg.type)) this.#placement.release(leg);
  }

  #reject(orderId: number, request: OrderRequest): void {
    const parked = this.#unfunded(orderId);
    if (parked === undefined) {
      this.#writer.refuse(orderId, request, EngineReject.UNKNOWN_ORDER.code);
      return;
    }
    const list = this.#state.lists.get(parked.order.orderListId)!;
    this.#contingency.refuseParked(list, orderId, outcomeOf(request, 0));
  }

  /** A parked leg whose working order is done with, and that was not funded before. */
  #unfunded(orderId: number): ParkedOrder | undefined {
    const parked = this.#state.parked.get(orderId);
    if (parked === undefined || parked.funded) return undefined;
    const list = this.#state.lists.get(parked.order.orderListId)!;
    return this.#state.isOpen(list.orderIds[0]!) ? undefined : parked;
  }
}

/**
 * A parked leg's quantity and the amount that caps what it may spend, as its account has settled them. A leg that came with
 * a quantity keeps it: an amend may have made it smaller after its account wrote the ACTIVATE.
 */
function fundsOf(order: Readonly<SpotOrder>, request: OrderRequest): { readonly origLots: number; readonly reservedUnits: bigint } {
  const origLots = order.origLots > 0 ? order.origLots : request.lots;
  return { origLots, reservedUnits: request.reservedUnits ?? order.reservedUnits };
}

function isCancellable(status: OrderStatus, restriction: CancelRestriction): boolean {
  switch (restriction) {
    case CancelRestriction.NONE:
      return true;
    case CancelRestriction.ONLY_NEW:
      return status === OrderStatus.Pending || status === OrderStatus.ConditionalPending;
    case CancelRestriction.ONLY_PARTIALLY_FILLED:
      return status === OrderStatus.PartiallyFilled;
    default:
      return assertNever(restriction);
  }
}
