// Encoding and decoding of the log's steps, on one core, against msgpackr. Needs nothing else. Run:
//   npm run --silent bench:build && node --expose-gc .cache/bench/benchmarks/micro/codec.js
// The numbers of docs/decisions/0010-encoding.md come from here. Every case checks what it read back.
import { strict as assert } from 'node:assert';
import { pathToFileURL } from 'node:url';
import { Packr, Unpackr } from 'msgpackr';
import { decodeStep, encodeStep } from '../../src/codec/stepCodec.ts';
import { ChangeKind, type ChangeLogEntry, created, EntityType, updated } from '../../src/domain/changeLogEntry.ts';
import { OrderField, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { type SpotTrade, TradeField } from '../../src/domain/spotTrade.ts';
import { type Measurement, measure, printMeasurements } from './measure.ts';

const NOW = 1_790_000_000_000_000;
const plain = { useRecords: false, mapsAsObjects: true } as const;
const packr = new Packr(plain);
const unpackr = new Unpackr(plain);
const orderNames = Object.keys(OrderField).slice(0, OrderField.stpMode + 1) as (keyof SpotOrder)[];
const allOrderNames = Object.keys(OrderField);
const tradeNames = Object.keys(TradeField) as (keyof SpotTrade)[];

export function benchmarkCodec(calls: number): Measurement[] {
  const rows: Measurement[] = [];
  const { orders, fills, trades } = sample(64);
  for (const [name, entries] of [
    ['orders', orders],
    ['fills (updates)', fills],
    ['trades', trades],
  ] as const) {
    const own = encodeStep(entries);
    const theirs = packWithMsgpackr(entries);
    assert.deepEqual(decodeStep(own), entries);
    assert.deepEqual(decodeStep(theirs), entries, 'both write the same values');
    assert.equal(unpackWithMsgpackr(theirs).length, entries.length);
    const one = entries.slice(0, 1);
    const ownOne = encodeStep(one);
    const count = entries.length;
    rows.push(
      measure(`${name}, encode`, count, calls, () => encodeStep(entries)),
      measure(`${name}, encode, one a step`, 1, calls, () => encodeStep(one)),
      measure(`${name}, encode, msgpackr`, count, calls, () => packWithMsgpackr(entries)),
      measure(`${name}, decode`, count, calls, () => decodeStep(own)),
      measure(`${name}, decode, one a step`, 1, calls, () => decodeStep(ownOne)),
      measure(`${name}, decode, msgpackr to bare arrays`, count, calls, () => unpackr.unpack(theirs)),
      measure(`${name}, decode, msgpackr to entries`, count, calls, () => unpackWithMsgpackr(theirs)),
    );
  }
  const nested = packNested(fills);
  assert.deepEqual(decodeStep(nested), fills);
  rows.push(
    measure('fills, schema 1, decode with upgrade', 64, Math.ceil(calls / 4), () => decodeStep(nested)),
    measure('fills, nested, decode, msgpackr to bare arrays', 64, calls, () => unpackr.unpack(nested)),
  );
  return rows;
}

/** Bytes of one entry, by kind and by encoder. */
export function codecSizes(): Record<string, number> {
  const { orders, fills, trades } = sample(64);
  const per = (bytes: Uint8Array): number => Math.round(bytes.length / 6.4) / 10;
  return {
    order: per(encodeStep(orders)),
    'order, msgpackr': per(packWithMsgpackr(orders)),
    fill: per(encodeStep(fills)),
    'fill, msgpackr': per(packWithMsgpackr(fills)),
    'fill, msgpackr, nested': per(packNested(fills)),
    trade: per(encodeStep(trades)),
    'trade, msgpackr': per(packWithMsgpackr(trades)),
  };
}

function packWithMsgpackr(entries: readonly ChangeLogEntry[]): Uint8Array {
  const step: unknown[] = [2];
  for (const entry of entries) {
    const { kind } = entry.changeType;
    step.push([entry.entityType, entry.entityId, kind, entry.timestamp, entry.sequence, bodyOf(entry)]);
  }
  return packr.pack(step);
}

function bodyOf(entry: ChangeLogEntry): readonly unknown[] {
  if (entry.changeType.kind === ChangeKind.Updated) return entry.changeType.changedFields;
  if (entry.entityType === EntityType.SpotTrade) {
    const fields = (entry.changeType as { fields: SpotTrade }).fields;
    return tradeNames.map((name) => fields[name]);
  }
  const fields = (entry.changeType as { fields: SpotOrder }).fields;
  return orderNames.map((name) => fields[name]);
}

/** The least msgpackr's values need to become entries: no checks, and amounts only where they are 64 bits wide. */
function unpackWithMsgpackr(bytes: Uint8Array): unknown[] {
  const [, ...values] = unpackr.unpack(bytes) as [number, ...[number, unknown, number, number, number, unknown[]][]];
  return values.map(([entityType, entityId, kind, timestamp, sequence, body]) => {
    const change = kind === ChangeKind.Updated ? { kind, changedFields: body } : { kind, fields: named(entityType, body) };
    return { entityType, entityId, changeType: change, timestamp, sequence };
  });
}

function named(entityType: number, body: readonly unknown[]): object {
  const row: Record<string, unknown> = {};
  const names = entityType === EntityType.SpotTrade ? tradeNames : allOrderNames;
  for (let i = 0; i < names.length; i++) row[names[i]!] = body[i] ?? null;
  return row;
}

function packNested(entries: readonly ChangeLogEntry[]): Uint8Array {
  const step: unknown[] = [1];
  for (const entry of entries) {
    const flat = bodyOf(entry);
    const nested = Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(i * 3, i * 3 + 3));
    step.push([entry.entityType, entry.entityId, ChangeKind.Updated, entry.timestamp, entry.sequence, nested]);
  }
  return packr.pack(step);
}

function sample(count: number): { orders: ChangeLogEntry[]; fills: ChangeLogEntry[]; trades: ChangeLogEntry[] } {
  const range = Array.from({ length: count }, (_, i) => i);
  const stamp = (entry: ChangeLogEntry, i: number): ChangeLogEntry => {
    entry.sequence = 1_000_000 + i;
    return entry;
  };
  return {
    orders: range.map((i) => stamp(created(EntityType.SpotOrder, 5_000_000_000 + i, order(i), NOW + i), i)),
    fills: range.map((i) => stamp(updated(EntityType.SpotOrder, 5_000_000_000 + i, fill(i), NOW + i), i)),
    trades: range.map((i) => stamp(created(EntityType.SpotTrade, `BTCUSDT-${1_000_000 + i}`, trade(i), NOW + i), i)),
  };
}

function order(i: number): SpotOrder {
  return {
    orderId: 5_000_000_000 + i,
    accountId: 1000 + i,
    symbol: 'BTCUSDT',
    clientOrderId: `x-A6SIDXVS${1_000_000_000_000 + i}`,
    side: 1,
    type: 2,
    timeInForce: 1,
    priceTicks: 6_500_000 + i,
    origLots: 12_345 + i,
    commandId: 900_000_000_000 + i,
    createdUs: NOW + i,
    makerRate: 100_000,
    takerRate: 100_000,
    status: 1,
    executedLots: 0,
    cumQuoteUnits: 0n,
    bookLots: 0,
    updateId: 0,
    updateUs: NOW + i,
    workingUs: 0,
    reservedUnits: 80_000_000_000n + BigInt(i),
    origQuoteUnits: 0n,
    stpMode: 2,
    stopPriceTicks: 0,
    trailingDelta: 0,
    trailingUs: 0,
    trailingExtremeTicks: 0,
    icebergLots: 0,
    expireUs: 0,
    orderListId: -1,
    listLeg: 0,
    strategyId: null,
    strategyType: null,
    pegPriceType: 0,
    pegOffsetType: 0,
    pegOffsetValue: 0,
    peggedPriceTicks: 0,
    preventedLots: 0,
    preventedMatch: null,
    expiryReason: 0,
    rejectCode: 0,
    amendCount: 0,
    request: null,
    outcome: null,
  };
}

/** What a partial fill changes in its maker. */
function fill(i: number): unknown[] {
  const f = OrderField;
  return [
    ...[f.status, 1, 2, f.executedLots, 0, 1234, f.cumQuoteUnits, 0n, 8_021_000_000n + BigInt(i)],
    ...[f.bookLots, 12_345, 11_111, f.updateId, 6_999_000, 7_000_000 + i, f.updateUs, NOW, NOW + i],
  ];
}

function trade(i: number): SpotTrade {
  return {
    tradeId: 1_000_000 + i,
    symbol: 'BTCUSDT',
    priceTicks: 6_500_000 + i,
    lots: 1234,
    quoteUnits: 8_021_000_000n + BigInt(i),
    buyerIsMaker: true,
    buyerOrderId: 5_000_000_000 + i,
    sellerOrderId: 5_000_000_001 + i,
    buyerAccountId: 1002,
    sellerAccountId: 1003,
    buyerFeeUnits: 123n,
    sellerFeeUnits: 8_021_000n,
    tradeUs: NOW + i,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  printMeasurements(benchmarkCodec(3000));
  process.stdout.write(`bytes an entry: ${JSON.stringify(codecSizes())}\n`);
}
