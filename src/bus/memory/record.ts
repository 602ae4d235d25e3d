// A message as the journal keeps it, and the keys it is kept under.
//   key   = stream number (u32), sequence (u64), big-endian: a stream's messages lie side by side, in order
//   value = chain (u32), format (u8), subject bytes (u16), header bytes (u32), subject, headers as JSON, payload
// `chain` is the CRC-32 of key and record, seeded with the chain of the record before: whatever is changed, removed, swapped
// or moved in a stream breaks it at that place.
import { crc32 } from 'node:zlib';
import type { BusMessage, Headers } from '../bus.ts';

const FORMAT = 1;
const FIXED_BYTES = 11;
const KEY_BYTES = 12;

export interface RecordHead {
  readonly chain: number;
  readonly subject: string;
  /** Where the headers start, and where they end and the payload starts. */
  readonly headersAt: number;
  readonly payloadAt: number;
}

export function logKey(streamNumber: number, sequence: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(streamNumber, 0);
  key.writeUInt32BE(Math.floor(sequence / 0x100000000), 4);
  key.writeUInt32BE(sequence >>> 0, 8);
  return key;
}

export function sequenceOfKey(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(4) * 0x100000000 + view.getUint32(8);
}

/** The value, its first four bytes being its chain. */
export function encodeRecord(key: Uint8Array, message: BusMessage, previousChain: number): Buffer {
  const headers = JSON.stringify(message.headers);
  const headerBytes = Buffer.byteLength(headers);
  const subjectBytes = Buffer.byteLength(message.subject);
  const value = Buffer.allocUnsafe(FIXED_BYTES + subjectBytes + headerBytes + message.payload.length);
  value[4] = FORMAT;
  value.writeUInt16BE(subjectBytes, 5);
  value.writeUInt32BE(headerBytes, 7);
  let position = FIXED_BYTES + value.write(message.subject, FIXED_BYTES);
  position += value.write(headers, position);
  value.set(message.payload, position);
  value.writeUInt32BE(chainOf(key, value, previousChain), 0);
  return value;
}

function chainOf(key: Uint8Array, value: Uint8Array, previousChain: number): number {
  return crc32(value.subarray(4), crc32(key, previousChain));
}

export function storedChain(value: Uint8Array): number {
  return ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0;
}

/** Undefined when the record is not what was written after the one with that chain. */
export function decodeRecordHead(key: Uint8Array, value: Uint8Array, previousChain: number): RecordHead | undefined {
  if (value.length < FIXED_BYTES || value[4] !== FORMAT) return undefined;
  const chain = storedChain(value);
  if (chainOf(key, value, previousChain) !== chain) return undefined;
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const headersAt = FIXED_BYTES + buffer.readUInt16BE(5);
  return {
    chain,
    subject: buffer.toString('utf8', FIXED_BYTES, headersAt),
    headersAt,
    payloadAt: headersAt + buffer.readUInt32BE(7),
  };
}

/** The message of a record whose chain was checked. */
export function decodeRecord(stream: string, sequence: number, value: Uint8Array, head: RecordHead): BusMessage {
  const headers = Buffer.from(value.buffer, value.byteOffset + head.headersAt, head.payloadAt - head.headersAt);
  return {
    stream,
    sequence,
    subject: head.subject,
    headers: JSON.parse(headers.toString()) as Headers,
    payload: value.subarray(head.payloadAt),
  };
}
