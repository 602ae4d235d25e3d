// Rows (Created) and changed fields (Updated) of every entity, from the schema table. The busiest entities have
// hand-written rows; here is what they must equal, and where the wire's errors get the name of the field.
import type { Balance } from '../domain/balance.ts';
import { type ChangedFields, EntityType } from '../domain/changeLogEntry.ts';
import type { KLine } from '../domain/klineEntry.ts';
import type { SpotOrder } from '../domain/spotOrder.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';
import { CodecError } from './codecError.ts';
import { readBalanceRow, readKLineRow, readTradeRow, writeBalanceRow, writeKLineRow, writeTradeRow } from './hotRows.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';
import { readOrderRow, writeOrderRow } from './orderRow.ts';
import type { EntitySchema, Field } from './schema.ts';
import { readValue, writeValue } from './values.ts';

export function writeRow(w: MsgpackWriter, schema: EntitySchema, fields: object): void {
  switch (schema.entityType) {
    case EntityType.SpotOrder:
      writeOrderRow(w, fields as SpotOrder);
      return;
    case EntityType.SpotTrade:
      writeTradeRow(w, fields as SpotTrade);
      return;
    case EntityType.KLine:
      writeKLineRow(w, fields as KLine);
      return;
    case EntityType.Balance:
      writeBalanceRow(w, fields as Balance);
      return;
    default:
      writeRowFromSchema(w, schema, fields as Record<string, unknown>);
  }
}

export function writeRowFromSchema(w: MsgpackWriter, schema: EntitySchema, row: Record<string, unknown>): void {
  const { fields, required } = schema;
  let length = fields.length;
  while (length > required && row[fields[length - 1]!.name] === fields[length - 1]!.fallback) length--;
  w.array(length);
  for (let i = 0; i < length; i++) {
    const field = fields[i]!;
    try {
      writeValue(w, field.kind, row[field.name]);
    } catch (error) {
      throw named(field, error);
    }
  }
}

export function readRow(r: MsgpackReader, schema: EntitySchema): object {
  const start = r.position;
  const length = r.array();
  if (length < schema.required) throw new CodecError(`row of ${length} fields, at least ${schema.required} needed`);
  if (length > schema.fields.length) {
    throw new CodecError(`row of ${length} fields, ${schema.fields.length} known: written by a newer version`);
  }
  try {
    switch (schema.entityType) {
      case EntityType.SpotOrder:
        return readOrderRow(r, length);
      case EntityType.SpotTrade:
        return readTradeRow(r);
      case EntityType.KLine:
        return readKLineRow(r);
      case EntityType.Balance:
        return readBalanceRow(r, length);
      default:
        return readFieldsFromSchema(r, schema, length);
    }
  } catch (error) {
    throw locate(r, schema, start, error);
  }
}

export function readFieldsFromSchema(r: MsgpackReader, schema: EntitySchema, length: number): object {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < schema.fields.length; i++) {
    const field = schema.fields[i]!;
    row[field.name] = i < length ? readValue(r, field.kind) : field.fallback;
  }
  return row;
}

/** Says which field of the row could not be read: the first one that ends behind the place of the failure. */
function locate(r: MsgpackReader, schema: EntitySchema, start: number, error: unknown): unknown {
  if (!(error instanceof CodecError)) return error;
  const failedAt = r.position;
  let last: Field | undefined;
  try {
    r.seek(start);
    const length = r.array();
    for (let i = 0; i < length && r.position <= failedAt; i++) {
      last = schema.fields[i];
      r.skip();
    }
  } catch {
    // What can't be passed over is what could not be read: `last` names it.
  }
  return last === undefined ? error : named(last, error);
}

/** Updated: flat [field, old, new, ...]; an old or new value that is not known is nil. */
export function writeChanges(w: MsgpackWriter, schema: EntitySchema, changes: ChangedFields): void {
  const length = changes.length;
  if (length % 3 !== 0) throw new CodecError(`changed fields come in threes, not ${length} values`);
  w.array(length);
  for (let i = 0; i < length; i += 3) {
    w.reserve(0);
    const field = schema.fields[changes[i] as number];
    if (field === undefined) throw new CodecError(`no field ${String(changes[i])}`);
    w.int(changes[i]);
    try {
      writeOptional(w, field, changes[i + 1]);
      writeOptional(w, field, changes[i + 2]);
    } catch (error) {
      throw named(field, error);
    }
  }
}

function writeOptional(w: MsgpackWriter, field: Field, value: unknown): void {
  if (value === null || value === undefined) w.nil();
  else writeValue(w, field.kind, value);
}

export function readChanges(r: MsgpackReader, schema: EntitySchema): ChangedFields {
  const length = r.array();
  if (length % 3 !== 0) throw new CodecError(`changed fields come in threes, not ${length} values`);
  const changes: unknown[] = [];
  for (let i = 0; i < length; i += 3) {
    const position = r.int();
    const field = schema.fields[position];
    if (field === undefined) throw new CodecError(`no field ${position}: damaged, or written by a newer version`);
    try {
      changes.push(position, r.nil() ? null : readValue(r, field.kind), r.nil() ? null : readValue(r, field.kind));
    } catch (error) {
      throw named(field, error);
    }
  }
  return changes;
}

function named(field: Field, error: unknown): unknown {
  return error instanceof CodecError ? new CodecError(`${field.name}: ${error.message}`) : error;
}
