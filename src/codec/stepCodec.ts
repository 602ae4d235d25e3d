// A message of the log <-> the entries of one atomic step. Plain msgpack, readable from any language:
//   step  = [schemaVersion, entry, entry, ...]
//   entry = [entityType, entityId, changeKind, timestamp, sequence, body]
//   body  = Created: the row, by position, without trailing defaults · Updated: [field, old, new, ...] · Deleted: nil
// In: entries with their sequence stamped. Out: bytes nobody writes again. docs/changelog-format.md is the reference.
import { ChangeKind, type ChangeLogEntry, type EntityId } from '../domain/changeLogEntry.ts';
import { CodecError } from './codecError.ts';
import { MsgpackReader } from './msgpackReader.ts';
import { MsgpackWriter } from './msgpackWriter.ts';
import { readChanges, readRow, writeChanges, writeRow } from './rows.ts';
import { type EntitySchema, schemaOf } from './schema.ts';
import { SCHEMA_VERSION, upgradeStep } from './upgrades.ts';

const writer = new MsgpackWriter();
const reader = new MsgpackReader();
const DELETED = Object.freeze({ kind: ChangeKind.Deleted });

/** The result is a view of a larger buffer and is never written again. Throws CodecError on a value no field may have. */
export function encodeStep(entries: readonly ChangeLogEntry[]): Uint8Array {
  writer.begin();
  writer.array(entries.length + 1);
  writer.int(SCHEMA_VERSION);
  for (let i = 0; i < entries.length; i++) {
    try {
      writeEntry(entries[i]!);
    } catch (error) {
      writer.abandon();
      throw inEntry(i, entries[i]!.entityType, error);
    }
  }
  return writer.finish();
}

function writeEntry(entry: ChangeLogEntry): void {
  const { entityType, entityId, changeType } = entry;
  const schema = schemaOf(entityType);
  if (schema === undefined) throw new CodecError('no such entity type');
  writer.reserve(0);
  writer.array(6);
  writer.int(entityType);
  if (typeof entityId === 'number') writer.int(entityId);
  else writer.string(entityId);
  writer.int(changeType.kind);
  writer.int(entry.timestamp);
  writer.int(entry.sequence);
  if (changeType.kind === ChangeKind.Updated) writeChanges(writer, schema, changeType.changedFields);
  else if (changeType.kind === ChangeKind.Created) writeRow(writer, schema, changeType.fields);
  else writer.nil();
}

/** Throws CodecError, which says what is wrong, on anything that is not a step. */
export function decodeStep(bytes: Uint8Array): ChangeLogEntry[] {
  reader.begin(bytes);
  let count = reader.array() - 1;
  const version = count >= 0 ? reader.int() : 0;
  if (version !== SCHEMA_VERSION) {
    reader.begin(upgradeStep(bytes, version));
    count = reader.array() - 1;
    reader.int();
  }
  const entries: ChangeLogEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(readEntry(i));
  reader.finish();
  return entries;
}

function readEntry(index: number): ChangeLogEntry {
  let entityType = 0;
  try {
    const length = reader.array();
    if (length !== 6) throw new CodecError(`an entry has 6 values, not ${length}`);
    entityType = reader.int();
    const schema = schemaOf(entityType);
    if (schema === undefined) throw new CodecError('no such entity type');
    const entityId: EntityId = reader.isString() ? reader.string() : reader.int();
    const kind = reader.int();
    const timestamp = reader.int();
    const sequence = reader.int();
    // The literal's shape is the one that domain/changeLogEntry.ts makes: readers stay monomorphic.
    return { entityType, entityId, changeType: readChange(kind, schema), timestamp, sequence } as ChangeLogEntry;
  } catch (error) {
    throw inEntry(index, entityType, error);
  }
}

function readChange(kind: number, schema: EntitySchema): object {
  switch (kind) {
    case ChangeKind.Updated:
      return { kind, changedFields: readChanges(reader, schema) };
    case ChangeKind.Created:
      return { kind, fields: readRow(reader, schema) };
    case ChangeKind.Deleted:
      if (!reader.nil()) throw new CodecError('a Deleted entry has no body');
      return DELETED;
    default:
      throw new CodecError(`no such change kind: ${kind}`);
  }
}

/** The error with the entry it is about, where it is one of the bytes. */
export function inEntry(index: number, entityType: number, error: unknown): unknown {
  if (!(error instanceof CodecError)) return error;
  return new CodecError(`entry ${index} (${schemaOf(entityType)?.name ?? `type ${entityType}`}): ${error.message}`);
}
