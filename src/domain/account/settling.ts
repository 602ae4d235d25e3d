// Settlement of one market message: executions are paid and credited, what ended gives its reservation back, cancel-replaces
// and filled working legs go on to their next part. In: market-log entries of this account. Out: SpotOrder Updated per order
// touched, Created for replacements, one Balance entry per asset touched. Where the two logs contradict each other it throws;
// the text is made only then, for this is the hot path.
import { assert, InvariantError } from '../assert.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType } from '../changeLogEntry.ts';
import { baseUnits, type Instrument } from '../instrument.ts';
import { isTerminal, OrderStatus } from '../orderStatus.ts';
import { ContingencyType, ListLeg, RequestKind } from '../orderTerms.ts';
import { EngineReject } from '../rejectReason.ts';
import { OrderField, type RequestOutcome, type SpotOrder } from '../spotOrder.ts';
import type { SpotTrade } from '../spotTrade.ts';
import type { DeferredReply } from './account.ts';
import type { InFlight } from './accountState.ts';
import { type Activation, activate } from './activating.ts';
import type { OpenOrder } from './openOrder.ts';
import { placeOrder } from './placing.ts';
import type { Step } from './step.ts';

const NO_REPLIES: readonly DeferredReply[] = Object.freeze([]);

/** What follows from a message, once all of it is taken in; made only when something does. */
interface FollowUps {
  readonly activations: Activation[];
  readonly sagas: { readonly inFlight: InFlight; outcome: RequestOutcome | undefined }[];
}

export class Settling {
  readonly #step: Step;
  #followUps: FollowUps | undefined;

  constructor(step: Step) {
    this.#step = step;
  }

  run(entries: readonly ChangeLogEntry[]): readonly DeferredReply[] {
    for (const entry of entries) {
      const { entityType, changeType } = entry;
      if (entityType === EntityType.SpotTrade) {
        if (changeType.kind === ChangeKind.Created) this.#trade(changeType.fields as SpotTrade);
      } else if (entityType === EntityType.SpotOrder) {
        if (changeType.kind === ChangeKind.Updated) this.#updated(entry.entityId as number, changeType.changedFields);
        else if (changeType.kind === ChangeKind.Created) this.#created(changeType.fields as SpotOrder);
      }
    }
    const followUps = this.#followUps;
    if (followUps !== undefined) for (const activation of followUps.activations) activate(this.#step, activation);
    this.#step.closeOrders();
    const replies = followUps === undefined ? NO_REPLIES : this.#replies(followUps);
    this.#step.closeHoldings();
    return replies;
  }

  #trade(trade: SpotTrade): void {
    const { accountId, orders } = this.#step.state;
    const instrument = this.#step.instrumentOf(trade.symbol);
    if (trade.buyerAccountId === accountId) {
      const order = orders.get(trade.buyerOrderId);
      if (order === undefined) throw new InvariantError(`trade ${trade.symbol}-${trade.tradeId}: buyer ${trade.buyerOrderId} is not open`);
      this.#buy(order, instrument, trade);
    }
    if (trade.sellerAccountId === accountId) {
      const order = orders.get(trade.sellerOrderId);
      if (order === undefined)
        throw new InvariantError(`trade ${trade.symbol}-${trade.tradeId}: seller ${trade.sellerOrderId} is not open`);
      this.#sell(order, instrument, trade);
    }
  }

  #buy(order: OpenOrder, instrument: Instrument, trade: SpotTrade): void {
    const step = this.#step;
    this.#spend(order, step.quote(order), trade.quoteUnits, trade);
    const received = baseUnits(instrument, trade.lots);
    const base = step.base(order);
    const carrier = opoCarrier(order);
    if (carrier === undefined) base.free += received - trade.buyerFeeUnits;
    else {
      // Binance faqs/opo.md: what an OPO's working leg receives stays locked for the pending leg, and the commission
      // comes out of free funds when there are enough.
      const fromFree = base.free >= trade.buyerFeeUnits;
      const kept = fromFree ? received : received - trade.buyerFeeUnits;
      if (fromFree) base.free -= trade.buyerFeeUnits;
      base.locked += kept;
      step.change(carrier, OrderField.reservedUnits, carrier.reservedUnits + kept);
    }
    this.#executed(order, trade.lots);
  }

  #sell(order: OpenOrder, instrument: Instrument, trade: SpotTrade): void {
    const step = this.#step;
    this.#spend(order, step.base(order), baseUnits(instrument, trade.lots), trade);
    step.quote(order).free += trade.quoteUnits - trade.sellerFeeUnits;
    this.#executed(order, trade.lots);
  }

  #spend(order: OpenOrder, holding: { locked: bigint }, units: bigint, trade: SpotTrade): void {
    const { payer } = order;
    const left = payer.reservedUnits - units;
    if (left < 0n)
      throw new InvariantError(`trade ${trade.symbol}-${trade.tradeId}: order ${order.orderId} spends ${-left} more than it has`);
    this.#step.change(payer, OrderField.reservedUnits, left);
    holding.locked -= units;
  }

  #executed(order: OpenOrder, lots: number): void {
    this.#step.change(order, OrderField.executedLots, order.executedLots + lots);
    this.#step.change(order, OrderField.status, OrderStatus.PartiallyFilled);
  }

  /** The symbol's writer has the order; nothing is news but a rejection and the price of a pegged order. */
  #created(row: SpotOrder): void {
    const order = this.#step.state.orders.get(row.orderId);
    if (order === undefined) return;
    if (row.peggedPriceTicks !== 0) this.#step.change(order, OrderField.peggedPriceTicks, row.peggedPriceTicks);
    if (isTerminal(row.status)) this.#end(order, row.status, undefined);
  }

  #updated(orderId: number, changed: ChangedFields): void {
    const step = this.#step;
    const order = step.state.orders.get(orderId);
    // Requests that reach an order after its end fail, and that was clear when it ended.
    if (order === undefined) return;
    let status: OrderStatus | undefined;
    let outcome: RequestOutcome | undefined;
    for (let i = 0; i < changed.length; i += 3) {
      const field = changed[i];
      const value = changed[i + 2];
      switch (field) {
        case OrderField.executedLots:
          if (value !== order.executedLots)
            throw new InvariantError(`order ${orderId}: ${value} lots executed, ${order.executedLots} settled`);
          break;
        case OrderField.status:
          status = value as OrderStatus;
          break;
        case OrderField.outcome:
          if (value !== null) outcome = value as RequestOutcome;
          break;
        case OrderField.clientOrderId:
        case OrderField.origLots:
        case OrderField.peggedPriceTicks:
        case OrderField.preventedLots:
        case OrderField.amendCount:
          step.change(order, field, value);
      }
    }
    if (status !== undefined && isTerminal(status)) this.#end(order, status, outcome);
    else if (outcome !== undefined) this.#answered(orderId, outcome);
  }

  /** A request had its outcome and the order lives on. */
  #answered(orderId: number, outcome: RequestOutcome): void {
    const inFlight = this.#step.state.inFlight.get(outcome.commandId);
    if (inFlight === undefined) return;
    this.#step.noteOutcome(orderId, outcome);
    if (inFlight.request.replacement !== undefined) this.#later().sagas.push({ inFlight, outcome });
  }

  #end(order: OpenOrder, status: OrderStatus, outcome: RequestOutcome | undefined): void {
    const step = this.#step;
    const { list, partner } = order;
    if (order.reservedUnits > 0n) {
      if (partner !== undefined) {
        step.change(partner, OrderField.reservedUnits, partner.reservedUnits + order.reservedUnits);
      } else {
        const holding = step.reservedIn(order);
        holding.locked -= order.reservedUnits;
        holding.free += order.reservedUnits;
      }
      step.change(order, OrderField.reservedUnits, 0n);
    }
    step.change(order, OrderField.status, status);
    if (status === OrderStatus.Filled && list !== undefined && order.row.listLeg === ListLeg.WORKING) {
      this.#later().activations.push({ list, working: order });
    }
    if (step.state.inFlight.size > 0) {
      for (const [commandId, inFlight] of step.state.requestsOf(order.orderId)) {
        if (inFlight.request.replacement === undefined) continue;
        this.#later().sagas.push({ inFlight, outcome: outcome?.commandId === commandId ? outcome : undefined });
      }
    }
    step.state.closeOrder(order);
  }

  #replies({ sagas }: FollowUps): readonly DeferredReply[] {
    if (sagas.length === 0) return NO_REPLIES;
    const replies: DeferredReply[] = [];
    for (const { inFlight, outcome } of sagas) {
      const { request } = inFlight;
      const { commandId, symbol, clientOrderId, replacement } = request;
      assert(replacement !== undefined, `command ${commandId} has no replacement`);
      // The order ended before the cancel came to its turn: the symbol's writer will say so too, but nobody needs to wait.
      const cancel = outcome ?? {
        commandId,
        kind: RequestKind.CANCEL,
        code: EngineReject.UNKNOWN_ORDER.code,
        clientOrderId,
      };
      const goOn = cancel.code === 0 || replacement.allowFailure;
      replies.push({ commandId, cancel, place: goOn ? placeOrder(this.#step, commandId, symbol, replacement.order) : null });
    }
    return replies;
  }

  #later(): FollowUps {
    this.#followUps ??= { activations: [], sagas: [] };
    return this.#followUps;
  }
}

/** The pending leg of an OPO that keeps what the working order receives. */
function opoCarrier(order: OpenOrder): OpenOrder | undefined {
  const { list } = order;
  if (list === undefined || order.row.listLeg !== ListLeg.WORKING) return undefined;
  const { contingencyType } = list.row;
  if (contingencyType !== ContingencyType.OPO && contingencyType !== ContingencyType.OPOCO) return undefined;
  return list.legs.find((leg) => leg !== order);
}
