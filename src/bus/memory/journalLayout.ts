// Keys and values of the journal's meta table, and the checks that every reader of a journal makes alike.
import { crc32 } from 'node:zlib';
import { CorruptLogError } from '../bus.ts';
import { decodeRecordHead, logKey, sequenceOfKey, storedChain } from './record.ts';
import type { JournalStorage, StorageRow } from './storage.ts';
import { decodeHead, type StreamHead } from './streamHead.ts';

/** A stream as the journal keeps it; `head` follows every commit. */
export interface JournalStream {
  readonly name: string;
  readonly number: number;
  subjects: readonly string[];
  readonly head: StreamHead;
}

export const FORMAT_KEY = Buffer.from('format');
export const FORMAT = 2;
export const streamKey = (name: string): Buffer => Buffer.from(`stream:${name}`);
export const headKey = (number: number): Buffer => Buffer.from(`head:${number}`);
export const leaseKey = (name: string): Buffer => Buffer.from(`lease:${name}`);
export const snapshotKey = (name: string): Buffer => Buffer.from(`snapshot:${name}`);

/** Keys of the storage are bounded, and a key it refuses must not be found out within a commit. */
export function checkName(name: string): string {
  if (name.length === 0 || Buffer.byteLength(name) > 200) throw new RangeError(`a name of 1 to 200 bytes, not ${name.length}`);
  return name;
}

const CHECKSUM_BYTES = 4;

/** JSON behind the CRC-32 of key and text: what a row says of positions and subjects is nowhere else to be checked against. */
export function toJson(key: Uint8Array, value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES + text.length);
  bytes.writeUInt32BE(crc32(text, crc32(key)), 0);
  text.copy(bytes, CHECKSUM_BYTES);
  return bytes;
}

export function fromJson(key: Uint8Array, stored: Uint8Array, what: string): unknown {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const text = bytes.subarray(CHECKSUM_BYTES);
  if (bytes.length < CHECKSUM_BYTES || crc32(text, crc32(key)) !== bytes.readUInt32BE(0)) {
    throw new CorruptLogError(`${what} is damaged: its checksum is wrong`);
  }
  return JSON.parse(text.toString());
}

/** Rows of the meta table whose key starts with `prefix` (which ends in ':'), by the rest of their key. */
export function metaRows(storage: JournalStorage, prefix: string): Map<string, Uint8Array> {
  const to = Buffer.from(`${prefix.slice(0, -1)};`);
  const rows = storage.range('meta', Buffer.from(prefix), to, Number.MAX_SAFE_INTEGER);
  return new Map(rows.map(([key, value]) => [Buffer.from(key).toString().slice(prefix.length), value]));
}

/** Every stream with its head, or CorruptLogError. */
export function loadStreams(storage: JournalStorage): JournalStream[] {
  const format = storage.get('meta', FORMAT_KEY);
  if (format === undefined) {
    if (storage.count('log') > 0) throw new CorruptLogError('the journal has messages but no format mark');
    return [];
  }
  // Before format 2 rows were JSON without a checksum.
  const found = Buffer.from(format).toString() === '1' ? 1 : fromJson(FORMAT_KEY, format, 'the format mark');
  if (found !== FORMAT) throw new CorruptLogError(`journal format ${String(found)}, this version reads ${FORMAT}`);
  const streams: JournalStream[] = [];
  for (const [name, stored] of metaRows(storage, 'stream:')) {
    const { number, subjects } = fromJson(streamKey(name), stored, `stream ${name}`) as { number: number; subjects: string[] };
    const head = decodeHead(storage.get('meta', headKey(number)) ?? new Uint8Array());
    if (head === undefined) throw new CorruptLogError(`${name}: its head is missing or damaged`);
    streams.push({ name, number, subjects, head });
  }
  return streams;
}

/** Oldest record that is still there: behind head.first while a trim has not removed everything yet. */
export function firstStored(storage: JournalStorage, stream: JournalStream): number | undefined {
  const [row] = storage.range('log', logKey(stream.number, 0), logKey(stream.number + 1, 0), 1);
  return row === undefined ? undefined : sequenceOfKey(row[0]);
}

/** Chain that the record `sequence` was seeded with. */
export function chainBefore(storage: JournalStorage, stream: JournalStream, sequence: number): number {
  if (sequence === stream.head.first) return stream.head.baseChain;
  const before = storage.get('log', logKey(stream.number, sequence - 1));
  if (before === undefined) throw missing(stream.name, sequence - 1);
  return storedChain(before);
}

/** Checks a row read in order against its place and the chain before it; returns its own chain. */
export function checkRow(stream: string, expected: number, row: StorageRow | undefined, chain: number): number {
  if (row === undefined || sequenceOfKey(row[0]) !== expected) throw missing(stream, expected);
  const head = decodeRecordHead(row[0], row[1], chain);
  if (head === undefined) throw damaged(stream, expected);
  return head.chain;
}

export function missing(stream: string, sequence: number): CorruptLogError {
  return new CorruptLogError(`${stream}: message ${sequence} is missing from the journal`);
}

export function damaged(stream: string, sequence: number): CorruptLogError {
  return new CorruptLogError(`${stream}: message ${sequence} is damaged: its checksum does not follow from the one before`);
}

/** Messages at the end of a stream that opening checks; all of them are checked by verifyJournal and when they are read. */
const TAIL_MESSAGES = 128;

/** What opening checks of every stream: its ends, its number of messages and the chain of its tail. */
export function checkTails(storage: JournalStorage, streams: readonly JournalStream[]): void {
  let expectedRows = 0;
  for (const stream of streams) {
    const { first, last, chain } = stream.head;
    const stored = firstStored(storage, stream);
    if (last >= first && (stored === undefined || stored > first)) throw missing(stream.name, first);
    if (stored !== undefined && stored <= last) expectedRows += last - stored + 1;
    const from = Math.max(first, last - TAIL_MESSAGES + 1);
    const rows = storage.range('log', logKey(stream.number, from), logKey(stream.number + 1, 0), TAIL_MESSAGES + 1);
    let tail = chainBefore(storage, stream, from);
    for (let sequence = from; sequence <= last; sequence++) {
      tail = checkRow(stream.name, sequence, rows[sequence - from], tail);
    }
    if (tail !== chain) throw damaged(stream.name, last);
    const after = rows[last - from + 1];
    if (after !== undefined) {
      throw new CorruptLogError(`${stream.name}: message ${sequenceOfKey(after[0])} lies behind its end ${last}`);
    }
  }
  const rows = storage.count('log');
  if (rows !== expectedRows) {
    throw new CorruptLogError(`the journal holds ${rows} messages where its streams have ${expectedRows}: verify it`);
  }
}
