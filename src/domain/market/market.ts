// A symbol's matching engine. In: orders, lists and requests as the accounts' writers made them, time, the instrument's
// state. Out: the entries of the symbol's log, one atomic set per command. Time is an argument; no I/O, no clock.
// The graph: market -> placement -> matcher -> orderWriter -> marketState (orderBook, triggerBook, lists, expiryQueue)
//                   -> requests  -> contingency ---^                ^--- marketFold (the same state from the log)
import type { ChangeLogEntry } from '../changeLogEntry.ts';
import type { Instrument } from '../instrument.ts';
import { OrderStatus } from '../orderStatus.ts';
import { ExpiryReason, Side } from '../orderTerms.ts';
import type { OrderRequest, SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { Contingency } from './contingency.ts';
import { MakerWriter } from './makerWriter.ts';
import { foldEntry } from './marketFold.ts';
import { checkMarket } from './marketInvariants.ts';
import { MarketLog } from './marketLog.ts';
import { hashOf, MarketCapture, type MarketSnapshot, snapshotOf, stateOf } from './marketSnapshot.ts';
import { MarketState } from './marketState.ts';
import { OrderWriter } from './orderWriter.ts';
import { Placement } from './placement.ts';
import { Requests } from './requests.ts';
import { type RestingSnapshot, restoreResting } from './restingSnapshot.ts';

export { LOOK_AHEAD } from './bookPrefetch.ts';
export type { MarketSnapshot } from './marketSnapshot.ts';
export type { RestingSnapshot } from './restingSnapshot.ts';

export class Market {
  readonly #state: MarketState;
  readonly #log: MarketLog;
  readonly #writer: OrderWriter;
  readonly #contingency: Contingency;
  readonly #placement: Placement;
  readonly #requests: Requests;

  constructor(instrument: Instrument, state = new MarketState(instrument)) {
    this.#state = state;
    this.#log = new MarketLog(state);
    const makers = new MakerWriter(state, this.#log);
    this.#writer = new OrderWriter(state, this.#log, makers);
    this.#contingency = new Contingency(state, this.#writer);
    this.#placement = new Placement(state, this.#log, makers, this.#writer, this.#contingency);
    this.#requests = new Requests(state, makers, this.#writer, this.#contingency, this.#placement);
  }

  static restore(instrument: Instrument, snapshot: MarketSnapshot): Market {
    return new Market(instrument, stateOf(instrument, snapshot));
  }

  get symbol(): string {
    return this.#state.instrument.symbol;
  }

  /** 0 before the first trade. */
  get lastPriceTicks(): number {
    return this.#state.lastPriceTicks;
  }

  get lastTradeId(): number {
    return this.#state.lastTradeId;
  }

  get updateId(): number {
    return this.#state.updateId;
  }

  /** When the next good-till-date order ends; Infinity when there is none. */
  get nextExpiryUs(): number {
    return this.#state.expiry.nextUs;
  }

  /** One order ([order], null) or a list with all its legs, as created by the account's writer. */
  place(orders: readonly Readonly<SpotOrder>[], list: Readonly<SpotOrderList> | null, nowUs: number, out: ChangeLogEntry[]): void {
    this.tick(nowUs, out);
    if (list === null) this.#placement.place(orders[0]!);
    else this.#placement.placeList(orders, list);
  }

  request(orderId: number, request: OrderRequest, nowUs: number, out: ChangeLogEntry[]): void {
    this.tick(nowUs, out);
    this.#requests.carryOut(orderId, request);
  }

  /** A request for that order will come soon. LOOK_AHEAD commands are named at most, then fetch() is called: see bookPrefetch.ts. */
  prefetchRequest(orderId: number): void {
    this.#state.book.prefetchOrder(orderId);
  }

  /** An order will come soon that may rest at that price. */
  prefetchPlace(orderId: number, side: Side, priceTicks: number): void {
    this.#state.book.prefetchRest(orderId, side, priceTicks);
  }

  /** Brings near what was named. Changes nothing. */
  fetch(): void {
    const { book, resting } = this.#state;
    const orders = book.fetch();
    if (orders > 0) resting.fetch(book.fetched, orders);
  }

  /** Status changes take effect for the commands that follow. Scales never change. */
  updateInstrument(instrument: Instrument): void {
    this.#state.instrument = instrument;
  }

  /** Ends the good-till-date orders that are due; every command begins with it, so that none of them trades any more. */
  tick(nowUs: number, out: ChangeLogEntry[]): void {
    this.#log.begin(nowUs, out);
    const { expiry } = this.#state;
    while (expiry.nextUs <= nowUs) {
      const order = this.#state.find(expiry.nextOrderId)!;
      this.#writer.end(order.orderId, OrderStatus.Expired, ExpiryReason.GTD_EXPIRED, null);
      this.#contingency.touched(order.orderListId, order.orderId, OrderStatus.Expired);
    }
  }

  /** The fold of the market's own log. */
  apply(entry: ChangeLogEntry): void {
    foldEntry(this.#state, entry);
  }

  /** Plain data, nothing of it shared with the market. */
  snapshot(): MarketSnapshot {
    return snapshotOf(this.#state);
  }

  /** As of now, to be read off in parts while the market goes on; one at a time. */
  capture(): MarketCapture {
    return new MarketCapture(this.#state).watch();
  }

  /** The further orders on the book, behind those it was restored with. */
  restoreMore(resting: RestingSnapshot): void {
    restoreResting(this.#state, resting);
  }

  hash(): string {
    return hashOf(this.#state);
  }

  /** Throws InvariantError when the state contradicts itself. */
  checkInvariants(): void {
    checkMarket(this.#state);
  }

  /** A copy; for a trailing order with the extreme as of now. */
  openOrder(orderId: number): SpotOrder | undefined {
    const order = this.#state.find(orderId);
    if (order === undefined) return undefined;
    const extremeTicks = this.#state.triggers.extremeTicks(orderId);
    return { ...order, trailingExtremeTicks: extremeTicks > 0 ? extremeTicks : order.trailingExtremeTicks };
  }

  /** Ids of all open orders and lists. */
  openIds(): readonly number[] {
    return this.#state.openIds();
  }

  /** The best `limit` levels of each side, best first. */
  depth(limit: number): { bids: [ticks: number, lots: number][]; asks: [ticks: number, lots: number][] } {
    return { bids: this.#levels(Side.BUY, limit), asks: this.#levels(Side.SELL, limit) };
  }

  #levels(side: Side, limit: number): [ticks: number, lots: number][] {
    const { book } = this.#state;
    const levels: [ticks: number, lots: number][] = [];
    for (let ticks = book.bestTicks(side); ticks !== 0 && levels.length < limit; ticks = book.nextTicks(side, ticks))
      levels.push([ticks, book.lotsAt(side, ticks)]);
    return levels;
  }
}
