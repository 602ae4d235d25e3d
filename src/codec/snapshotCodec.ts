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
  } finally {
    // The reader holds on to the buffer it read last, which may be hundreds of megabytes: now it is this one.
    unpackr.unpack(NIL);
  }
}

const NIL = Uint8Array.of(0xc0);
const LENGTH_BYTES = 4;
/** Address space a snapshot of parts reserves, step by step: its memory grows as it is used. */
const RESERVED_BYTES = [2 ** 20, 2 ** 28, 2 ** 32] as const;

// Of ES2024, which Node 20 has and the types of ES2023 have not.
interface GrowingBuffer extends ArrayBuffer {
  readonly maxByteLength: number;
  resize(bytes: number): void;
}

function reserve(maxByteLength: number): GrowingBuffer {
  const Growing = ArrayBuffer as unknown as new (bytes: number, options: { readonly maxByteLength: number }) => GrowingBuffer;
  return new Growing(0, { maxByteLength });
}

/**
 * A snapshot in parts: each is encoded by itself and stands behind its length. All of them go into one buffer that grows where it
 * is: hundreds of megabytes that are made and dropped on the way would have the whole heap collected again and again.
 */
export class SnapshotParts {
  #bytes = reserve(RESERVED_BYTES[0]);
  #length = 0;

  /** Throws CodecError as encodeSnapshot. */
  add(part: unknown): void {
    const bytes = encodeSnapshot(part);
    const at = this.#length;
    this.#length += LENGTH_BYTES + bytes.length;
    if (this.#length > this.#bytes.maxByteLength) this.#reserveMore(at);
    this.#bytes.resize(this.#length);
    new DataView(this.#bytes).setUint32(at, bytes.length);
    new Uint8Array(this.#bytes).set(bytes, at + LENGTH_BYTES);
  }

  #reserveMore(used: number): void {
    const bytes = RESERVED_BYTES.find((reserved) => reserved >= this.#length);
    if (bytes === undefined) throw new CodecError(`snapshot: more than ${RESERVED_BYTES.at(-1)} bytes`);
    const before = new Uint8Array(this.#bytes, 0, used);
    this.#bytes = reserve(bytes);
    this.#bytes.resize(used);
    new Uint8Array(this.#bytes).set(before);
  }

  /** Of all parts so far; not a copy. */
  get data(): Uint8Array {
    return new Uint8Array(this.#bytes, 0, this.#length);
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
