// One instrument and one way to make orders, so that every option a test sets means something.

import { namesOf } from '../../src/domain/changedFields.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../../src/domain/changeLogEntry.ts';
import type { Instrument, InstrumentFilters } from '../../src/domain/instrument.ts';
import { notionalUnits } from '../../src/domain/instrument.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import {
  CancelRestriction,
  type ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  PegOffsetType,
  PegPriceType,
  type RequestKind,
  Side,
  StpMode,
  SymbolStatus,
  TimeInForce,
} from '../../src/domain/orderTerms.ts';
import { OrderField, type OrderRequest, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { OrderListField, type SpotOrderList } from '../../src/domain/spotOrderList.ts';

const filters: InstrumentFilters = {
  minPriceTicks: 1,
  maxPriceTicks: 0,
  minLots: 1,
  maxLots: 0,
  marketMinLots: 7,
  marketMaxLots: 0,
  minNotionalUnits: 0n,
  maxNotionalUnits: 0n,
  applyMinNotionalToMarket: false,
  applyMaxNotionalToMarket: false,
  multiplierUp: 0,
  multiplierDown: 0,
  bidMultiplierUp: 0,
  bidMultiplierDown: 0,
  askMultiplierUp: 0,
  askMultiplierDown: 0,
  avgPriceMins: 5,
  icebergParts: 100,
  maxNumOrders: 200,
  maxNumAlgoOrders: 5,
  maxNumIcebergOrders: 10,
  maxNumOrderLists: 20,
  maxNumOrderAmends: 10,
  maxPositionUnits: 0n,
  minTrailingAboveDelta: 1,
  maxTrailingAboveDelta: 2000,
  minTrailingBelowDelta: 1,
  maxTrailingBelowDelta: 2000,
};

/** Ticks of 0.01 USDT, lots of 0.00001 BTC, both assets in units of 1e-8: a lot is 1000 units, a tick-lot 10. */
export const instrument: Instrument = {
  symbol: 'BTCUSDT',
  baseAsset: 'BTC',
  quoteAsset: 'USDT',
  baseScale: 8,
  quoteScale: 8,
  priceScale: 2,
  tickUnits: 1,
  lotUnits: 1000,
  quoteUnitsPerTickLot: 10,
  status: SymbolStatus.TRADING,
  orderTypes: Object.values(OrderType),
  icebergAllowed: true,
  ocoAllowed: true,
  otoAllowed: true,
  opoAllowed: true,
  quoteOrderQtyMarketAllowed: true,
  trailingStopAllowed: true,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  pegAllowed: true,
  defaultStpMode: StpMode.NONE,
  allowedStpModes: Object.values(StpMode),
  filters,
  haltReason: '',
  updateUs: 0,
};

/** As the account's writer creates it. Unless said otherwise: account = order id, LIMIT GTC, no fees, enough reserved. */
export function order(terms: Partial<SpotOrder> & { readonly orderId: number; readonly side: Side }): SpotOrder {
  const made: SpotOrder = {
    accountId: terms.orderId,
    symbol: instrument.symbol,
    clientOrderId: `c${terms.orderId}`,
    type: OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks: 0,
    origLots: 0,
    commandId: terms.orderId,
    createdUs: 0,
    makerRate: 0,
    takerRate: 0,
    status: OrderStatus.Pending,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: 0,
    updateId: 0,
    updateUs: 0,
    workingUs: 0,
    reservedUnits: -1n,
    origQuoteUnits: 0n,
    stpMode: StpMode.NONE,
    stopPriceTicks: 0,
    trailingDelta: 0,
    trailingUs: 0,
    trailingExtremeTicks: 0,
    icebergLots: 0,
    expireUs: 0,
    orderListId: -1,
    listLeg: ListLeg.NONE,
    strategyId: null,
    strategyType: null,
    pegPriceType: PegPriceType.NONE,
    pegOffsetType: PegOffsetType.NONE,
    pegOffsetValue: 0,
    peggedPriceTicks: 0,
    preventedLots: 0,
    preventedMatch: null,
    expiryReason: ExpiryReason.NONE,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
    ...terms,
  };
  if (made.type > OrderType.LIMIT_MAKER || (made.orderListId >= 0 && made.listLeg === ListLeg.PENDING))
    made.status = OrderStatus.ConditionalPending;
  if (made.reservedUnits < 0n) {
    made.reservedUnits =
      made.side === Side.SELL
        ? BigInt(made.origLots * instrument.lotUnits)
        : made.priceTicks > 0
          ? notionalUnits(instrument, made.priceTicks, made.origLots)
          : 2n ** 61n;
  }
  return made;
}

export function list(orderListId: number, contingencyType: ContingencyType, legs: readonly Readonly<SpotOrder>[]): SpotOrderList {
  return {
    orderListId,
    accountId: legs[0]!.accountId,
    symbol: instrument.symbol,
    listClientOrderId: `l${orderListId}`,
    contingencyType,
    orderIds: legs.map((leg) => leg.orderId),
    commandId: orderListId,
    createdUs: 0,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: 0,
  };
}

export function request(kind: RequestKind, terms: Partial<OrderRequest> = {}): OrderRequest {
  return {
    kind,
    commandId: 900,
    symbol: instrument.symbol,
    clientOrderId: '',
    restriction: CancelRestriction.NONE,
    lots: 0,
    ...terms,
  };
}

const ORDER_FIELDS = namesOf<SpotOrder>(OrderField);
const LIST_FIELDS = namesOf<SpotOrderList>(OrderListField);

/** An entry in a form that reads well: what it is of, and the new values of what it says. */
export function readable(entry: ChangeLogEntry): object {
  const change = entry.changeType;
  const what = nameOfType(entry.entityType);
  if (change.kind === ChangeKind.Created) return { created: what, ...interesting(entry) };
  if (change.kind === ChangeKind.Deleted) return { deleted: what, id: entry.entityId };
  const names: readonly string[] = entry.entityType === EntityType.SpotOrderList ? LIST_FIELDS : ORDER_FIELDS;
  const changes: Record<string, unknown> = {};
  for (let i = 0; i < change.changedFields.length; i += 3) changes[names[change.changedFields[i] as number]!] = change.changedFields[i + 2];
  return { updated: what, id: entry.entityId, ...changes };
}

function nameOfType(type: EntityType): string {
  return type === EntityType.SpotOrder ? 'order' : type === EntityType.SpotTrade ? 'trade' : 'list';
}

/** Of a created row what the market itself decides. */
function interesting(entry: ChangeLogEntry): object {
  if (entry.changeType.kind !== ChangeKind.Created) return {};
  if (entry.entityType === EntityType.SpotOrder) {
    const { orderId, status, bookLots, updateId, rejectCode, peggedPriceTicks } = entry.changeType.fields;
    return {
      id: orderId,
      status,
      ...(bookLots > 0 ? { bookLots, updateId } : {}),
      ...(rejectCode > 0 ? { rejectCode } : {}),
      ...(peggedPriceTicks > 0 ? { peggedPriceTicks } : {}),
    };
  }
  if (entry.entityType === EntityType.SpotTrade) {
    const { tradeId, priceTicks, lots, buyerOrderId, sellerOrderId, buyerIsMaker } = entry.changeType.fields;
    const maker = buyerIsMaker ? buyerOrderId : sellerOrderId;
    const taker = buyerIsMaker ? sellerOrderId : buyerOrderId;
    return { id: tradeId, at: priceTicks, lots, maker, taker };
  }
  if (entry.entityType === EntityType.SpotOrderList) {
    const { orderListId, statusType, orderStatus } = entry.changeType.fields;
    return { id: orderListId, statusType, orderStatus };
  }
  return {};
}

/** A market whose commands return their entries, at a time that moves by one microsecond per command. */
export class TestMarket {
  market: Market;
  nowUs = 1_000_000;
  readonly log: ChangeLogEntry[] = [];
  readonly #instrument: Instrument;

  constructor(of: Instrument = instrument) {
    this.#instrument = of;
    this.market = new Market(of);
  }

  place(...orders: SpotOrder[]): object[] {
    return this.#run((out) => this.market.place(orders, null, this.nowUs, out));
  }

  placeList(of: SpotOrderList, legs: readonly SpotOrder[]): object[] {
    return this.#run((out) => this.market.place(legs, of, this.nowUs, out));
  }

  request(orderId: number, terms: OrderRequest): object[] {
    return this.#run((out) => this.market.request(orderId, terms, this.nowUs, out));
  }

  tick(nowUs: number): object[] {
    this.nowUs = nowUs - 1;
    return this.#run((out) => this.market.tick(this.nowUs, out));
  }

  /** The fields of an entry's created row or its new values, by position in the log. */
  fold(): Market {
    const folded = new Market(this.#instrument);
    for (const entry of this.log) folded.apply(entry);
    return folded;
  }

  #run(command: (out: ChangeLogEntry[]) => void): object[] {
    this.nowUs += 1;
    const out: ChangeLogEntry[] = [];
    command(out);
    this.log.push(...out);
    this.market.checkInvariants();
    return out.map(readable);
  }
}
