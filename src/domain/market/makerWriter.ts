// What happens to orders on the book, and the entries that say so: a fill, lots lost to self-trade prevention, the end.
// The hot path of the engine: works on the columns of the resting orders and puts no row together.
import type { FieldValue } from '../changeLogEntry.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason } from '../orderTerms.ts';
import { OrderField, type PreventedMatch, type RequestOutcome } from '../spotOrder.ts';
import { assertLegal } from './liveOrder.ts';
import type { MarketLog } from './marketLog.ts';
import type { MarketState } from './marketState.ts';

export class MakerWriter {
  readonly #state: MarketState;
  readonly #log: MarketLog;

  constructor(state: MarketState, log: MarketLog) {
    this.#state = state;
    this.#log = log;
  }

  /** It traded. Returns the state it is in now. */
  fill(node: number, lots: number, quoteUnits: bigint): OrderStatus {
    const { book, resting } = this.#state;
    const orderId = book.orderId(node);
    const status = resting.status(node);
    const executed = resting.executedLots(node);
    const leaves = resting.leavesLots(node) - lots;
    const next = leaves === 0 ? OrderStatus.Filled : OrderStatus.PartiallyFilled;
    const before = resting.cumQuoteUnits(node);
    const cumQuoteUnits = before + quoteUnits;
    assertLegal(orderId, status, next);
    resting.setFilled(node, executed + lots, cumQuoteUnits);
    const shown = book.lots(node);
    const left = this.#consume(node, shown, lots, leaves);
    if (left === shown) {
      // An iceberg shows its next part, as large as the one before: rare.
      const changes: FieldValue[] = status === next ? [] : [OrderField.status, status, next];
      changes.push(OrderField.executedLots, executed, executed + lots, OrderField.cumQuoteUnits, before, cumQuoteUnits);
      this.#written(node, orderId, shown, left, changes);
      return next;
    }
    // As #written does, in one literal: an array that is pushed to has room for 17 values, and for 41 beyond these.
    const { nowUs } = this.#log;
    const updateUs = resting.updateUs(node);
    const updateIdBefore = resting.updateId(node);
    const updateId = this.#log.nextUpdateId();
    const changes =
      status === next
        ? [
            OrderField.executedLots,
            executed,
            executed + lots,
            OrderField.cumQuoteUnits,
            before,
            cumQuoteUnits,
            OrderField.bookLots,
            shown,
            left,
            OrderField.updateId,
            updateIdBefore,
            updateId,
            OrderField.updateUs,
            updateUs,
            nowUs,
          ]
        : [
            OrderField.status,
            status,
            next,
            OrderField.executedLots,
            executed,
            executed + lots,
            OrderField.cumQuoteUnits,
            before,
            cumQuoteUnits,
            OrderField.bookLots,
            shown,
            left,
            OrderField.updateId,
            updateIdBefore,
            updateId,
            OrderField.updateUs,
            updateUs,
            nowUs,
          ];
    if (updateUs === nowUs) changes.length -= 3;
    if (left > 0) resting.setUpdate(node, updateId, nowUs);
    this.#log.orderUpdated(orderId, changes);
    return next;
  }

  /** Self-trade prevention took lots from it. Returns the state it is in now. */
  prevent(node: number, lots: number, match: PreventedMatch): OrderStatus {
    const { book, resting } = this.#state;
    const orderId = book.orderId(node);
    const status = resting.status(node);
    const prevented = resting.preventedLots(node);
    const leaves = resting.leavesLots(node) - lots;
    const next = leaves === 0 ? OrderStatus.Expired : status;
    assertLegal(orderId, status, next);
    const changes: FieldValue[] = [
      OrderField.preventedLots,
      prevented,
      prevented + lots,
      OrderField.preventedMatch,
      resting.preventedMatch(node),
      match,
    ];
    if (leaves === 0) {
      changes.push(OrderField.status, status, next);
      changes.push(OrderField.expiryReason, ExpiryReason.NONE, ExpiryReason.SELF_TRADE_PREVENTION);
    }
    resting.setPrevented(node, prevented + lots, match);
    const shown = book.lots(node);
    const left = this.#consume(node, shown, lots, leaves);
    this.#written(node, orderId, shown, left, changes);
    return next;
  }

  end(node: number, status: OrderStatus, reason: ExpiryReason, outcome: RequestOutcome | null): void {
    const { book, resting } = this.#state;
    const orderId = book.orderId(node);
    const before = resting.status(node);
    assertLegal(orderId, before, status);
    const { nowUs } = this.#log;
    const changes: FieldValue[] = [
      OrderField.status,
      before,
      status,
      OrderField.bookLots,
      book.lots(node),
      0,
      OrderField.updateId,
      resting.updateId(node),
      this.#log.nextUpdateId(),
    ];
    if (reason !== ExpiryReason.NONE) changes.push(OrderField.expiryReason, ExpiryReason.NONE, reason);
    if (outcome !== null) changes.push(OrderField.outcome, resting.outcome(node), outcome);
    if (resting.updateUs(node) !== nowUs) changes.push(OrderField.updateUs, resting.updateUs(node), nowUs);
    this.#state.removeResting(node);
    this.#log.orderUpdated(orderId, changes);
  }

  /** Lots leave what it shows; an iceberg's next part goes to the end of the queue. Returns what it shows then. */
  #consume(node: number, shown: number, lots: number, leaves: number): number {
    const state = this.#state;
    if (leaves === 0) {
      state.removeResting(node);
      return 0;
    }
    if (lots < shown) {
      state.book.setLots(node, shown - lots);
      return shown - lots;
    }
    const next = Math.min(state.resting.icebergLots(node), leaves);
    state.book.requeue(node, next);
    return next;
  }

  /** The node may be free again: its columns stay as they are until an order takes it. */
  #written(node: number, orderId: number, shown: number, left: number, changes: FieldValue[]): void {
    const { resting } = this.#state;
    const { nowUs } = this.#log;
    const updateUs = resting.updateUs(node);
    let updateId = resting.updateId(node);
    if (left !== shown) {
      const before = updateId;
      updateId = this.#log.nextUpdateId();
      changes.push(OrderField.bookLots, shown, left, OrderField.updateId, before, updateId);
    }
    if (updateUs !== nowUs) changes.push(OrderField.updateUs, updateUs, nowUs);
    if (left > 0) resting.setUpdate(node, updateId, nowUs);
    this.#log.orderUpdated(orderId, changes);
  }
}
