// The market's rules once more, as plainly as they can be written: one array of orders, sorted whenever somebody asks who
// is first; every trailing stop keeps its own extreme. Slow on purpose, and shares no code with the engine.
import type { InstrumentFilters } from '../../src/domain/instrument.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  OrderType,
  PegPriceType,
  Side,
  StpMode,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { instrument } from './fixture.ts';

const { Pending, PartiallyFilled, Filled, Cancelled, Rejected, Expired, ConditionalPending } = OrderStatus;

type Phase = 'book' | 'stop' | 'nextTrade' | 'trailing' | 'fired' | 'parked' | 'taking' | 'done';

export interface ReferenceOrder {
  readonly terms: Readonly<SpotOrder>;
  status: OrderStatus;
  phase: Phase;
  lots: number;
  executed: number;
  prevented: number;
  quoteUnits: bigint;
  shown: number;
  /** Time priority on the book. */
  stamp: number;
  arrival: number;
  price: number;
  extreme: number;
  funded: boolean;
  reserved: bigint;
  reason: ExpiryReason;
  amends: number;
}

export interface ReferenceTrade {
  readonly price: number;
  readonly lots: number;
  readonly maker: number;
  readonly taker: number;
}

const tickLot = BigInt(instrument.quoteUnitsPerTickLot);
const isOpen = (o: ReferenceOrder): boolean => o.status < Filled;
const left = (o: ReferenceOrder): number => o.lots - o.executed - o.prevented;
const isStop = (o: ReferenceOrder): boolean => o.terms.type >= OrderType.STOP_LOSS;
const isMarket = (o: ReferenceOrder): boolean =>
  ([OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT] as number[]).includes(o.terms.type);
const goesUp = (o: ReferenceOrder): boolean =>
  (o.terms.side === Side.BUY) === (o.terms.type === OrderType.STOP_LOSS || o.terms.type === OrderType.STOP_LOSS_LIMIT);

export class ReferenceMarket {
  readonly orders = new Map<number, ReferenceOrder>();
  readonly #lists = new Map<number, Readonly<SpotOrderList>>();
  /** Trades of the command that ran last. */
  trades: ReferenceTrade[] = [];
  lastPrice = 0;
  halted = false;
  #stamp = 0;
  #fired: ReferenceOrder[] = [];
  /** What the other side of the book must hold for an order by amount. */
  readonly #leastLots: number;

  constructor({ minLots, marketMinLots }: InstrumentFilters) {
    this.#leastLots = Math.max(minLots, marketMinLots);
  }

  place(terms: readonly Readonly<SpotOrder>[], list: Readonly<SpotOrderList> | null, nowUs: number): void {
    this.#begin(nowUs);
    const made = terms.map((t) => this.#make(t));
    if (list === null) {
      const [order] = made as [ReferenceOrder];
      if (this.#mayNotStart(order, nowUs)) this.#finish(order, Rejected, ExpiryReason.REJECTED);
      else this.#start(order);
    } else {
      this.#placeList(made, list, nowUs);
    }
    this.#runTriggers();
  }

  #placeList(made: readonly ReferenceOrder[], list: Readonly<SpotOrderList>, nowUs: number): void {
    const oco = list.contingencyType === ContingencyType.OCO;
    if (oco) {
      const [first, second] = made as [ReferenceOrder, ReferenceOrder];
      if (first.reserved < second.reserved) first.reserved = second.reserved;
      else second.reserved = first.reserved;
    }
    const bad = oco
      ? this.halted || this.#badPair(made[0]!, made[1]!) || made.some((o) => this.#mayNotStart(o, nowUs))
      : this.#mayNotStart(made[0]!, nowUs);
    if (bad) {
      for (const order of made) this.#finish(order, Rejected, ExpiryReason.REJECTED);
      return;
    }
    this.#lists.set(list.orderListId, list);
    const parked = made.filter((o) => !oco && o.terms.listLeg !== ListLeg.WORKING);
    for (const order of parked) {
      order.phase = 'parked';
      order.status = ConditionalPending;
    }
    for (const order of made) if (!parked.includes(order)) this.#start(order);
  }

  cancel(orderId: number): void {
    const order = this.orders.get(orderId);
    if (order === undefined || !isOpen(order)) return;
    this.#finish(order, Cancelled, ExpiryReason.NONE);
    for (const leg of this.#legs(order)) if (isOpen(leg)) this.#finish(leg, Cancelled, ExpiryReason.NONE);
  }

  amend(orderId: number, lots: number): void {
    const order = this.orders.get(orderId);
    if (order === undefined || !isOpen(order) || this.halted || order.lots === 0) return;
    if (lots >= order.lots || order.amends >= instrument.filters.maxNumOrderAmends) return;
    order.amends += 1;
    const partner = this.#partner(order);
    for (const leg of [order, partner]) {
      if (leg === undefined || !isOpen(leg)) continue;
      leg.lots = Math.max(lots, leg.executed + leg.prevented);
      leg.shown = Math.min(leg.shown, left(leg));
    }
    if (left(order) === 0) this.#end(order, Expired, ExpiryReason.NONE);
  }

  /** The account has funds for a parked leg of `lots`. */
  activate(orderId: number, lots: number, reserved: bigint, nowUs: number): void {
    this.#begin(nowUs);
    const order = this.orders.get(orderId);
    if (order === undefined || order.phase !== 'parked' || order.funded || this.#workingIsOpen(order)) return;
    const before = order.lots;
    // Only an OPO's leg learns its quantity now; another's may have been amended since its account wrote this.
    if (order.lots === 0) order.lots = lots;
    order.reserved = reserved;
    order.funded = true;
    const partner = this.#partner(order);
    if (partner !== undefined && !partner.funded) return;
    const legs = partner === undefined ? [order] : this.#pair(order);
    if (legs.some((leg) => this.#mayNotStart(leg, nowUs)) || (legs.length === 2 && this.#badPair(legs[0]!, legs[1]!))) {
      order.lots = before;
      for (const leg of legs) this.#finish(leg, Expired, ExpiryReason.REJECTED);
      return;
    }
    for (const leg of legs) if (isStop(leg)) this.#start(leg);
    for (const leg of legs) if (!isStop(leg)) this.#start(leg);
    this.#runTriggers();
  }

  rejectParked(orderId: number): void {
    const order = this.orders.get(orderId);
    if (order === undefined || order.phase !== 'parked' || order.funded || this.#workingIsOpen(order)) return;
    const partner = this.#partner(order);
    this.#finish(order, Expired, ExpiryReason.REJECTED);
    if (partner !== undefined) this.#finish(partner, Expired, ExpiryReason.REJECTED);
  }

  tick(nowUs: number): void {
    this.#begin(nowUs);
  }

  /** Ids on the book in the order they would trade. */
  queue(side: Side): number[] {
    return this.#side(side).map((o) => o.terms.orderId);
  }

  #begin(nowUs: number): void {
    this.trades = [];
    for (;;) {
      const due = [...this.orders.values()]
        .filter((o) => isOpen(o) && o.phase !== 'parked' && o.terms.expireUs > 0 && o.terms.expireUs <= nowUs)
        .sort((a, b) => a.terms.expireUs - b.terms.expireUs || a.terms.orderId - b.terms.orderId);
      if (due.length === 0) return;
      this.#end(due[0]!, Expired, ExpiryReason.GTD_EXPIRED);
    }
  }

  #make(terms: Readonly<SpotOrder>): ReferenceOrder {
    this.#stamp += 1;
    const order: ReferenceOrder = {
      terms,
      status: Pending,
      phase: 'done',
      lots: terms.origLots,
      executed: 0,
      prevented: 0,
      quoteUnits: 0n,
      shown: 0,
      stamp: 0,
      arrival: 0,
      price: terms.priceTicks,
      extreme: 0,
      funded: false,
      reserved: terms.reservedUnits,
      reason: ExpiryReason.NONE,
      amends: 0,
    };
    this.orders.set(terms.orderId, order);
    return order;
  }

  #side(side: Side): ReferenceOrder[] {
    return [...this.orders.values()]
      .filter((o) => o.phase === 'book' && o.terms.side === side)
      .sort((a, b) => (side === Side.BUY ? b.price - a.price : a.price - b.price) || a.stamp - b.stamp);
  }

  #against(order: ReferenceOrder): ReferenceOrder[] {
    return this.#side(order.terms.side === Side.BUY ? Side.SELL : Side.BUY);
  }

  #wouldTrade(order: ReferenceOrder, price: number): boolean {
    const best = this.#against(order)[0];
    if (best === undefined) return false;
    return order.terms.side === Side.BUY ? best.price <= price : best.price >= price;
  }

  /** Undefined when there is none that it may use. */
  #pegPrice(order: ReferenceOrder): number | undefined {
    const { pegPriceType, pegOffsetValue, side } = order.terms;
    if (pegPriceType === PegPriceType.NONE) return order.terms.priceTicks;
    const from = pegPriceType === PegPriceType.PRIMARY_PEG ? this.#side(side) : this.#against(order);
    const price = [...new Set(from.map((o) => o.price))][pegOffsetValue];
    if (price === undefined) return undefined;
    const cost = BigInt(price) * BigInt(order.lots) * tickLot;
    return side === Side.BUY && cost > order.reserved ? undefined : price;
  }

  #mayNotStart(order: ReferenceOrder, nowUs: number): boolean {
    const { terms } = order;
    if (this.halted || (terms.expireUs > 0 && terms.expireUs <= nowUs)) return true;
    if (isStop(order)) return this.lastPrice > 0 && this.#stopIsMet(order, this.lastPrice);
    if (terms.origQuoteUnits > 0n) {
      const there = this.#against(order).reduce((lots, maker) => lots + left(maker), 0);
      return there < this.#leastLots;
    }
    return !isMarket(order) && this.#badLimit(order);
  }

  #badLimit(order: ReferenceOrder): boolean {
    const price = this.#pegPrice(order);
    return price === undefined || (order.terms.type === OrderType.LIMIT_MAKER && this.#wouldTrade(order, price));
  }

  #badPair(above: ReferenceOrder, below: ReferenceOrder): boolean {
    const at = (o: ReferenceOrder): number =>
      isStop(o) ? o.terms.stopPriceTicks : o.terms.pegPriceType === PegPriceType.NONE ? o.terms.priceTicks : 0;
    if (at(above) > 0 && at(below) > 0 && at(above) <= at(below)) return true;
    if (this.lastPrice === 0) return false;
    if (above.terms.type === OrderType.LIMIT_MAKER && at(above) > 0 && at(above) <= this.lastPrice) return true;
    return below.terms.type === OrderType.LIMIT_MAKER && at(below) > 0 && at(below) >= this.lastPrice;
  }

  #stopIsMet(order: ReferenceOrder, price: number): boolean {
    const stop = order.terms.stopPriceTicks;
    return stop > 0 && (goesUp(order) ? price >= stop : price <= stop);
  }

  /** A new order, or a parked one whose turn it is. */
  #start(order: ReferenceOrder): void {
    if (!isStop(order)) {
      this.#work(order);
      return;
    }
    this.#stamp += 1;
    order.status = ConditionalPending;
    order.arrival = this.#stamp;
    order.phase = order.terms.stopPriceTicks > 0 ? 'stop' : 'nextTrade';
  }

  #work(order: ReferenceOrder): void {
    order.status = Pending;
    if (!isMarket(order)) order.price = this.#pegPrice(order)!;
    order.phase = 'taking';
    this.#take(order);
  }

  #take(taker: ReferenceOrder): void {
    const { terms } = taker;
    if (terms.timeInForce === TimeInForce.FOK && !isMarket(taker) && this.#available(taker) < left(taker)) {
      this.#end(taker, Expired, ExpiryReason.UNFILLED_FOK_ORDER_EXPIRED);
      return;
    }
    const byQuote = terms.origQuoteUnits > 0n;
    let budget = this.#budget(taker);
    let wantedAll = byQuote
      ? terms.side === Side.BUY
        ? Number.MAX_SAFE_INTEGER
        : Number(taker.reserved / BigInt(instrument.lotUnits))
      : left(taker);
    let ranOutOfBudget = false;
    while (wantedAll > 0) {
      const maker = this.#against(taker)[0];
      if (maker === undefined) break;
      if (!isMarket(taker) && (terms.side === Side.BUY ? maker.price > taker.price : maker.price < taker.price)) break;
      const affordable = budget === null ? wantedAll : Number(budget / (BigInt(maker.price) * tickLot));
      const wanted = Math.min(wantedAll, affordable);
      if (wanted === 0) {
        ranOutOfBudget = true;
        break;
      }
      const lots = Math.min(wanted, maker.shown);
      const cost = BigInt(maker.price) * BigInt(lots) * tickLot;
      if (terms.stpMode !== StpMode.NONE && maker.terms.accountId === terms.accountId) {
        const lost = this.#preventSelfTrade(taker, maker, wanted, lots);
        if (lost === wanted) {
          if (byQuote) taker.lots = taker.executed + taker.prevented;
          this.#end(taker, Expired, ExpiryReason.SELF_TRADE_PREVENTION);
          return;
        }
        wantedAll -= lost;
        if (budget !== null && lost > 0) budget -= cost;
        continue;
      }
      this.trades.push({ price: maker.price, lots, maker: maker.terms.orderId, taker: terms.orderId });
      taker.executed += lots;
      taker.quoteUnits += cost;
      wantedAll -= lots;
      if (budget !== null) budget -= cost;
      maker.executed += lots;
      maker.quoteUnits += cost;
      maker.status = left(maker) === 0 ? Filled : PartiallyFilled;
      this.#showLess(maker, lots);
      this.#touched(maker);
      this.lastPrice = maker.price;
      this.#collectTriggers(maker.price);
    }
    if (byQuote) taker.lots = taker.executed + taker.prevented;
    if (byQuote ? ranOutOfBudget && taker.executed > 0 : left(taker) === 0) {
      this.#end(taker, Filled, ExpiryReason.NONE);
    } else if (isMarket(taker)) {
      this.#end(taker, Expired, ExpiryReason.INSUFFICIENT_LIQUIDITY);
    } else if (terms.timeInForce === TimeInForce.IOC) {
      this.#end(taker, Expired, ExpiryReason.UNFILLED_IOC_QUANTITY_EXPIRED);
    } else {
      taker.status = taker.executed > 0 ? PartiallyFilled : Pending;
      this.#show(taker);
    }
  }

  #budget(taker: ReferenceOrder): bigint | null {
    const { terms, reserved } = taker;
    if (terms.origQuoteUnits > 0n) {
      if (terms.side === Side.SELL) return terms.origQuoteUnits;
      if (terms.origQuoteUnits < reserved) return terms.origQuoteUnits;
      return reserved;
    }
    if (!isMarket(taker) || terms.side === Side.SELL) return null;
    if (terms.stopPriceTicks === 0) return reserved;
    const atStop = BigInt(terms.stopPriceTicks) * BigInt(left(taker)) * tickLot;
    const most = (atStop * 125n + 99n) / 100n;
    if (most < reserved) return most;
    return reserved;
  }

  #available(taker: ReferenceOrder): number {
    let lots = 0;
    for (const maker of this.#against(taker)) {
      if (taker.terms.side === Side.BUY ? maker.price > taker.price : maker.price < taker.price) break;
      if (taker.terms.stpMode !== StpMode.NONE && maker.terms.accountId === taker.terms.accountId) {
        if (taker.terms.stpMode === StpMode.EXPIRE_MAKER) continue;
        break;
      }
      lots += left(maker);
    }
    return lots;
  }

  /** Returns what the taker lost. */
  #preventSelfTrade(taker: ReferenceOrder, maker: ReferenceOrder, wanted: number, lots: number): number {
    const mode = taker.terms.stpMode;
    const endsTaker = mode === StpMode.EXPIRE_TAKER || mode === StpMode.EXPIRE_BOTH;
    const endsMaker = mode === StpMode.EXPIRE_MAKER || mode === StpMode.EXPIRE_BOTH;
    const decrements = !endsTaker && !endsMaker;
    const takerLoses = decrements ? lots : endsTaker ? wanted : 0;
    const makerLoses = decrements ? lots : endsMaker ? left(maker) : 0;
    taker.prevented += takerLoses;
    if (makerLoses > 0) {
      maker.prevented += makerLoses;
      if (left(maker) === 0) {
        maker.status = Expired;
        maker.reason = ExpiryReason.SELF_TRADE_PREVENTION;
      }
      this.#showLess(maker, makerLoses);
      this.#touched(maker);
    }
    return takerLoses;
  }

  #show(order: ReferenceOrder): void {
    this.#stamp += 1;
    order.stamp = this.#stamp;
    order.phase = 'book';
    const { icebergLots } = order.terms;
    order.shown = icebergLots > 0 ? Math.min(icebergLots, left(order)) : left(order);
  }

  #showLess(maker: ReferenceOrder, lots: number): void {
    if (lots < maker.shown) {
      maker.shown -= lots;
    } else if (left(maker) > 0) {
      this.#show(maker);
    } else {
      maker.shown = 0;
      maker.phase = 'done';
    }
  }

  #collectTriggers(price: number): void {
    const open = [...this.orders.values()].filter(isOpen);
    const upward: [number, ReferenceOrder][] = [];
    const downward: [number, ReferenceOrder][] = [];
    const starting = open.filter((o) => o.phase === 'nextTrade');
    for (const order of open) {
      const { trailingDelta, side } = order.terms;
      if (order.phase === 'trailing') {
        const buys = side === Side.BUY;
        order.extreme = buys ? Math.min(order.extreme, price) : Math.max(order.extreme, price);
        // Exactly: price is beyond extreme x (1 +- delta / 10000).
        const bound = BigInt(order.extreme) * BigInt(10_000 + (buys ? trailingDelta : -trailingDelta));
        const scaled = BigInt(price) * 10_000n;
        if (buys ? scaled < bound : scaled > bound) continue;
        const whole = Number(buys ? (bound + 9_999n) / 10_000n : bound / 10_000n);
        (buys ? upward : downward).push([whole, order]);
      } else if (order.phase === 'stop' && this.#stopIsMet(order, price)) {
        if (trailingDelta > 0) starting.push(order);
        else (goesUp(order) ? upward : downward).push([order.terms.stopPriceTicks, order]);
      }
    }
    for (const order of starting) {
      order.phase = 'trailing';
      order.extreme = price;
    }
    upward.sort((a, b) => a[0] - b[0] || a[1].arrival - b[1].arrival);
    downward.sort((a, b) => b[0] - a[0] || a[1].arrival - b[1].arrival);
    for (const [, order] of [...upward, ...downward]) {
      order.phase = 'fired';
      this.#fired.push(order);
    }
  }

  #runTriggers(): void {
    for (let order = this.#fired.shift(); order !== undefined; order = this.#fired.shift()) {
      if (!isOpen(order)) continue;
      const partner = this.#partner(order);
      if (partner !== undefined && isOpen(partner)) this.#finish(partner, Expired, ExpiryReason.OCO_TRIGGER);
      if (!isMarket(order) && this.#badLimit(order)) this.#end(order, Expired, ExpiryReason.REJECTED);
      else this.#work(order);
    }
  }

  #finish(order: ReferenceOrder, status: OrderStatus, reason: ExpiryReason): void {
    order.status = status;
    order.reason = reason;
    order.phase = 'done';
    order.shown = 0;
  }

  /** It ended by itself, with what that means for the others of its list. */
  #end(order: ReferenceOrder, status: OrderStatus, reason: ExpiryReason): void {
    this.#finish(order, status, reason);
    this.#touched(order);
  }

  #touched(order: ReferenceOrder): void {
    const partner = this.#partner(order);
    if (partner !== undefined && isOpen(partner)) this.#finish(partner, Expired, ExpiryReason.OCO_TRIGGER);
    if (isOpen(order) || order.status === Filled || order.terms.listLeg !== ListLeg.WORKING) return;
    for (const leg of this.#legs(order)) if (leg.phase === 'parked') this.#finish(leg, Expired, ExpiryReason.OTO_PHASE_ONE_EXPIRED);
  }

  #legs(order: ReferenceOrder): ReferenceOrder[] {
    const list = this.#lists.get(order.terms.orderListId);
    return (list?.orderIds ?? []).map((id) => this.orders.get(id)!);
  }

  #workingIsOpen(order: ReferenceOrder): boolean {
    return this.#legs(order).some((leg) => leg.terms.listLeg === ListLeg.WORKING && isOpen(leg));
  }

  #pair(order: ReferenceOrder): ReferenceOrder[] {
    return this.#legs(order).filter((o) => o.terms.listLeg === ListLeg.ABOVE || o.terms.listLeg === ListLeg.BELOW);
  }

  #partner(order: ReferenceOrder): ReferenceOrder | undefined {
    const pair = this.#pair(order);
    return pair.includes(order) ? pair.find((o) => o !== order) : undefined;
  }
}
