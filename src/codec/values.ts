// Field values on the wire, by kind. Composites are positional arrays, except filters: a map, since it grows often,
// is rare, and says its names to any reader.
import type { FeeRates } from '../domain/accountProfile.ts';
import type { NewOrder } from '../domain/command.ts';
import type { InstrumentFilters } from '../domain/instrument.ts';
import { KLINE_INTERVALS, type KlineInterval } from '../domain/klineEntry.ts';
import type { CancelRestriction, RequestKind, StpMode } from '../domain/orderTerms.ts';
import type { OrderRequest, PreventedMatch, RequestOutcome } from '../domain/spotOrder.ts';
import { CodecError } from './codecError.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';
import { readNewOrder, writeNewOrder } from './newOrderRow.ts';
import { FieldKind } from './schema.ts';

export function writeValue(w: MsgpackWriter, kind: FieldKind, value: unknown): void {
  switch (kind) {
    case FieldKind.INT:
      w.int(value);
      return;
    case FieldKind.BIG:
      w.big(value);
      return;
    case FieldKind.STRING:
      w.string(value);
      return;
    case FieldKind.BOOLEAN:
      w.boolean(value);
      return;
    case FieldKind.NULLABLE_INT:
      if (value === null) w.nil();
      else w.int(value);
      return;
    case FieldKind.INTERVAL:
      w.string(checkInterval(value));
      return;
    case FieldKind.INTS:
      writeList(w, value, writeInt);
      return;
    case FieldKind.STRINGS:
      writeList(w, value, writeString);
      return;
    case FieldKind.NEW_ORDERS:
      writeList(w, value, (w, order) => writeNewOrder(w, checkObject(order) as NewOrder));
      return;
    default:
      if (value === null) writeNull(w, kind);
      else writeComposite(w, kind, checkObject(value));
  }
}

export function readValue(r: MsgpackReader, kind: FieldKind): unknown {
  switch (kind) {
    case FieldKind.INT:
      return r.int();
    case FieldKind.BIG:
      return r.big();
    case FieldKind.STRING:
      return r.string();
    case FieldKind.BOOLEAN:
      return r.boolean();
    case FieldKind.NULLABLE_INT:
      return r.nil() ? null : r.int();
    case FieldKind.INTERVAL:
      return checkInterval(r.string());
    case FieldKind.INTS:
      return readList(r, readInt);
    case FieldKind.STRINGS:
      return readList(r, readString);
    case FieldKind.REQUEST:
      return r.nil() ? null : readRequest(r);
    case FieldKind.OUTCOME:
      return r.nil() ? null : readOutcome(r);
    case FieldKind.PREVENTED_MATCH:
      return r.nil() ? null : readPreventedMatch(r);
    case FieldKind.RATES:
      return readRates(r);
    case FieldKind.SYMBOL_RATES:
      return readSymbolRates(r);
    case FieldKind.FILTERS:
      return readFilters(r);
    case FieldKind.NEW_ORDER:
      return readNewOrder(r);
    case FieldKind.NEW_ORDERS:
      return readList(r, readNewOrder);
  }
}

function writeNull(w: MsgpackWriter, kind: FieldKind): void {
  if (kind > FieldKind.PREVENTED_MATCH) throw new CodecError('expected an object, got null');
  w.nil();
}

function writeComposite(w: MsgpackWriter, kind: FieldKind, value: object): void {
  switch (kind) {
    case FieldKind.REQUEST:
      writeRequest(w, value as OrderRequest);
      return;
    case FieldKind.OUTCOME:
      writeOutcome(w, value as RequestOutcome);
      return;
    case FieldKind.PREVENTED_MATCH:
      writePreventedMatch(w, value as PreventedMatch);
      return;
    case FieldKind.RATES:
      writeRates(w, value as FeeRates);
      return;
    case FieldKind.SYMBOL_RATES:
      writeSymbolRates(w, value as Record<string, FeeRates>);
      return;
    case FieldKind.FILTERS:
      writeFilters(w, value as InstrumentFilters);
      return;
    case FieldKind.NEW_ORDER:
      writeNewOrder(w, value as NewOrder);
      return;
    default:
      throw new CodecError(`unknown field kind ${kind}`);
  }
}

function checkObject(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new CodecError(`expected an object, got ${typeof value}`);
  return value;
}

const intervals: ReadonlySet<unknown> = new Set(KLINE_INTERVALS);

export function checkInterval(value: unknown): KlineInterval {
  if (!intervals.has(value)) throw new CodecError(`no such kline interval: ${String(value).slice(0, 20)}`);
  return value as KlineInterval;
}

const writeInt = (w: MsgpackWriter, value: unknown): void => w.int(value);
const writeString = (w: MsgpackWriter, value: unknown): void => w.string(value);
const readInt = (r: MsgpackReader): number => r.int();
const readString = (r: MsgpackReader): string => r.string();

function writeList(w: MsgpackWriter, list: unknown, write: (w: MsgpackWriter, value: unknown) => void): void {
  if (!Array.isArray(list)) throw new CodecError(`expected an array, got ${typeof list}`);
  w.reserve(list.length * 9 + 5);
  w.array(list.length);
  for (const value of list) write(w, value);
}

function readList<T>(r: MsgpackReader, read: (r: MsgpackReader) => T): T[] {
  const length = r.array();
  const list: T[] = [];
  for (let i = 0; i < length; i++) list.push(read(r));
  return list;
}

function expectLength(r: MsgpackReader, what: string, length: number): void {
  const found = r.array();
  if (found !== length) throw new CodecError(`${what} has ${found} values, not ${length}`);
}

/** What most requests lack, the code of a refusal, a replacement and reserved units, is left out at the end. */
export function writeRequest(w: MsgpackWriter, request: OrderRequest): void {
  const { code, replacement, reservedUnits } = request;
  const length = reservedUnits !== undefined ? 9 : replacement !== undefined ? 8 : code !== undefined ? 7 : 6;
  w.array(length);
  w.int(request.kind);
  w.int(request.commandId);
  w.string(request.symbol);
  w.string(request.clientOrderId);
  w.int(request.restriction);
  w.int(request.lots);
  if (code !== undefined) w.int(code);
  else if (length > 6) w.nil();
  if (replacement !== undefined) {
    w.array(2);
    w.boolean(replacement.allowFailure);
    writeNewOrder(w, replacement.order);
  } else if (length > 7) w.nil();
  if (reservedUnits !== undefined) w.big(reservedUnits);
}

export function readRequest(r: MsgpackReader): OrderRequest {
  const length = r.array();
  if (length < 6 || length > 9) throw new CodecError(`a request has ${length} values, not 6 to 9`);
  const request: { -readonly [Name in keyof OrderRequest]: OrderRequest[Name] } = {
    kind: r.int() as RequestKind,
    commandId: r.int(),
    symbol: r.string(),
    clientOrderId: r.string(),
    restriction: r.int() as CancelRestriction,
    lots: r.int(),
  };
  if (length > 6 && !r.nil()) request.code = r.int();
  if (length > 7 && !r.nil()) {
    expectLength(r, 'a replacement', 2);
    request.replacement = { allowFailure: r.boolean(), order: readNewOrder(r) };
  }
  if (length > 8) request.reservedUnits = r.big();
  return request;
}

export function writeOutcome(w: MsgpackWriter, outcome: RequestOutcome): void {
  w.array(4);
  w.int(outcome.commandId);
  w.int(outcome.kind);
  w.int(outcome.code);
  w.string(outcome.clientOrderId);
}

export function readOutcome(r: MsgpackReader): RequestOutcome {
  expectLength(r, 'an outcome', 4);
  return { commandId: r.int(), kind: r.int() as RequestKind, code: r.int(), clientOrderId: r.string() };
}

export function writePreventedMatch(w: MsgpackWriter, match: PreventedMatch): void {
  w.array(7);
  w.int(match.preventedMatchId);
  w.int(match.takerOrderId);
  w.int(match.makerOrderId);
  w.int(match.priceTicks);
  w.int(match.takerPreventedLots);
  w.int(match.makerPreventedLots);
  w.int(match.stpMode);
}

export function readPreventedMatch(r: MsgpackReader): PreventedMatch {
  expectLength(r, 'a prevented match', 7);
  return {
    preventedMatchId: r.int(),
    takerOrderId: r.int(),
    makerOrderId: r.int(),
    priceTicks: r.int(),
    takerPreventedLots: r.int(),
    makerPreventedLots: r.int(),
    stpMode: r.int() as StpMode,
  };
}

function writeRates(w: MsgpackWriter, rates: FeeRates): void {
  w.array(2);
  w.int(rates.makerRate);
  w.int(rates.takerRate);
}

function readRates(r: MsgpackReader): FeeRates {
  expectLength(r, 'rates', 2);
  return { makerRate: r.int(), takerRate: r.int() };
}

function writeSymbolRates(w: MsgpackWriter, rates: Readonly<Record<string, FeeRates>>): void {
  const symbols = Object.keys(rates);
  w.map(symbols.length);
  for (const symbol of symbols) {
    w.string(checkKey(symbol));
    writeRates(w, checkObject(rates[symbol]) as FeeRates);
  }
}

function readSymbolRates(r: MsgpackReader): Record<string, FeeRates> {
  const size = r.map();
  const rates: Record<string, FeeRates> = {};
  for (let i = 0; i < size; i++) {
    const symbol = checkKey(r.string());
    rates[symbol] = readRates(r);
  }
  return rates;
}

/** Assigning to this key would change the object's prototype. */
function checkKey(key: string): string {
  if (key === '__proto__') throw new CodecError('a map must not hold the key __proto__');
  return key;
}

/** A filter that is absent from the map is off: this is how filters are added without a new schema version. */
const filterDefaults: InstrumentFilters = {
  minPriceTicks: 0,
  maxPriceTicks: 0,
  minLots: 0,
  maxLots: 0,
  marketMinLots: 0,
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
  avgPriceMins: 0,
  icebergParts: 0,
  maxNumOrders: 0,
  maxNumAlgoOrders: 0,
  maxNumIcebergOrders: 0,
  maxNumOrderLists: 0,
  maxNumOrderAmends: 0,
  maxPositionUnits: 0n,
  minTrailingAboveDelta: 0,
  maxTrailingAboveDelta: 0,
  minTrailingBelowDelta: 0,
  maxTrailingBelowDelta: 0,
};

function kindOfFilter(name: string): FieldKind {
  const value: unknown = Object.hasOwn(filterDefaults, name) ? filterDefaults[name as keyof InstrumentFilters] : undefined;
  if (value === undefined) throw new CodecError(`no such filter: ${name.slice(0, 40)}`);
  if (typeof value === 'bigint') return FieldKind.BIG;
  return typeof value === 'boolean' ? FieldKind.BOOLEAN : FieldKind.INT;
}

function writeFilters(w: MsgpackWriter, filters: InstrumentFilters): void {
  const names = Object.keys(filterDefaults) as (keyof InstrumentFilters)[];
  const set = names.filter((name) => filters[name] !== filterDefaults[name]);
  w.map(set.length);
  for (const name of set) {
    w.string(name);
    writeValue(w, kindOfFilter(name), filters[name]);
  }
}

function readFilters(r: MsgpackReader): InstrumentFilters {
  const size = r.map();
  const filters: Record<string, unknown> = { ...filterDefaults };
  for (let i = 0; i < size; i++) {
    const name = r.string();
    filters[name] = readValue(r, kindOfFilter(name));
  }
  return filters as unknown as InstrumentFilters;
}
