// State of a writer <-> the bytes of its snapshot. In: plain data (numbers, bigints, strings, booleans, null, byte arrays,
// arrays, objects). Out: msgpack, where a number comes back as that number and a bigint as that bigint, at any size.
// Not for the log: msgpackr's own extensions are used, for bigints beyond 64 bits and for records. A record names the fields of
// a shape once, not in each of a million rows: a sixth of the bytes, and a tenth of the time to read them.
import { Packr, Unpackr } from 'msgpackr';
import { CodecError } from './codecError.ts';

// A number is written as an integer of up to 32 bits or as a float64, a bigint as an integer of 64 bits: so each comes
// back as what it was.
const packr = new Packr({ useRecords: true, mapsAsObjects: true, useBigIntExtension: true });
const unpackr = new Unpackr({ useRecords: true, mapsAsObjects: true });

/** Throws CodecError, with the path, on anything that would come back changed: undefined, Map, Set, Date, classes. */
export function encodeSnapshot(data: unknown): Uint8Array {
  checkPlain(data, '', 0);
  return packr.pack(data);
}

/** Throws CodecError on bytes that are no msgpack. Snapshots are checked against their checksum by the bus. */
export function decodeSnapshot(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch (cause) {
    throw new CodecError(`snapshot can't be read: ${(cause as Error).message}`, { cause });
  }
}

const LENGTH_BYTES = 4;
/** Copied without a pause. */
const JOIN_BYTES = 4 * 2 ** 20;

/** A snapshot in parts: each is encoded by itself and stands behind its length. */
export class SnapshotParts {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += LENGTH_BYTES + part.length;
  }

  /** Takes the parts out; `pause` is waited for after every few megabytes. */
  async join(pause: () => Promise<void>): Promise<Uint8Array> {
    const data = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    let paused = 0;
    this.#parts.reverse();
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      data.writeUInt32BE(part.length, at);
      data.set(part, at + LENGTH_BYTES);
      at += LENGTH_BYTES + part.length;
      if (at - paused < JOIN_BYTES) continue;
      paused = at;
      await pause();
    }
    return data;
  }
}

/** The parts of a snapshot, decoded one by one. Throws CodecError as decodeSnapshot, and when bytes are missing. */
export function* decodeParts(data: Uint8Array): Generator<unknown> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.length; ) {
    const from = at + LENGTH_BYTES;
    const to = from > data.length ? from : from + view.getUint32(at);
    if (to > data.length) throw new CodecError(`snapshot can't be read: ${to - data.length} bytes are missing`);
    yield decodeSnapshot(data.subarray(from, to));
    at = to;
  }
}

/** Deeper than any state is, and far from the end of the stack. */
const DEPTH_MAX = 500;

function checkPlain(value: unknown, path: string, depth: number): void {
  if (value === null) return;
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'string':
    case 'boolean':
      return;
    case 'object':
      break;
    default:
      throw new CodecError(`snapshot${path}: ${typeof value} is not plain data`);
  }
  if (depth > DEPTH_MAX) throw new CodecError(`snapshot${path}: nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isScalar(value[i])) checkPlain(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (value instanceof Uint8Array) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new CodecError(`snapshot${path}: ${value.constructor?.name ?? 'an object'} is not plain data`);
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new CodecError(`snapshot${path}: a key must not be __proto__`);
    const child = (value as Record<string, unknown>)[key];
    if (!isScalar(child)) checkPlain(child, `${path}.${key}`, depth + 1);
  }
}

/** Most values: spares them the path. */
function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'number' || type === 'bigint' || type === 'string' || type === 'boolean';
}
