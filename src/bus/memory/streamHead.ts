// What the journal knows of a stream without reading its messages. Written with every commit that appends to it.
import { crc32 } from 'node:zlib';

export interface StreamHead {
  /** Oldest message kept; last + 1 when there is none. */
  first: number;
  last: number;
  /** Bytes of the records kept. */
  bytes: number;
  /** Chain of the last record, which the next one is seeded with. */
  chain: number;
  /** Chain of the record before the first, to check the first against. */
  baseChain: number;
}

const HEAD_BYTES = 36;
const CHECKED_BYTES = 32;

export function emptyHead(): StreamHead {
  return { first: 1, last: 0, bytes: 0, chain: 0, baseChain: 0 };
}

export function encodeHead(head: StreamHead): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes.writeDoubleBE(head.first, 0);
  bytes.writeDoubleBE(head.last, 8);
  bytes.writeDoubleBE(head.bytes, 16);
  bytes.writeUInt32BE(head.chain, 24);
  bytes.writeUInt32BE(head.baseChain, 28);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/** Undefined when the bytes are damaged. */
export function decodeHead(stored: Uint8Array): StreamHead | undefined {
  if (stored.length !== HEAD_BYTES) return undefined;
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.readUInt32BE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return undefined;
  return {
    first: bytes.readDoubleBE(0),
    last: bytes.readDoubleBE(8),
    bytes: bytes.readDoubleBE(16),
    chain: bytes.readUInt32BE(24),
    baseChain: bytes.readUInt32BE(28),
  };
}
