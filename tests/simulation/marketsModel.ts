// A symbol's log held against the reference market: what its writer was asked, in the order the log shows, must give exactly
// these trades, states and queues. The reference shares no code with the engine.
import { applyChanges, namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { isLegalTransition, isTerminal, OrderStatus } from '../../src/domain/orderStatus.ts';
import { CancelRestriction, ExpiryReason, RequestKind, Side } from '../../src/domain/orderTerms.ts';
import { OrderField, type OrderRequest, type RequestOutcome, type SpotOrder } from '../../src/domain/spotOrder.ts';
import type { SpotOrderList } from '../../src/domain/spotOrderList.ts';
import { makerOrderId, type SpotTrade, takerOrderId } from '../../src/domain/spotTrade.ts';
import { ReferenceMarket, type ReferenceOrder, type ReferenceTrade } from '../market/referenceMarket.ts';
import { must } from './invariants.ts';

const orderNames = namesOf<SpotOrder>(OrderField);

export type OrderState = Pick<SpotOrder, 'orderId' | 'status' | 'executedLots' | 'cumQuoteUnits' | 'origLots'>;
/** Older ones are forgotten: their clients have their answers. */
const STATES_KEPT = 20_000;

/** What the accounts' writers handed over. */
export interface Handed {
  order(orderId: number): Readonly<SpotOrder> | undefined;
  request(commandId: number, orderId: number, kind: RequestKind): OrderRequest | undefined;
}

export class SymbolModel {
  readonly symbol: string;
  readonly #instrument: Instrument;
  readonly #handed: Handed;
  readonly #reference: ReferenceMarket;
  /** Orders as the market log has them, ended ones included. */
  readonly orders = new Map<number, SpotOrder>();
  readonly #levels = { [Side.BUY]: new Map<number, number>(), [Side.SELL]: new Map<number, number>() };
  readonly trades: SpotTrade[] = [];
  updateId = 0;
  /** What each of the newest entries made of its order. */
  readonly states = new Map<number, OrderState>();
  #changed = new Set<number>();
  #predicted: ReferenceTrade[] = [];
  #told: ReferenceTrade[] = [];
  #lists: Readonly<SpotOrderList>[] = [];
  #sinceQueues = 0;

  constructor(instrument: Instrument, handed: Handed) {
    this.symbol = instrument.symbol;
    this.#instrument = instrument;
    this.#reference = new ReferenceMarket(instrument.filters);
    this.#handed = handed;
  }

  /** The entries of one message that concern the symbol. */
  message(where: string, entries: readonly ChangeLogEntry[]): void {
    this.#predicted = [];
    this.#told = [];
    this.#lists = [];
    const listed = new Map<number, Readonly<SpotOrderList>>();
    for (const entry of entries) {
      const change = entry.changeType;
      if (entry.entityType === EntityType.SpotOrderList && change.kind === ChangeKind.Created)
        listed.set((change.fields as SpotOrderList).orderListId, change.fields as SpotOrderList);
    }
    for (const entry of entries) {
      const change = entry.changeType;
      if (entry.entityType === EntityType.SpotTrade && change.kind === ChangeKind.Created) this.#trade(where, change.fields as SpotTrade);
      else if (entry.entityType === EntityType.SpotOrder) {
        if (change.kind === ChangeKind.Created) this.#created(where, change.fields as SpotOrder, entry.timestamp, listed);
        else if (change.kind === ChangeKind.Updated) this.#updated(where, entry.entityId as number, change.changedFields, entry.timestamp);
        this.#remember(entry);
      }
    }
    this.#compare(where);
  }

  /** Best first. */
  levels(side: Side): [number, number][] {
    return [...this.#levels[side]].sort(([a], [b]) => (side === Side.BUY ? b - a : a - b));
  }

  openCount(): number {
    let open = 0;
    for (const order of this.orders.values()) if (!isTerminal(order.status)) open++;
    return open;
  }

  #remember(entry: ChangeLogEntry): void {
    const row = this.orders.get(entry.entityId as number);
    if (row === undefined) return;
    const { orderId, status, executedLots, cumQuoteUnits, origLots } = row;
    this.states.set(entry.sequence, { orderId, status, executedLots, cumQuoteUnits, origLots });
    if (this.states.size > STATES_KEPT) for (const oldest of this.states.keys()) return void this.states.delete(oldest);
  }

  #created(where: string, row: SpotOrder, nowUs: number, listed: ReadonlyMap<number, Readonly<SpotOrderList>>): void {
    const { orderId } = row;
    must(!this.orders.has(orderId), 'once', () => `${where}: order ${orderId} reaches the market a second time`);
    const handed = this.#handed.order(orderId);
    must(handed !== undefined, 'durability', () => `${where}: order ${orderId} is on the market and in no account's log`);
    if (handed === undefined) return;
    must(
      handed.accountId === row.accountId &&
        handed.side === row.side &&
        handed.priceTicks === row.priceTicks &&
        handed.commandId === row.commandId,
      'matching',
      () => `${where}: order ${orderId} differs from what its account accepted`,
    );
    this.orders.set(orderId, { ...row });
    this.#changed.add(orderId);
    this.#level(row, 0, row.bookLots);
    if (row.bookLots > 0) this.#nextUpdate(where, row.updateId);
    if (row.orderListId < 0) {
      this.#predict(() => this.#reference.place([handed], null, nowUs));
      return;
    }
    // A list is placed as one, when its first order shows.
    const list = listed.get(row.orderListId);
    if (list === undefined || this.#lists.includes(list)) return;
    this.#lists.push(list);
    const legs = list.orderIds.map((id) => this.#handed.order(id));
    must(
      legs.every((leg) => leg !== undefined),
      'durability',
      () => `${where}: list ${list.orderListId} is not whole in its account's log`,
    );
    this.#predict(() => this.#reference.place(legs as SpotOrder[], list, nowUs));
  }

  #updated(where: string, orderId: number, changes: readonly unknown[], nowUs: number): void {
    let outcome: RequestOutcome | undefined;
    let expires = false;
    for (let i = 0; i < changes.length; i += 3) {
      if (changes[i] === OrderField.outcome && changes[i + 2] !== null) outcome = changes[i + 2] as RequestOutcome;
      if (changes[i] === OrderField.expiryReason && changes[i + 2] === ExpiryReason.GTD_EXPIRED) expires = true;
    }
    if (outcome !== undefined) this.#request(where, orderId, outcome, nowUs);
    else if (expires) this.#predict(() => this.#reference.tick(nowUs));
    const row = this.orders.get(orderId);
    if (row === undefined || isTerminal(row.status)) {
      must(changes.length === 3 && outcome !== undefined, 'quantities', () => `${where}: order ${orderId} has ended and changes`);
      return;
    }
    this.#changed.add(orderId);
    const before = { ...row };
    for (let i = 0; i < changes.length; i += 3) {
      const name = orderNames[changes[i] as number] as keyof SpotOrder;
      const old = changes[i + 1];
      if (typeof old === 'number' || typeof old === 'bigint' || typeof old === 'string')
        must(
          row[name] === old,
          'durability',
          () => `${where}: order ${orderId}: ${name} was ${String(row[name])}, the entry says ${String(old)}`,
        );
    }
    applyChanges(row, orderNames, changes);
    must(
      isLegalTransition(before.status, row.status),
      'quantities',
      () => `${where}: order ${orderId} goes from status ${before.status} to ${row.status}`,
    );
    if (row.updateId !== before.updateId) this.#nextUpdate(where, row.updateId);
    must(
      (row.bookLots !== before.bookLots) === (row.updateId !== before.updateId),
      'depth',
      () => `${where}: order ${orderId}: the book changes without an update id, or the other way round`,
    );
    this.#level(row, before.bookLots, row.bookLots);
    const leaves = row.origLots - row.executedLots - row.preventedLots;
    const byQuote = row.origQuoteUnits > 0n && !isTerminal(row.status);
    must(
      (leaves >= 0 || byQuote) && (row.bookLots <= leaves || row.bookLots === 0),
      'quantities',
      () =>
        `${where}: order ${orderId}: ${row.origLots} lots, ${row.executedLots} executed, ${row.preventedLots} prevented, ${row.bookLots} on the book`,
    );
    if (isTerminal(row.status)) must(row.bookLots === 0, 'quantities', () => `${where}: order ${orderId} has ended and rests on the book`);
    if (row.status === OrderStatus.Filled)
      must(leaves === 0, 'quantities', () => `${where}: order ${orderId} is filled with ${leaves} lots left`);
  }

  #request(where: string, orderId: number, outcome: RequestOutcome, nowUs: number): void {
    const request = this.#handed.request(outcome.commandId, orderId, outcome.kind);
    must(request !== undefined, 'durability', () => `${where}: order ${orderId} has the outcome of a request that is in no account's log`);
    if (request === undefined) return;
    const reference = this.#reference;
    reference.tick(nowUs);
    const known = reference.orders.get(orderId);
    switch (request.kind) {
      case RequestKind.CANCEL: {
        const done = known !== undefined && known.status < OrderStatus.Filled && allows(request.restriction, known);
        must(
          (outcome.code === 0) === done,
          'replies',
          () => `${where}: the cancel of order ${orderId} has outcome ${outcome.code}, the model ${done ? 'cancels it' : 'refuses'}`,
        );
        if (done) this.#predict(() => reference.cancel(orderId));
        return;
      }
      case RequestKind.AMEND: {
        const amends = known?.amends;
        this.#predict(() => reference.amend(orderId, request.lots));
        const done = known !== undefined && known.amends !== amends;
        must(
          (outcome.code === 0) === done,
          'replies',
          () => `${where}: the amend of order ${orderId} has outcome ${outcome.code}, the model ${done ? 'makes it' : 'refuses'}`,
        );
        return;
      }
      case RequestKind.ACTIVATE:
        this.#predict(() => reference.activate(orderId, request.lots, request.reservedUnits ?? known?.terms.reservedUnits ?? 0n, nowUs));
        return;
      default:
        this.#predict(() => reference.rejectParked(orderId));
    }
  }

  #predict(run: () => void): void {
    this.#reference.trades = [];
    run();
    this.#predicted.push(...this.#reference.trades);
  }

  #trade(where: string, trade: SpotTrade): void {
    const last = this.trades.at(-1)?.tradeId ?? 0;
    must(trade.tradeId === last + 1, 'settlement', () => `${where}: trade ${trade.tradeId} of ${this.symbol} follows ${last}`);
    this.trades.push(trade);
    this.#told.push({ price: trade.priceTicks, lots: trade.lots, maker: makerOrderId(trade), taker: takerOrderId(trade) });
    const buyer = this.#handed.order(trade.buyerOrderId);
    const seller = this.#handed.order(trade.sellerOrderId);
    if (buyer === undefined || seller === undefined) return;
    const { lotUnits, quoteUnitsPerTickLot } = this.#instrument;
    const fee = (units: bigint, rate: number): bigint => (units * BigInt(rate) + 99_999_999n) / 100_000_000n;
    const base = BigInt(trade.lots) * BigInt(lotUnits);
    const sound =
      trade.quoteUnits === BigInt(trade.priceTicks) * BigInt(trade.lots) * BigInt(quoteUnitsPerTickLot) &&
      trade.buyerFeeUnits === fee(base, trade.buyerIsMaker ? buyer.makerRate : buyer.takerRate) &&
      trade.sellerFeeUnits === fee(trade.quoteUnits, trade.buyerIsMaker ? seller.takerRate : seller.makerRate) &&
      trade.buyerAccountId === buyer.accountId &&
      trade.sellerAccountId === seller.accountId;
    must(sound, 'conservation', () => `${where}: trade ${trade.tradeId} of ${this.symbol} has wrong amounts, fees or sides`);
  }

  #nextUpdate(where: string, updateId: number): void {
    must(updateId === this.updateId + 1, 'depth', () => `${where}: book update ${updateId} of ${this.symbol} follows ${this.updateId}`);
    this.updateId = updateId;
  }

  #level(row: SpotOrder, from: number, to: number): void {
    if (from === to) return;
    const price = row.peggedPriceTicks === 0 ? row.priceTicks : row.peggedPriceTicks;
    const levels = this.#levels[row.side];
    const lots = (levels.get(price) ?? 0) + to - from;
    if (lots === 0) levels.delete(price);
    else levels.set(price, lots);
  }

  #compare(where: string): void {
    const same =
      this.#told.length === this.#predicted.length &&
      this.#told.every((trade, i) => sameTrade(trade, this.#predicted[i] as ReferenceTrade));
    must(
      same,
      'matching',
      () => `${where}: ${this.symbol} trades ${JSON.stringify(this.#told)}, the model says ${JSON.stringify(this.#predicted)}`,
    );
    for (const orderId of this.#changed) {
      const row = this.orders.get(orderId) as SpotOrder;
      const expected = this.#reference.orders.get(orderId);
      must(expected !== undefined, 'matching', () => `${where}: the model has no order ${orderId}`);
      if (expected === undefined) continue;
      const { status, lots, executed, prevented, quoteUnits, shown, reason } = expected;
      const agrees =
        row.status === status &&
        row.origLots === lots &&
        row.executedLots === executed &&
        row.preventedLots === prevented &&
        row.cumQuoteUnits === quoteUnits &&
        row.bookLots === shown &&
        row.expiryReason === reason;
      must(
        agrees,
        'matching',
        () =>
          `${where}: order ${orderId} of ${this.symbol} is ${show([row.status, row.origLots, row.executedLots, row.preventedLots, row.cumQuoteUnits, row.bookLots, row.expiryReason])}, the model says ${show([status, lots, executed, prevented, quoteUnits, shown, reason])} (status, lots, executed, prevented, quote units, on the book, reason)`,
      );
    }
    const [bid] = this.levels(Side.BUY);
    const [ask] = this.levels(Side.SELL);
    must(
      bid === undefined || ask === undefined || bid[0] < ask[0],
      'matching',
      () => `${where}: ${this.symbol} is crossed at ${bid?.[0]} and ${ask?.[0]}`,
    );
    this.#changed = new Set();
    if (++this.#sinceQueues < 64) return;
    this.#sinceQueues = 0;
    this.#forgetEnded();
  }

  /** Ended orders only cost time in the reference; a list's legs stay until all of them have ended. */
  #forgetEnded(): void {
    const { orders } = this.#reference;
    const openLists = new Set<number>();
    for (const order of orders.values()) if (order.status < OrderStatus.Filled) openLists.add(order.terms.orderListId);
    for (const [orderId, order] of orders) {
      if (order.status < OrderStatus.Filled) continue;
      if (order.terms.orderListId < 0 || !openLists.has(order.terms.orderListId)) orders.delete(orderId);
    }
  }
}

function allows(restriction: CancelRestriction, order: ReferenceOrder): boolean {
  if (restriction === CancelRestriction.ONLY_NEW)
    return order.status === OrderStatus.Pending || order.status === OrderStatus.ConditionalPending;
  return restriction === CancelRestriction.NONE || order.status === OrderStatus.PartiallyFilled;
}

function sameTrade(a: ReferenceTrade, b: ReferenceTrade): boolean {
  return a.price === b.price && a.lots === b.lots && a.maker === b.maker && a.taker === b.taker;
}

function show(values: readonly unknown[]): string {
  return `[${values.map(String).join(', ')}]`;
}
