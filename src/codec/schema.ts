// What each field of each entity is on the wire: one table, read by the writers, the readers and the printer.
// Positions come from the domain's *Field tables; this file adds the kind, the default and the words of codes.
import { AccountField, ApiKeyField, ApiKeyKind } from '../domain/accountProfile.ts';
import { AdminActionField, AdminOutcome, AdminRole, AdminTokenField } from '../domain/adminAccess.ts';
import { BalanceCause, BalanceField } from '../domain/balance.ts';
import { EntityType } from '../domain/changeLogEntry.ts';
import { InstrumentField } from '../domain/instrument.ts';
import { KLineField } from '../domain/klineEntry.ts';
import { OrderStatus } from '../domain/orderStatus.ts';
import {
  ContingencyType,
  ExpiryReason,
  ListLeg,
  ListOrderStatus,
  ListStatusType,
  OrderType,
  PegOffsetType,
  PegPriceType,
  Side,
  StpMode,
  SymbolStatus,
  TimeInForce,
} from '../domain/orderTerms.ts';
import { OrderField } from '../domain/spotOrder.ts';
import { OrderListField } from '../domain/spotOrderList.ts';
import { TradeField } from '../domain/spotTrade.ts';

export const FieldKind = {
  INT: 0,
  BIG: 1,
  STRING: 2,
  BOOLEAN: 3,
  /** Integer or null. */
  NULLABLE_INT: 4,
  /** A word of KLINE_INTERVALS. */
  INTERVAL: 5,
  INTS: 6,
  STRINGS: 7,
  REQUEST: 8,
  OUTCOME: 9,
  PREVENTED_MATCH: 10,
  RATES: 11,
  SYMBOL_RATES: 12,
  FILTERS: 13,
  /** The terms of a new order: in commands, and in the request of a cancel-replace. */
  NEW_ORDER: 14,
  NEW_ORDERS: 15,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** What a row that ends before this field means; undefined = the field is always written. */
  readonly fallback: unknown;
  /** The words of an enumerated integer, for people. */
  readonly words?: Readonly<Record<string, number>>;
  /** Microseconds since the epoch, for people. */
  readonly isTime?: true;
  /** Never shown to people, sealed or not. */
  readonly isSecret?: true;
}

export interface EntitySchema {
  readonly entityType: EntityType;
  readonly name: string;
  /** By position. */
  readonly fields: readonly Field[];
  /** Rows are never shorter: the fields without a default are all before this position. */
  readonly required: number;
}

type Spec = Omit<Field, 'name'>;

const int: Spec = { kind: FieldKind.INT, fallback: 0 };
const big: Spec = { kind: FieldKind.BIG, fallback: 0n };
const string: Spec = { kind: FieldKind.STRING, fallback: '' };
const boolean: Spec = { kind: FieldKind.BOOLEAN, fallback: false };
const nullableInt: Spec = { kind: FieldKind.NULLABLE_INT, fallback: null };
const time: Spec = { ...int, isTime: true };
const wordsOf = (words: Readonly<Record<string, number>>): Spec => ({ ...int, words });
const always = (spec: Spec): Spec => ({ ...spec, fallback: undefined });
const composite = (kind: FieldKind, fallback: unknown): Spec => ({ kind, fallback });

/** `required` fields are always written, though their kind has a default: an empty row must not pass for an entity. */
function define<K extends string>(
  entityType: EntityType,
  name: string,
  positions: Readonly<Record<K, number>>,
  specs: Readonly<Record<K, Spec>>,
  required: number,
): EntitySchema {
  const fields: Field[] = [];
  for (const field in positions) {
    const position = positions[field];
    const spec = specs[field];
    fields[position] = { name: field, ...(position < required ? always(spec) : spec) };
  }
  return { entityType, name, fields, required };
}

export const orderSchema = define(
  EntityType.SpotOrder,
  'SpotOrder',
  OrderField,
  {
    orderId: int,
    accountId: int,
    symbol: string,
    clientOrderId: string,
    side: wordsOf(Side),
    type: wordsOf(OrderType),
    timeInForce: wordsOf(TimeInForce),
    priceTicks: int,
    origLots: int,
    commandId: int,
    createdUs: time,
    makerRate: int,
    takerRate: int,
    status: wordsOf(OrderStatus),
    executedLots: int,
    cumQuoteUnits: big,
    bookLots: int,
    updateId: int,
    updateUs: time,
    workingUs: time,
    reservedUnits: big,
    origQuoteUnits: big,
    stpMode: wordsOf(StpMode),
    stopPriceTicks: int,
    trailingDelta: int,
    trailingUs: time,
    trailingExtremeTicks: int,
    icebergLots: int,
    expireUs: time,
    orderListId: { ...int, fallback: -1 },
    listLeg: wordsOf(ListLeg),
    strategyId: nullableInt,
    strategyType: nullableInt,
    pegPriceType: wordsOf(PegPriceType),
    pegOffsetType: wordsOf(PegOffsetType),
    pegOffsetValue: int,
    peggedPriceTicks: int,
    preventedLots: int,
    preventedMatch: composite(FieldKind.PREVENTED_MATCH, null),
    expiryReason: wordsOf(ExpiryReason),
    rejectCode: int,
    amendCount: int,
    request: composite(FieldKind.REQUEST, null),
    outcome: composite(FieldKind.OUTCOME, null),
  },
  OrderField.takerRate + 1,
);

export const orderListSchema = define(
  EntityType.SpotOrderList,
  'SpotOrderList',
  OrderListField,
  {
    orderListId: int,
    accountId: int,
    symbol: string,
    listClientOrderId: string,
    contingencyType: wordsOf(ContingencyType),
    orderIds: composite(FieldKind.INTS, undefined),
    commandId: int,
    createdUs: time,
    statusType: wordsOf(ListStatusType),
    orderStatus: wordsOf(ListOrderStatus),
    updateUs: time,
  },
  OrderListField.createdUs + 1,
);

export const tradeSchema = define(
  EntityType.SpotTrade,
  'SpotTrade',
  TradeField,
  {
    tradeId: int,
    symbol: string,
    priceTicks: int,
    lots: int,
    quoteUnits: big,
    buyerIsMaker: boolean,
    buyerOrderId: int,
    sellerOrderId: int,
    buyerAccountId: int,
    sellerAccountId: int,
    buyerFeeUnits: big,
    sellerFeeUnits: big,
    tradeUs: time,
  },
  TradeField.tradeUs + 1,
);

export const klineSchema = define(
  EntityType.KLine,
  'KLine',
  KLineField,
  {
    symbol: string,
    interval: composite(FieldKind.INTERVAL, undefined),
    openUs: time,
    closeUs: time,
    openTicks: int,
    highTicks: int,
    lowTicks: int,
    closeTicks: int,
    volumeLots: int,
    quoteUnits: big,
    trades: int,
    takerBuyLots: int,
    takerBuyQuoteUnits: big,
    firstTradeId: int,
    lastTradeId: int,
    closed: boolean,
  },
  KLineField.closed + 1,
);

export const balanceSchema = define(
  EntityType.Balance,
  'Balance',
  BalanceField,
  {
    accountId: int,
    asset: string,
    free: big,
    locked: big,
    updateUs: time,
    cause: wordsOf(BalanceCause),
    requestId: string,
  },
  BalanceField.updateUs + 1,
);

export const accountSchema = define(
  EntityType.Account,
  'Account',
  AccountField,
  {
    accountId: int,
    name: string,
    createdUs: time,
    rates: composite(FieldKind.RATES, undefined),
    symbolRates: composite(FieldKind.SYMBOL_RATES, undefined),
    canTrade: boolean,
    canDeposit: boolean,
    canWithdraw: boolean,
    frozen: boolean,
    updateUs: time,
    tradeGroupId: { ...int, fallback: -1 },
  },
  AccountField.symbolRates + 1,
);

export const apiKeySchema = define(
  EntityType.ApiKey,
  'ApiKey',
  ApiKeyField,
  {
    apiKey: string,
    accountId: int,
    kind: wordsOf(ApiKeyKind),
    secret: { ...string, isSecret: true },
    label: string,
    createdUs: time,
    canTrade: boolean,
    ipAllowList: composite(FieldKind.STRINGS, undefined),
    revoked: boolean,
    updateUs: time,
  },
  ApiKeyField.ipAllowList + 1,
);

export const instrumentSchema = define(
  EntityType.Symbol,
  'Symbol',
  InstrumentField,
  {
    symbol: string,
    baseAsset: string,
    quoteAsset: string,
    baseScale: int,
    quoteScale: int,
    priceScale: int,
    tickUnits: int,
    lotUnits: int,
    quoteUnitsPerTickLot: int,
    status: wordsOf(SymbolStatus),
    orderTypes: { kind: FieldKind.INTS, fallback: undefined, words: OrderType },
    icebergAllowed: boolean,
    ocoAllowed: boolean,
    otoAllowed: boolean,
    opoAllowed: boolean,
    quoteOrderQtyMarketAllowed: boolean,
    trailingStopAllowed: boolean,
    cancelReplaceAllowed: boolean,
    amendAllowed: boolean,
    pegAllowed: boolean,
    defaultStpMode: wordsOf(StpMode),
    allowedStpModes: { kind: FieldKind.INTS, fallback: undefined, words: StpMode },
    filters: composite(FieldKind.FILTERS, undefined),
    haltReason: string,
    updateUs: time,
  },
  InstrumentField.filters + 1,
);

export const adminTokenSchema = define(
  EntityType.AdminToken,
  'AdminToken',
  AdminTokenField,
  {
    tokenId: string,
    name: string,
    role: wordsOf(AdminRole),
    hash: { ...string, isSecret: true },
    createdUs: time,
    expireUs: time,
    ipAllowList: composite(FieldKind.STRINGS, undefined),
    revoked: boolean,
    updateUs: time,
  },
  AdminTokenField.ipAllowList + 1,
);

export const adminActionSchema = define(
  EntityType.AdminAction,
  'AdminAction',
  AdminActionField,
  {
    actionId: int,
    timeUs: time,
    actor: string,
    tokenId: string,
    role: wordsOf(AdminRole),
    address: string,
    action: string,
    target: string,
    details: string,
    outcome: wordsOf(AdminOutcome),
    errorCode: int,
    result: string,
    updateUs: time,
  },
  AdminActionField.action + 1,
);

const byType: (EntitySchema | undefined)[] = [];
for (const schema of [
  orderSchema,
  orderListSchema,
  tradeSchema,
  klineSchema,
  balanceSchema,
  accountSchema,
  apiKeySchema,
  instrumentSchema,
  adminTokenSchema,
  adminActionSchema,
]) {
  byType[schema.entityType] = schema;
}

/** Undefined for a code that is no entity type. */
export function schemaOf(entityType: number): EntitySchema | undefined {
  return byType[entityType];
}
