// Records that travel as msgpack maps by name (commands, not log entries): read and written from a table of their fields.
// Strict both ways: every field present, none unknown, each of its kind.
import { CodecError } from './codecError.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';
import type { FieldKind } from './schema.ts';
import { readValue, writeValue } from './values.ts';

export type Shape = Readonly<Record<string, FieldKind>>;

/** The pairs alone: the caller has written the map's header. */
export function writeFields(w: MsgpackWriter, shape: Shape, record: object): void {
  for (const name of Object.keys(shape)) {
    w.string(name);
    try {
      writeValue(w, shape[name]!, (record as Readonly<Record<string, unknown>>)[name]);
    } catch (error) {
      throw named(name, error);
    }
  }
}

/** `count` pairs, in any order: the caller has read the map's header. */
export function readFields(r: MsgpackReader, shape: Shape, count: number): Record<string, unknown> {
  const wanted = Object.keys(shape).length;
  if (count !== wanted) throw new CodecError(`${count} fields, not ${wanted}`);
  const record: Record<string, unknown> = {};
  for (let i = 0; i < count; i++) {
    const name = r.string();
    if (!Object.hasOwn(shape, name)) throw new CodecError(`no such field: ${name.slice(0, 40)}`);
    if (Object.hasOwn(record, name)) throw new CodecError(`${name}: given twice`);
    try {
      record[name] = readValue(r, shape[name]!);
    } catch (error) {
      throw named(name, error);
    }
  }
  return record;
}

function named(name: string, error: unknown): unknown {
  return error instanceof CodecError ? new CodecError(`${name}: ${error.message}`) : error;
}
