// Random entries of every entity type, for property tests of whatever carries or keeps them.
import fc from 'fast-check';
import { type EntitySchema, type Field, FieldKind, schemaOf } from '../src/codec/schema.ts';
import { ChangeKind, type ChangeLogEntry, EntityType } from '../src/domain/changeLogEntry.ts';
import { KLINE_INTERVALS } from '../src/domain/klineEntry.ts';

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 60 }));
const symbol = fc.constantFrom('BTCUSDT', 'ETHBTC', 'A', 'WAVESUSDT');
const safe = fc.oneof(fc.nat(200), fc.nat(), fc.maxSafeInteger(), fc.constant(-1));
const amount = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: 2n ** 62n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
);
const rates = fc.record({ makerRate: fc.nat(), takerRate: fc.nat() });

export const arbitraryNewOrder = fc.record({
  clientOrderId: text,
  side: safe,
  type: safe,
  timeInForce: safe,
  priceTicks: safe,
  lots: safe,
  quoteUnits: amount,
  stopPriceTicks: safe,
  trailingDelta: safe,
  icebergLots: safe,
  stpMode: safe,
  expireUs: safe,
  strategyId: fc.option(safe),
  strategyType: fc.option(safe),
  pegPriceType: safe,
  pegOffsetType: safe,
  pegOffsetValue: safe,
  estimateUnits: amount,
});

const request = fc.record(
  {
    kind: fc.integer({ min: 1, max: 4 }),
    commandId: safe,
    symbol,
    clientOrderId: text,
    restriction: fc.nat(2),
    lots: safe,
    code: fc.nat(80),
    replacement: fc.record({ allowFailure: fc.boolean(), order: arbitraryNewOrder }),
    reservedUnits: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  },
  { requiredKeys: ['kind', 'commandId', 'symbol', 'clientOrderId', 'restriction', 'lots'], noNullPrototype: true },
);

export const arbitraryOutcome = fc.record({
  commandId: safe,
  kind: fc.integer({ min: 1, max: 4 }),
  code: fc.nat(80),
  clientOrderId: text,
});

const preventedMatch = fc.record({
  preventedMatchId: safe,
  takerOrderId: safe,
  makerOrderId: safe,
  priceTicks: safe,
  takerPreventedLots: safe,
  makerPreventedLots: safe,
  stpMode: fc.nat(5),
});

const filters = fc.record({
  minPriceTicks: safe,
  maxPriceTicks: safe,
  minLots: safe,
  maxLots: safe,
  marketMinLots: safe,
  marketMaxLots: safe,
  minNotionalUnits: amount,
  maxNotionalUnits: amount,
  applyMinNotionalToMarket: fc.boolean(),
  applyMaxNotionalToMarket: fc.boolean(),
  multiplierUp: safe,
  multiplierDown: safe,
  bidMultiplierUp: safe,
  bidMultiplierDown: safe,
  askMultiplierUp: safe,
  askMultiplierDown: safe,
  avgPriceMins: safe,
  icebergParts: safe,
  maxNumOrders: safe,
  maxNumAlgoOrders: safe,
  maxNumIcebergOrders: safe,
  maxNumOrderLists: safe,
  maxNumOrderAmends: safe,
  maxPositionUnits: amount,
  minTrailingAboveDelta: safe,
  maxTrailingAboveDelta: safe,
  minTrailingBelowDelta: safe,
  maxTrailingBelowDelta: safe,
});

const byKind: Readonly<Record<FieldKind, fc.Arbitrary<unknown>>> = {
  [FieldKind.INT]: safe,
  [FieldKind.BIG]: amount,
  [FieldKind.STRING]: fc.oneof(symbol, text),
  [FieldKind.BOOLEAN]: fc.boolean(),
  [FieldKind.NULLABLE_INT]: fc.option(safe),
  [FieldKind.INTERVAL]: fc.constantFrom(...KLINE_INTERVALS),
  [FieldKind.INTS]: fc.array(safe, { maxLength: 20 }),
  [FieldKind.STRINGS]: fc.array(text, { maxLength: 20 }),
  [FieldKind.REQUEST]: fc.option(request),
  [FieldKind.OUTCOME]: fc.option(arbitraryOutcome),
  [FieldKind.PREVENTED_MATCH]: fc.option(preventedMatch),
  [FieldKind.RATES]: rates,
  [FieldKind.SYMBOL_RATES]: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    rates,
    { maxKeys: 20, noNullPrototype: true },
  ),
  [FieldKind.FILTERS]: filters,
  [FieldKind.NEW_ORDER]: arbitraryNewOrder,
  [FieldKind.NEW_ORDERS]: fc.array(arbitraryNewOrder, { maxLength: 3 }),
};

/** A value the field may have; often its default, so that rows end early. */
export function arbitraryValue(field: Field): fc.Arbitrary<unknown> {
  const any = byKind[field.kind];
  return field.fallback === undefined ? any : fc.oneof(fc.constant(field.fallback), any);
}

export function arbitraryRow(schema: EntitySchema): fc.Arbitrary<object> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of schema.fields) fields[field.name] = arbitraryValue(field);
  return fc.record(fields);
}

function arbitraryChanges(schema: EntitySchema): fc.Arbitrary<unknown[]> {
  const change = fc.nat(schema.fields.length - 1).chain((position) => {
    const value = fc.option(arbitraryValue(schema.fields[position]!));
    return fc.tuple(fc.constant(position), value, value);
  });
  return fc.array(change, { maxLength: 8 }).map((changes) => changes.flat(1));
}

export function arbitraryEntry(entityType: EntityType): fc.Arbitrary<ChangeLogEntry> {
  const schema = schemaOf(entityType)!;
  return fc.record({
    entityType: fc.constant(entityType),
    entityId: fc.oneof(fc.maxSafeInteger(), text),
    changeType: fc.oneof(
      fc.record({ kind: fc.constant(ChangeKind.Created), fields: arbitraryRow(schema) }),
      fc.record({ kind: fc.constant(ChangeKind.Updated), changedFields: arbitraryChanges(schema) }),
      fc.constant({ kind: ChangeKind.Deleted }),
    ),
    timestamp: fc.maxSafeInteger(),
    sequence: fc.nat(),
  }) as unknown as fc.Arbitrary<ChangeLogEntry>;
}

export const arbitraryStep: fc.Arbitrary<ChangeLogEntry[]> = fc.array(fc.oneof(...Object.values(EntityType).map(arbitraryEntry)), {
  maxLength: 12,
});
