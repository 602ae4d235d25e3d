// Entries for people: names instead of codes, times as text, bigints as strings. Used by `sedax decode` and `tail`.
// One way only: nothing reads this back.
import { ChangeKind, type ChangeLogEntry, EntityType } from '../domain/changeLogEntry.ts';
import { CancelRestriction, nameOf, RequestKind, StpMode } from '../domain/orderTerms.ts';
import { EngineReject, engineReject } from '../domain/rejectReason.ts';
import { type EntitySchema, type Field, schemaOf } from './schema.ts';
import { decodeStep } from './stepCodec.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Words of the codes inside composites. */
const innerWords: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  kind: RequestKind,
  restriction: CancelRestriction,
  stpMode: StpMode,
};
const rejectCodes: ReadonlySet<string> = new Set(['rejectCode', 'code']);

export function entryToJson(entry: ChangeLogEntry): { readonly [key: string]: Json } {
  const { entityType, entityId, changeType, timestamp, sequence } = entry;
  const schema = schemaOf(entityType);
  const head = {
    sequence,
    time: timeText(timestamp),
    timestamp,
    entity: nameOf(EntityType, entityType) ?? entityType,
    id: entityId,
    change: nameOf(ChangeKind, changeType.kind) ?? changeType.kind,
  };
  if (schema === undefined) return head;
  if (changeType.kind === ChangeKind.Created) return { ...head, fields: rowToJson(schema, changeType.fields) };
  if (changeType.kind === ChangeKind.Updated) {
    return { ...head, changed: changesToJson(schema, changeType.changedFields) };
  }
  return head;
}

/** One line of JSON for each entry of an encoded step, each ended by a newline. Throws CodecError like decodeStep. */
export function stepToJsonLines(bytes: Uint8Array): string {
  let lines = '';
  for (const entry of decodeStep(bytes)) lines += `${JSON.stringify(entryToJson(entry))}\n`;
  return lines;
}

function rowToJson(schema: EntitySchema, row: object): Json {
  const json: Record<string, Json> = {};
  for (const field of schema.fields) {
    json[field.name] = valueToJson(field, (row as Record<string, unknown>)[field.name]);
  }
  return json;
}

function changesToJson(schema: EntitySchema, changes: readonly unknown[]): Json {
  const json: Record<string, Json> = {};
  for (let i = 0; i < changes.length; i += 3) {
    const field = schema.fields[changes[i] as number];
    if (field !== undefined) {
      json[field.name] = { old: valueToJson(field, changes[i + 1]), new: valueToJson(field, changes[i + 2]) };
    }
  }
  return json;
}

function valueToJson(field: Field, value: unknown): Json {
  // A terminal and what is pasted from it are no place for them.
  if (field.isSecret) return '[hidden]';
  if (typeof value === 'number') {
    if (field.words !== undefined) return nameOf(field.words, value) ?? value;
    if (field.isTime && value > 0) return timeText(value);
    if (rejectCodes.has(field.name)) return rejectWord(value);
  }
  if (Array.isArray(value) && field.words !== undefined) return value.map((one) => nameOf(field.words!, one) ?? one);
  return plainToJson(value);
}

function plainToJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plainToJson);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  const json: Record<string, Json> = {};
  for (const [name, inner] of Object.entries(value)) {
    const words = innerWords[name];
    if (typeof inner === 'number' && words !== undefined) json[name] = nameOf(words, inner) ?? inner;
    else if (typeof inner === 'number' && rejectCodes.has(name)) json[name] = rejectWord(inner);
    else json[name] = plainToJson(inner);
  }
  return json;
}

function rejectWord(code: number): Json {
  const reason = engineReject(code);
  if (reason === undefined) return code;
  return Object.keys(EngineReject).find((name) => EngineReject[name as keyof typeof EngineReject] === reason) ?? code;
}

/** ISO 8601 with microseconds. */
function timeText(us: number): string {
  const date = new Date(Math.floor(us / 1000));
  if (Number.isNaN(date.getTime())) return String(us);
  return `${date.toISOString().slice(0, -1)}${String(us - Math.floor(us / 1000) * 1000).padStart(3, '0')}Z`;
}
