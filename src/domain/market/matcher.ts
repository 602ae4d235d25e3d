// Matches one order against the book: price then time priority, at the maker's price, self-trade prevention by the
// taker's mode, within the funds that were reserved. Triggers that its trades set off are queued, not carried out.
import { withMargin } from '../account/reservation.ts';
import { baseUnits, feeUnits, notionalUnits } from '../instrument.ts';
import { isTerminal, OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, isMarketLike, Side, StpMode, TimeInForce } from '../orderTerms.ts';
import { leavesLots, type PreventedMatch, type SpotOrder } from '../spotOrder.ts';
import { opposite } from './admission.ts';
import type { Contingency } from './contingency.ts';
import { isByQuote, limitTicks } from './liveOrder.ts';
import type { MakerWriter } from './makerWriter.ts';
import type { MarketLog } from './marketLog.ts';
import type { MarketState } from './marketState.ts';
import type { OrderWriter } from './orderWriter.ts';

/** Why matching stopped. */
const Stop = { FULL: 0, NO_MAKER: 1, PRICE: 2, FUNDS: 3, SELF_TRADE: 4 } as const;
type Stop = (typeof Stop)[keyof typeof Stop];

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

export class Matcher {
  readonly #state: MarketState;
  readonly #log: MarketLog;
  readonly #makers: MakerWriter;
  readonly #writer: OrderWriter;
  readonly #contingency: Contingency;
  readonly #fired: SpotOrder[];
  readonly #activated: SpotOrder[] = [];
  readonly #triggered: { readonly fired: SpotOrder[]; readonly activated: SpotOrder[] };

  /** Orders whose trigger is met are appended to `fired`. */
  constructor(state: MarketState, log: MarketLog, makers: MakerWriter, writer: OrderWriter, contingency: Contingency, fired: SpotOrder[]) {
    this.#state = state;
    this.#log = log;
    this.#makers = makers;
    this.#writer = writer;
    this.#contingency = contingency;
    this.#fired = fired;
    this.#triggered = { fired: this.#fired, activated: this.#activated };
  }

  /** The order stands in the log as about to be matched, with nothing executed. Afterwards it rests or has ended. */
  run(taker: SpotOrder): void {
    if (taker.timeInForce === TimeInForce.FOK && !isMarketLike(taker.type) && !this.#canFill(taker)) {
      this.#finish(taker, OrderStatus.Expired, ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED);
      return;
    }
    const stop = this.#match(taker);
    const traded = taker.executedLots > 0;
    if (stop === Stop.SELF_TRADE) {
      this.#finish(taker, OrderStatus.Expired, ExpiryReason.SELF_TRADE_PREVENTION);
    } else if (isByQuote(taker) ? stop === Stop.FUNDS && traded : stop === Stop.FULL) {
      this.#finish(taker, OrderStatus.Filled, ExpiryReason.NONE);
    } else if (isMarketLike(taker.type)) {
      this.#finish(taker, OrderStatus.Expired, ExpiryReason.INSUFFICIENT_LIQUIDITY);
    } else if (taker.timeInForce === TimeInForce.IOC) {
      this.#finish(taker, OrderStatus.Expired, ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED);
    } else {
      this.#finish(taker, traded ? OrderStatus.PartiallyFilled : OrderStatus.Pending, ExpiryReason.NONE);
    }
  }

  #finish(taker: SpotOrder, status: OrderStatus, reason: ExpiryReason): void {
    this.#writer.finishTaker(taker, status, reason);
    if (taker.orderListId >= 0 && isTerminal(status)) this.#contingency.touched(taker.orderListId, taker.orderId, status);
  }

  #match(taker: SpotOrder): Stop {
    const state = this.#state;
    const book = state.book;
    const buys = taker.side === Side.BUY;
    const makers = opposite(taker.side);
    const limited = !isMarketLike(taker.type);
    const limit = limitTicks(taker);
    const preventsSelfTrade = taker.stpMode !== StpMode.NONE;
    let leaves = this.#wantedLots(taker);
    // Quote units it may still spend, or take when it sells for an amount. Null: quantity and limit say it all.
    let budget = this.#budgetUnits(taker);
    for (;;) {
      const node = book.bestNode(makers);
      if (node === 0) return Stop.NO_MAKER;
      const ticks = book.bestTicks(makers);
      if (limited && (buys ? ticks > limit : ticks < limit)) return Stop.PRICE;
      let wanted = leaves;
      if (budget !== null) {
        wanted = Math.min(leaves, this.#affordableLots(budget, ticks));
        if (wanted === 0) return Stop.FUNDS;
      }
      const shown = book.lots(node);
      const lots = Math.min(shown, wanted);
      if (preventsSelfTrade && state.resting.accountId(node) === taker.accountId) {
        const prevented = this.#prevent(taker, node, ticks, wanted, lots);
        if (prevented === wanted) return Stop.SELF_TRADE;
        leaves -= prevented;
        if (budget !== null && prevented > 0) budget -= notionalUnits(state.instrument, ticks, prevented);
        continue;
      }
      const quoteUnits = this.#trade(taker, node, ticks, lots);
      leaves -= lots;
      if (leaves === 0) return Stop.FULL;
      if (budget !== null) budget -= quoteUnits;
    }
  }

  #trade(taker: SpotOrder, node: number, ticks: number, lots: number): bigint {
    const state = this.#state;
    const { instrument, lastPriceTicks, resting } = state;
    const makerId = state.book.orderId(node);
    const makerAccountId = resting.accountId(node);
    const makerRate = resting.makerRate(node);
    const orderListId = resting.orderListId(node);
    const quoteUnits = notionalUnits(instrument, ticks, lots);
    const received = baseUnits(instrument, lots);
    const buyerIsMaker = taker.side === Side.SELL;
    this.#log.trade({
      tradeId: state.lastTradeId + 1,
      symbol: instrument.symbol,
      priceTicks: ticks,
      lots,
      quoteUnits,
      buyerIsMaker,
      buyerOrderId: buyerIsMaker ? makerId : taker.orderId,
      sellerOrderId: buyerIsMaker ? taker.orderId : makerId,
      buyerAccountId: buyerIsMaker ? makerAccountId : taker.accountId,
      sellerAccountId: buyerIsMaker ? taker.accountId : makerAccountId,
      buyerFeeUnits: feeUnits(received, buyerIsMaker ? makerRate : taker.takerRate),
      sellerFeeUnits: feeUnits(quoteUnits, buyerIsMaker ? taker.takerRate : makerRate),
      tradeUs: this.#log.nowUs,
    });
    taker.executedLots += lots;
    taker.cumQuoteUnits += quoteUnits;
    const status = this.#makers.fill(node, lots, quoteUnits);
    if (orderListId >= 0) this.#contingency.touched(orderListId, makerId, status);
    const { triggers } = state;
    if (triggers.size > 0 && (ticks !== lastPriceTicks || triggers.awaitsAnyTrade)) this.#trigger(ticks);
    return quoteUnits;
  }

  #trigger(ticks: number): void {
    this.#state.triggers.onTrade(ticks, this.#triggered);
    for (const order of this.#activated) this.#writer.activate(order);
    this.#activated.length = 0;
  }

  /**
   * Keeps the taker from trading with its own account (Binance faqs/stp_faq.md; TRANSFER within one account is
   * DECREMENT). Returns the lots it lost: all it wanted when that ends it.
   */
  #prevent(taker: SpotOrder, node: number, ticks: number, wanted: number, lots: number): number {
    const { book, resting } = this.#state;
    const makerId = book.orderId(node);
    const orderListId = resting.orderListId(node);
    const makerLeaves = resting.leavesLots(node);
    let takerLots = 0;
    let makerLots = 0;
    switch (taker.stpMode) {
      case StpMode.EXPIRE_TAKER:
        takerLots = wanted;
        break;
      case StpMode.EXPIRE_MAKER:
        makerLots = makerLeaves;
        break;
      case StpMode.EXPIRE_BOTH:
        takerLots = wanted;
        makerLots = makerLeaves;
        break;
      default:
        takerLots = lots;
        makerLots = lots;
    }
    this.#state.lastPreventedMatchId += 1;
    const match: PreventedMatch = {
      preventedMatchId: this.#state.lastPreventedMatchId,
      takerOrderId: taker.orderId,
      makerOrderId: makerId,
      priceTicks: ticks,
      takerPreventedLots: takerLots,
      makerPreventedLots: makerLots,
      stpMode: taker.stpMode,
    };
    taker.preventedLots += takerLots;
    taker.preventedMatch = match;
    if (makerLots > 0) {
      const status = this.#makers.prevent(node, makerLots, match);
      if (orderListId >= 0) this.#contingency.touched(orderListId, makerId, status);
    }
    return takerLots;
  }

  #wantedLots(taker: SpotOrder): number {
    if (!isByQuote(taker)) return leavesLots(taker);
    if (taker.side === Side.BUY) return NO_LIMIT;
    return Number(taker.reservedUnits / BigInt(this.#state.instrument.lotUnits));
  }

  #affordableLots(budget: bigint, ticks: number): number {
    const lots = budget / (BigInt(ticks) * BigInt(this.#state.instrument.quoteUnitsPerTickLot));
    return lots > BigInt(NO_LIMIT) ? NO_LIMIT : Number(lots);
  }

  /** FOK: could all of it trade now? Own orders that would be prevented do not count; a mode that ends the taker stops there. */
  #canFill(taker: SpotOrder): boolean {
    const state = this.#state;
    const book = state.book;
    const makers = opposite(taker.side);
    const limit = limitTicks(taker);
    const countsOrders = taker.stpMode !== StpMode.NONE || state.icebergs > 0;
    let missing = leavesLots(taker);
    for (let ticks = book.bestTicks(makers); ticks !== 0; ticks = book.nextTicks(makers, ticks)) {
      if (taker.side === Side.BUY ? ticks > limit : ticks < limit) return false;
      if (!countsOrders) {
        missing -= book.lotsAt(makers, ticks);
        if (missing <= 0) return true;
        continue;
      }
      for (let node = book.nodeAt(makers, ticks); node !== 0; node = book.nextInQueue(node)) {
        if (taker.stpMode !== StpMode.NONE && state.resting.accountId(node) === taker.accountId) {
          if (taker.stpMode === StpMode.EXPIRE_MAKER) continue;
          return false;
        }
        missing -= state.resting.leavesLots(node);
        if (missing <= 0) return true;
      }
    }
    return false;
  }

  /**
   * Quote units a taker may spend (BUY without a limit) or is to take (SELL by amount); null when its limit covers it.
   * A stop that was amended, or shares its reservation with the other leg of a pair, may spend its own part only: what
   * its account keeps locked for it.
   */
  #budgetUnits(taker: SpotOrder): bigint | null {
    if (isByQuote(taker)) {
      if (taker.side === Side.SELL || taker.origQuoteUnits < taker.reservedUnits) return taker.origQuoteUnits;
      return taker.reservedUnits;
    }
    if (!isMarketLike(taker.type) || taker.side === Side.SELL) return null;
    if (taker.stopPriceTicks === 0) return taker.reservedUnits;
    const own = withMargin(notionalUnits(this.#state.instrument, taker.stopPriceTicks, leavesLots(taker)));
    if (own < taker.reservedUnits) return own;
    return taker.reservedUnits;
  }
}
