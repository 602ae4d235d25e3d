// Drives the engine and the reference through the same commands and holds them against each other after each one; and
// holds the engine's entries against what they claim: old values, legal transitions, gapless ids, level sums.
import { expect } from 'vitest';
import { applyChanges, namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import { Market, type MarketSnapshot, type RestingSnapshot } from '../../src/domain/market/market.ts';
import type { MarketCapture } from '../../src/domain/market/marketSnapshot.ts';
import { isLegalTransition, isTerminal, OrderStatus } from '../../src/domain/orderStatus.ts';
import { RequestKind, Side, SymbolStatus } from '../../src/domain/orderTerms.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../src/domain/spotOrderList.ts';
import type { SpotTrade } from '../../src/domain/spotTrade.ts';
import { instrument, list, order, request } from './fixture.ts';
import type { RandomCommand, Terms } from './randomCommands.ts';
import { ReferenceMarket, type ReferenceTrade } from './referenceMarket.ts';

const ORDER_FIELDS = namesOf<SpotOrder>(OrderField);
const LIST_FIELDS = namesOf<SpotOrderList>(OrderListField);

export class Lockstep {
  market = new Market(instrument);
  readonly reference = new ReferenceMarket(instrument.filters);
  readonly log: ChangeLogEntry[] = [];
  /** Every order and list ever, as the entries tell it. */
  readonly orders = new Map<number, SpotOrder>();
  readonly lists = new Map<number, SpotOrderList>();
  readonly #levels = { [Side.BUY]: new Map<number, number>(), [Side.SELL]: new Map<number, number>() };
  #nowUs = 1_000_000;
  #nextId = 1;
  #nextCommandId = 1;
  #updateId = 0;
  #tradeId = 0;
  readonly #ids: number[] = [];
  readonly #changed = new Set<number>();
  #capture:
    | { readonly capture: MarketCapture; readonly snapshot: MarketSnapshot; readonly hash: string; readonly parts: unknown[] }
    | undefined;

  run(command: RandomCommand): void {
    this.#nowUs += 1;
    const out: ChangeLogEntry[] = [];
    this.#execute(command, out);
    const trades: ReferenceTrade[] = [];
    for (const entry of out) this.#take(entry, trades);
    this.log.push(...out);
    expect(trades).toEqual(this.reference.trades);
    this.#compare();
    this.market.checkInvariants();
  }

  /** Goes on with a market that was rebuilt from the log. */
  refold(): void {
    const folded = new Market(this.#instrument());
    for (const entry of this.log) folded.apply(entry);
    expect(folded.hash()).toBe(this.market.hash());
    folded.checkInvariants();
    expect(folded.snapshot()).toEqual(this.market.snapshot());
    expect(folded.nextExpiryUs).toBe(this.market.nextExpiryUs);
    this.market = folded;
  }

  /** Goes on with a market that was restored from a snapshot. */
  restore(): void {
    const snapshot = structuredClone(this.market.snapshot());
    const restored = Market.restore(this.#instrument(), snapshot);
    expect(restored.hash()).toBe(this.market.hash());
    restored.checkInvariants();
    expect(restored.snapshot()).toEqual(snapshot);
    expect(restored.nextExpiryUs).toBe(this.market.nextExpiryUs);
    this.market = restored;
  }

  /** Begins to read the market off as it is now; the commands that follow come between the parts. */
  capture(): void {
    if (this.#capture !== undefined) return;
    const { market } = this;
    this.#capture = { capture: market.capture(), snapshot: structuredClone(market.snapshot()), hash: market.hash(), parts: [] };
  }

  /** Some orders more; at the end they are the market that was. */
  readOn(rows: number): void {
    if (this.#capture === undefined) return;
    const { capture, snapshot, hash, parts } = this.#capture;
    const part = capture.next(rows);
    if (part !== undefined) {
      parts.push(structuredClone(part.data));
      return;
    }
    this.#capture = undefined;
    expect(capture.hash()).toBe(hash);
    const [head, ...slices] = parts as [MarketSnapshot, ...RestingSnapshot[]];
    const restored = Market.restore(instrument, head);
    for (const slice of slices) restored.restoreMore(slice);
    restored.checkInvariants();
    expect(restored.hash()).toBe(hash);
    expect(restored.snapshot()).toEqual(snapshot);
  }

  #execute(command: RandomCommand, out: ChangeLogEntry[]): void {
    const { market, reference } = this;
    switch (command.kind) {
      case 'place':
        this.#place([this.#order(command.terms, -1)], null, out);
        return;
      case 'list': {
        const orderListId = this.#nextId++;
        const legs = command.legs.map((terms) => this.#order(terms, orderListId));
        this.#place(legs, list(orderListId, command.contingencyType, legs), out);
        return;
      }
      case 'cancel': {
        const orderId = this.#back(command.back);
        market.request(orderId, request(RequestKind.CANCEL, { commandId: this.#nextCommandId++ }), this.#nowUs, out);
        reference.tick(this.#nowUs);
        reference.cancel(orderId);
        return;
      }
      case 'amend': {
        const orderId = this.#back(command.back);
        const amend = request(RequestKind.AMEND, { commandId: this.#nextCommandId++, lots: command.lots });
        market.request(orderId, amend, this.#nowUs, out);
        reference.tick(this.#nowUs);
        reference.amend(orderId, command.lots);
        return;
      }
      case 'settle': {
        const trades: ReferenceTrade[] = [];
        for (const [orderId, { phase, terms, funded }] of [...reference.orders]) {
          if (phase !== 'parked' || funded) continue;
          const reservedUnits = terms.reservedUnits > 0n ? terms.reservedUnits : 10n ** 6n;
          const lots = terms.origLots > 0 ? terms.origLots : command.lots;
          const kind = command.funds ? RequestKind.ACTIVATE : RequestKind.REJECT;
          const commandId = this.#nextCommandId++;
          market.request(orderId, request(kind, { commandId, lots, reservedUnits }), this.#nowUs, out);
          if (command.funds) {
            reference.activate(orderId, lots, reservedUnits, this.#nowUs);
          } else {
            reference.tick(this.#nowUs);
            reference.rejectParked(orderId);
          }
          trades.push(...reference.trades);
        }
        reference.trades = trades;
        return;
      }
      case 'wait':
        this.#nowUs += command.us;
        market.tick(this.#nowUs, out);
        reference.tick(this.#nowUs);
        return;
      case 'halt':
        reference.tick(this.#nowUs);
        market.tick(this.#nowUs, out);
        reference.halted = command.halted;
        market.updateInstrument(this.#instrument());
    }
  }

  #place(orders: readonly SpotOrder[], of: SpotOrderList | null, out: ChangeLogEntry[]): void {
    const before = structuredClone({ orders, of });
    this.market.place(orders, of, this.#nowUs, out);
    this.reference.place(structuredClone(orders), of, this.#nowUs);
    // What the account's writer hands over is its log's, and stays as it is.
    expect({ orders, of }).toEqual(before);
  }

  #instrument(): typeof instrument {
    return this.reference.halted ? { ...instrument, status: SymbolStatus.HALT } : instrument;
  }

  #order({ livesUs, ...terms }: Terms, orderListId: number): SpotOrder {
    const orderId = this.#nextId++;
    this.#ids.push(orderId);
    const expireUs = livesUs === undefined ? 0 : this.#nowUs + livesUs;
    return order({ ...terms, orderId, orderListId, expireUs });
  }

  #back(back: number): number {
    return this.#ids[this.#ids.length - 1 - back] ?? 999_999;
  }

  #take(entry: ChangeLogEntry, trades: ReferenceTrade[]): void {
    const change = entry.changeType;
    expect(entry.timestamp).toBe(this.#nowUs);
    if (entry.entityType === EntityType.SpotTrade && change.kind === ChangeKind.Created) {
      this.#takeTrade(change.fields as SpotTrade, trades);
    } else if (entry.entityType === EntityType.SpotOrderList) {
      if (change.kind === ChangeKind.Created) this.lists.set(entry.entityId as number, { ...(change.fields as SpotOrderList) });
      else if (change.kind === ChangeKind.Updated)
        applyChanges(this.lists.get(entry.entityId as number)!, LIST_FIELDS, change.changedFields);
    } else if (entry.entityType === EntityType.SpotOrder) {
      if (change.kind === ChangeKind.Created) this.#takeCreated(change.fields as SpotOrder);
      else if (change.kind === ChangeKind.Updated) this.#takeUpdated(entry.entityId as number, change.changedFields);
    }
  }

  #takeTrade(trade: SpotTrade, trades: ReferenceTrade[]): void {
    this.#tradeId += 1;
    expect(trade.tradeId).toBe(this.#tradeId);
    const { buyerIsMaker, buyerOrderId, sellerOrderId, priceTicks, lots } = trade;
    trades.push({
      price: priceTicks,
      lots,
      maker: buyerIsMaker ? buyerOrderId : sellerOrderId,
      taker: buyerIsMaker ? sellerOrderId : buyerOrderId,
    });
    const buyer = this.orders.get(buyerOrderId)!;
    const seller = this.orders.get(sellerOrderId)!;
    const fee = (received: bigint, rate: number): bigint => (received * BigInt(rate) + 99_999_999n) / 100_000_000n;
    expect(trade.quoteUnits).toBe(BigInt(priceTicks * lots * instrument.quoteUnitsPerTickLot));
    expect(trade.buyerFeeUnits).toBe(fee(BigInt(lots * instrument.lotUnits), buyerIsMaker ? buyer.makerRate : buyer.takerRate));
    expect(trade.sellerFeeUnits).toBe(fee(trade.quoteUnits, buyerIsMaker ? seller.takerRate : seller.makerRate));
  }

  #takeCreated(row: SpotOrder): void {
    expect(this.orders.has(row.orderId)).toBe(false);
    this.orders.set(row.orderId, { ...row });
    this.#changed.add(row.orderId);
    this.#moveLevel(row, 0, row.bookLots);
    if (row.bookLots > 0) this.#nextUpdate(row.updateId);
  }

  #takeUpdated(orderId: number, changes: readonly unknown[]): void {
    const row = this.orders.get(orderId);
    // A request may name an order that never was.
    if (row === undefined) {
      expect(changes).toEqual([OrderField.outcome, null, expect.anything()]);
      return;
    }
    this.#changed.add(orderId);
    const before = { ...row };
    if (isTerminal(row.status)) {
      expect(changes).toEqual([OrderField.outcome, null, expect.anything()]);
      return;
    }
    for (let i = 0; i < changes.length; i += 3) {
      const old = before[ORDER_FIELDS[changes[i] as number]!];
      if (changes[i + 1] !== old) expect(changes[i + 1]).toEqual(old);
      if (changes[i + 2] === old || typeof old === 'object') expect(changes[i + 2]).not.toEqual(old);
    }
    applyChanges(row, ORDER_FIELDS, changes);
    expect(isLegalTransition(before.status, row.status)).toBe(true);
    if (row.updateId !== before.updateId) this.#nextUpdate(row.updateId);
    expect(row.bookLots !== before.bookLots).toBe(row.updateId !== before.updateId);
    this.#moveLevel(row, before.bookLots, row.bookLots);
  }

  #nextUpdate(updateId: number): void {
    this.#updateId += 1;
    expect(updateId).toBe(this.#updateId);
  }

  #moveLevel(row: SpotOrder, from: number, to: number): void {
    if (from === to) return;
    const price = row.peggedPriceTicks === 0 ? row.priceTicks : row.peggedPriceTicks;
    const levels = this.#levels[row.side];
    const lots = (levels.get(price) ?? 0) + to - from;
    if (lots === 0) levels.delete(price);
    else levels.set(price, lots);
  }

  #compare(): void {
    const { market, reference } = this;
    const snapshot = market.snapshot();
    const inOrder = snapshot.resting.flatMap(({ orderIds }) => [...new Float64Array(orderIds.slice().buffer)]);
    const bids = snapshot.resting.reduce((sum, slice) => sum + slice.bids, 0);
    expect(inOrder.slice(0, bids)).toEqual(reference.queue(Side.BUY));
    expect(inOrder.slice(bids)).toEqual(reference.queue(Side.SELL));
    expect(market.depth(1000)).toEqual({
      bids: [...this.#levels[Side.BUY]].sort((a, b) => b[0] - a[0]),
      asks: [...this.#levels[Side.SELL]].sort((a, b) => a[0] - b[0]),
    });
    expect(market.lastTradeId).toBe(this.#tradeId);
    expect(market.updateId).toBe(this.#updateId);
    expect(market.lastPriceTicks).toBe(reference.lastPrice);
    for (const [orderId, expected] of reference.orders) {
      const row = this.orders.get(orderId)!;
      const { status, lots, executed, prevented, quoteUnits, shown, reason } = expected;
      // Spelled out, because expect() on every order after every command is what would take the time.
      const same =
        row.status === status &&
        row.origLots === lots &&
        row.executedLots === executed &&
        row.preventedLots === prevented &&
        row.cumQuoteUnits === quoteUnits &&
        row.bookLots === shown &&
        row.expiryReason === reason;
      if (!same) expect(row).toMatchObject({ status, origLots: lots, executedLots: executed, preventedLots: prevented });
      expect(same || row).toBe(true);
    }
    for (const orderId of this.#changed) this.#compareOrder(orderId);
    this.#changed.clear();
    this.#compareLists();
  }

  /** Nothing is lost: what is not executed, prevented or still open has ended with the order. */
  #compareOrder(orderId: number): void {
    const row = this.orders.get(orderId)!;
    const left = row.origLots - row.executedLots - row.preventedLots;
    if (left < 0 || (row.status === OrderStatus.Filled && left !== 0)) expect({ row, left }).toBe('conserved');
    const open = this.market.openOrder(orderId);
    expect(open === undefined).toBe(isTerminal(row.status));
    if (open !== undefined) expect({ ...open, trailingExtremeTicks: 0 }).toEqual({ ...row, trailingExtremeTicks: 0 });
  }

  /** A list is open exactly as long as one of its legs is. */
  #compareLists(): void {
    for (const { orderListId, orderIds, statusType } of this.lists.values()) {
      const open = orderIds.some((orderId) => !isTerminal(this.orders.get(orderId)!.status));
      expect({ orderListId, open: statusType !== 3 }).toEqual({ orderListId, open });
    }
  }
}
