// A symbol's whole state as plain data, and back; and its hash, which is equal for equal state however it was reached.
import { assert } from '../assert.ts';
import type { Capture, CapturedPart } from '../capture.ts';
import type { Instrument } from '../instrument.ts';
import { Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { StateHash } from '../stateHash.ts';
import { copyOrder } from './liveOrder.ts';
import { MarketState } from './marketState.ts';
import { RestingCapture } from './restingCapture.ts';
import { type RestingSnapshot, restoreResting } from './restingSnapshot.ts';

/** Rows are copies; order within the arrays is state. */
export interface MarketSnapshot {
  readonly version: 3;
  readonly symbol: string;
  readonly lastTradeId: number;
  readonly lastPriceTicks: number;
  readonly updateId: number;
  readonly lastPreventedMatchId: number;
  /** How many orders are on the book. */
  readonly orders: number;
  /** They, in slices; of a snapshot that is taken in parts, the later ones follow as parts of their own. */
  readonly resting: readonly RestingSnapshot[];
  /** Orders that wait for a price, by arrival. */
  readonly armed: readonly SpotOrder[];
  /** For each armed order the best price since it became active; 0 when it does not trail. */
  readonly extremes: readonly number[];
  /** Legs that wait for their list, by order id. */
  readonly parked: readonly SpotOrder[];
  /** Those of them that their account has funded. */
  readonly funded: readonly number[];
  /** By list id. */
  readonly lists: readonly SpotOrderList[];
}

/** Before the orders on the book were in slices. */
type MarketSnapshotV2 = Omit<MarketSnapshot, 'version' | 'orders' | 'resting'> & {
  readonly version: 2;
  readonly resting: RestingSnapshot;
};

/** Orders of a slice: while their records are gathered column by column they stay in the processor's cache. */
const SLICE_ORDERS = 1024;

/** First what is not on the book, then the book in slices. */
export class MarketCapture implements Capture {
  readonly #head: MarketSnapshot;
  readonly #resting: RestingCapture;
  readonly #hash = new StateHash();
  #begun = false;
  #asksBegun = false;

  constructor(state: MarketState) {
    assert(state.taker === null, 'a snapshot is taken between commands');
    this.#head = headOf(state);
    this.#resting = new RestingCapture(state);
    hashHead(this.#hash, this.#head);
    this.#hash.number(this.#resting.book.bidLevels);
  }

  /** From here on the market may change. */
  watch(): this {
    this.#resting.watch();
    return this;
  }

  close(): void {
    this.#resting.close();
  }

  get head(): MarketSnapshot {
    return this.#head;
  }

  next(rows: number): CapturedPart | undefined {
    if (!this.#begun) {
      this.#begun = true;
      return { data: this.#head, rows: 1 + this.#head.armed.length + this.#head.parked.length };
    }
    const read = this.read(Math.min(rows, SLICE_ORDERS));
    if (read > 0) return { data: this.#resting.snapshot(), rows: read };
    this.close();
    return undefined;
  }

  /** The next orders of the book, into the hash; returns how many. */
  read(orders: number): number {
    const read = this.#resting.read(orders);
    for (let i = 0; i < read; i++) {
      if (i === this.#resting.bids) this.#beginAsks();
      hashOrder(this.#hash, this.#resting.row(i));
    }
    return read;
  }

  slice(): RestingSnapshot {
    return this.#resting.snapshot();
  }

  hash(): string {
    this.#beginAsks();
    hashTail(this.#hash, this.#head);
    return this.#hash.digest();
  }

  #beginAsks(): void {
    if (!this.#asksBegun) this.#hash.number(this.#resting.book.askLevels);
    this.#asksBegun = true;
  }
}

function headOf(state: MarketState): MarketSnapshot {
  const armed = state.triggers.byArrival();
  const parked = [...state.parked.values()].sort((a, b) => a.order.orderId - b.order.orderId);
  return {
    version: 3,
    symbol: state.instrument.symbol,
    lastTradeId: state.lastTradeId,
    lastPriceTicks: state.lastPriceTicks,
    updateId: state.updateId,
    lastPreventedMatchId: state.lastPreventedMatchId,
    orders: state.book.size,
    resting: [],
    armed: armed.map(copyOrder),
    extremes: armed.map((order) => state.triggers.extremeTicks(order.orderId)),
    parked: parked.map(({ order }) => copyOrder(order)),
    funded: parked.filter(({ funded }) => funded).map(({ order }) => order.orderId),
    lists: [...state.lists.values()].sort((a, b) => a.orderListId - b.orderListId).map((list) => ({ ...list })),
  };
}

/** At once. */
export function snapshotOf(state: MarketState): MarketSnapshot {
  const capture = new MarketCapture(state);
  const resting: RestingSnapshot[] = [];
  while (capture.read(SLICE_ORDERS) > 0) resting.push(capture.slice());
  return { ...capture.head, resting };
}

export function hashOf(state: MarketState): string {
  const capture = new MarketCapture(state);
  while (capture.read(SLICE_ORDERS) > 0);
  return capture.hash();
}

export function stateOf(instrument: Instrument, stored: MarketSnapshot | MarketSnapshotV2): MarketState {
  const snapshot = upgraded(stored);
  assert(snapshot.symbol === instrument.symbol, 'a snapshot is restored for its own symbol');
  const state = new MarketState(instrument, Math.max(64, snapshot.orders));
  state.resting.reserve(snapshot.orders);
  state.lastTradeId = snapshot.lastTradeId;
  state.lastPriceTicks = snapshot.lastPriceTicks;
  state.updateId = snapshot.updateId;
  state.lastPreventedMatchId = snapshot.lastPreventedMatchId;
  for (const slice of snapshot.resting) restoreResting(state, slice);
  for (const list of snapshot.lists) state.lists.set(list.orderListId, { ...list });
  const funded = new Set(snapshot.funded);
  for (const order of snapshot.parked) state.parked.set(order.orderId, { order: copyOrder(order), funded: funded.has(order.orderId) });
  for (const order of snapshot.armed) state.arm(copyOrder(order));
  // Older orders have extremes at least as good, so the best extremes became active first.
  const trailing = snapshot.armed.map((order, i) => ({ order, extremeTicks: snapshot.extremes[i]! }));
  trailing.sort((a, b) => a.extremeTicks - b.extremeTicks);
  for (const { order, extremeTicks } of trailing)
    if (extremeTicks > 0 && order.side === Side.BUY) state.triggers.activate(order.orderId, extremeTicks);
  for (const { order, extremeTicks } of trailing.reverse())
    if (extremeTicks > 0 && order.side === Side.SELL) state.triggers.activate(order.orderId, extremeTicks);
  return state;
}

function upgraded(stored: MarketSnapshot | MarketSnapshotV2): MarketSnapshot {
  assert(stored.version === 2 || stored.version === 3, 'a snapshot has a known version');
  if (stored.version === 3) return stored;
  return { ...stored, version: 3, orders: stored.resting.clientOrderIds.length, resting: [stored.resting] };
}

function hashHead(hash: StateHash, head: MarketSnapshot): void {
  hash.string(head.symbol);
  hash.number(head.lastTradeId).number(head.lastPriceTicks).number(head.updateId);
  hash.number(head.lastPreventedMatchId);
}

function hashTail(hash: StateHash, { armed, extremes, parked, funded, lists }: MarketSnapshot): void {
  hash.number(armed.length);
  for (let i = 0; i < armed.length; i++) {
    hashOrder(hash, armed[i]!);
    hash.number(extremes[i]!);
  }
  const isFunded = new Set(funded);
  hash.number(parked.length);
  for (const order of parked) hashOrder(hash.number(isFunded.has(order.orderId) ? 1 : 0), order);
  hash.number(lists.length);
  for (const list of lists) hashList(hash, list);
}

function hashOrder(hash: StateHash, order: Readonly<SpotOrder>): void {
  hash.number(order.orderId).number(order.accountId).string(order.clientOrderId);
  hash.number(order.side).number(order.type).number(order.timeInForce).number(order.priceTicks);
  hash.number(order.origLots).number(order.commandId).number(order.createdUs);
  hash.number(order.makerRate).number(order.takerRate).number(order.status);
  hash.number(order.executedLots).bigint(order.cumQuoteUnits).number(order.bookLots);
  hash.number(order.updateId).number(order.updateUs).number(order.workingUs).bigint(order.reservedUnits);
  hash.bigint(order.origQuoteUnits).number(order.stpMode).number(order.stopPriceTicks);
  hash.number(order.trailingDelta).number(order.trailingUs).number(order.trailingExtremeTicks);
  hash.number(order.icebergLots).number(order.expireUs).number(order.orderListId).number(order.listLeg);
  hash.number(order.strategyId ?? -1).number(order.strategyType ?? -1);
  hash.number(order.pegPriceType).number(order.pegOffsetType).number(order.pegOffsetValue);
  hash
    .number(order.peggedPriceTicks)
    .number(order.preventedLots)
    .number(order.preventedMatch?.preventedMatchId ?? -1);
  hash.number(order.expiryReason).number(order.rejectCode).number(order.amendCount);
  hash.number(order.outcome?.commandId ?? -1).number(order.outcome?.code ?? -1);
}

function hashList(hash: StateHash, list: Readonly<SpotOrderList>): void {
  hash.number(list.orderListId).number(list.accountId).string(list.listClientOrderId);
  hash.number(list.contingencyType).number(list.commandId).number(list.createdUs);
  hash.number(list.statusType).number(list.orderStatus).number(list.updateUs).number(list.orderIds.length);
  for (const orderId of list.orderIds) hash.number(orderId);
}
