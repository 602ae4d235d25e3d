// Match: the symbols of one partition, the only writers of their books. In: the order entries of every accounts log.
// Out: markets-<s>: orders as the book has them, and trades.
import { MIXED, streams, subjects } from '../../bus/subjects.ts';
import type { Capture } from '../../domain/capture.ts';
import { ChangeKind, type ChangeLogEntry, created, EntityType, newValue, updated } from '../../domain/changeLogEntry.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { LOOK_AHEAD, Market, type MarketSnapshot, type RestingSnapshot } from '../../domain/market/market.ts';
import { isTerminal, OrderStatus } from '../../domain/orderStatus.ts';
import { ExpiryReason, ListOrderStatus, ListStatusType } from '../../domain/orderTerms.ts';
import { symbolPartition } from '../../domain/partitions.ts';
import type { EngineReason } from '../../domain/rejectReason.ts';
import { OrderField, type OrderRequest, type RequestOutcome, type SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import type { Behaviour, ChildKey, RunContext } from '../behaviour.ts';

export type MarketInput =
  | { readonly kind: 'place'; readonly orders: readonly SpotOrder[]; readonly list: SpotOrderList | null }
  | { readonly kind: 'request'; readonly orderId: number; readonly request: OrderRequest }
  | { readonly kind: 'tick' }
  | { readonly kind: 'instrument'; readonly instrument: Instrument };

export interface MarketBehaviourOptions {
  readonly partition: number;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly registry: Registry;
  readonly onPoison: (symbol: string, reason: string) => void;
  /** Made here so that tests can plant a child that crashes. */
  readonly newMarket?: (instrument: Instrument) => Market;
}

export class MarketBehaviour implements Behaviour<Market, MarketInput> {
  readonly stage = 'match';
  readonly lookAhead = LOOK_AHEAD;
  readonly partition: number;
  readonly output: string;
  readonly inputs: readonly { readonly stream: string; readonly filters: readonly string[] }[];
  readonly #options: MarketBehaviourOptions;
  /** Open orders and lists to their symbol; needed to fold, not to run. */
  readonly #symbolOf = new Map<number, string>();

  constructor(options: MarketBehaviourOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.output = streams.markets(options.partition);
    this.inputs = Array.from({ length: options.accountPartitions }, (_, p) => ({
      stream: streams.accounts(p),
      filters: [`spot.order.acquiring.${p}.>`],
    }));
  }

  fresh(): MarketBehaviour {
    return new MarketBehaviour(this.#options);
  }

  label(key: ChildKey): string {
    return String(key);
  }

  create(key: ChildKey): Market | undefined {
    const instrument = this.#options.registry.instrument(key as string);
    if (instrument === undefined) return undefined;
    return this.#options.newMarket?.(instrument) ?? new Market(instrument);
  }

  route(_stream: string, entries: readonly ChangeLogEntry[], assign: (key: ChildKey, input: MarketInput) => void): void {
    let list: SpotOrderList | undefined;
    let legs: SpotOrder[] = [];
    for (const entry of entries) {
      const change = entry.changeType;
      if (entry.entityType === EntityType.SpotOrderList) {
        if (change.kind !== ChangeKind.Created) continue;
        list = change.fields as SpotOrderList;
        legs = [];
      } else if (entry.entityType === EntityType.SpotOrder) {
        if (change.kind === ChangeKind.Updated) {
          const request = newValue(change.changedFields, OrderField.request) as OrderRequest | null | undefined;
          if (request === undefined || request === null || !this.#owns(request.symbol)) continue;
          assign(request.symbol, { kind: 'request', orderId: entry.entityId as number, request });
        } else if (change.kind === ChangeKind.Created) {
          const order = change.fields as SpotOrder;
          if (!this.#owns(order.symbol) || isTerminal(order.status)) continue;
          if (list === undefined || order.orderListId !== list.orderListId)
            assign(order.symbol, { kind: 'place', orders: [order], list: null });
          else if (legs.push(order) === list.orderIds.length) assign(order.symbol, { kind: 'place', orders: legs, list });
        }
      }
    }
  }

  #owns(symbol: string): boolean {
    return symbolPartition(symbol, this.#options.marketPartitions) === this.partition;
  }

  run(market: Market, input: MarketInput, context: RunContext): void {
    switch (input.kind) {
      case 'place':
        market.place(input.orders, input.list, context.nowUs, context.out);
        return;
      case 'request':
        market.request(input.orderId, input.request, context.nowUs, context.out);
        return;
      case 'tick':
        market.tick(context.nowUs, context.out);
        return;
      case 'instrument':
        market.updateInstrument(input.instrument);
    }
  }

  announce(market: Market, input: MarketInput): void {
    if (input.kind === 'request') market.prefetchRequest(input.orderId);
    else if (input.kind === 'place')
      for (const { orderId, side, priceTicks } of input.orders) market.prefetchPlace(orderId, side, priceTicks);
  }

  fetch(market: Market): void {
    market.fetch();
  }

  isCommand(): boolean {
    return false;
  }

  /** Skipped orders stand in the log as rejected, skipped requests as failed: the account gets its funds back. */
  refuse(_key: ChildKey, input: MarketInput, reason: EngineReason, { nowUs, out }: RunContext): boolean {
    if (input.kind === 'place') {
      const rejected = {
        status: OrderStatus.Rejected,
        rejectCode: reason.code,
        expiryReason: ExpiryReason.REJECTED,
        bookLots: 0,
        updateUs: nowUs,
      };
      if (input.list !== null) {
        const list = {
          ...input.list,
          statusType: ListStatusType.ALL_DONE,
          orderStatus: ListOrderStatus.REJECT,
          updateUs: nowUs,
        };
        out.push(created(EntityType.SpotOrderList, list.orderListId, list, nowUs));
      }
      for (const order of input.orders) out.push(created(EntityType.SpotOrder, order.orderId, { ...order, ...rejected }, nowUs));
    } else if (input.kind === 'request') {
      const { commandId, kind, clientOrderId } = input.request;
      const outcome: RequestOutcome = { commandId, kind, code: reason.code, clientOrderId };
      out.push(updated(EntityType.SpotOrder, input.orderId, [OrderField.outcome, null, outcome], nowUs));
    }
    return true;
  }

  live(): void {
    this.#symbolOf.clear();
  }

  observe(key: ChildKey, entry: ChangeLogEntry): void {
    if (entry.entityType !== EntityType.SpotOrder && entry.entityType !== EntityType.SpotOrderList) return;
    const id = entry.entityId as number;
    const change = entry.changeType;
    if (change.kind === ChangeKind.Created) {
      if (entry.entityType === EntityType.SpotOrderList || !isTerminal((change.fields as SpotOrder).status))
        this.#symbolOf.set(id, key as string);
    } else if (change.kind === ChangeKind.Updated) {
      if (entry.entityType === EntityType.SpotOrder) {
        const status = newValue(change.changedFields, OrderField.status) as OrderStatus | undefined;
        if (status !== undefined && isTerminal(status)) this.#symbolOf.delete(id);
      }
    }
  }

  keyOf(entry: ChangeLogEntry): ChildKey | undefined {
    const change = entry.changeType;
    switch (entry.entityType) {
      case EntityType.SpotTrade:
        return change.kind === ChangeKind.Created ? (change.fields as { readonly symbol: string }).symbol : undefined;
      case EntityType.SpotOrder:
      case EntityType.SpotOrderList:
        if (change.kind === ChangeKind.Created) return (change.fields as { readonly symbol: string }).symbol;
        return this.#symbolOf.get(entry.entityId as number);
      default:
        return undefined;
    }
  }

  apply(market: Market, entry: ChangeLogEntry): void {
    market.apply(entry);
  }

  capture(market: Market): Capture {
    return market.capture();
  }

  restore(key: ChildKey, snapshot: unknown): Market {
    const instrument = this.#options.registry.instrument(key as string);
    if (instrument === undefined) throw new Error(`snapshot of ${key}, which is not listed`);
    return Market.restore(instrument, snapshot as MarketSnapshot);
  }

  restoreMore(market: Market, part: unknown): void {
    market.restoreMore(part as RestingSnapshot);
  }

  index(key: ChildKey, market: Market): void {
    for (const id of market.openIds()) this.#symbolOf.set(id, key as string);
  }

  hash(market: Market): string {
    return market.hash();
  }

  subject(entries: readonly ChangeLogEntry[], writer: ChildKey | undefined): string {
    const symbol = (writer as string | undefined) ?? MIXED;
    for (const entry of entries) if (entry.entityType === EntityType.SpotTrade) return subjects.tradeMatch(this.partition, symbol);
    return subjects.orderMatch(this.partition, symbol);
  }

  onPoison(key: ChildKey, reason: string): void {
    this.#options.onPoison(key as string, reason);
  }

  poisonOf(key: ChildKey): string | undefined {
    return this.#options.registry.instrument(key as string)?.haltReason || undefined;
  }

  beforeRetry(key: ChildKey, market: Market): void {
    const instrument = this.#options.registry.instrument(key as string);
    if (instrument !== undefined) market.updateInstrument(instrument);
  }
}
