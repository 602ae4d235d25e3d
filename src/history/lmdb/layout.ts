// How history lies in LMDB. Three databases of one environment:
//   journal  every row in the order it came, in slices of segments; what the others do not hold yet is here
//   rows     runs of rows of one list, keyed by table, list and the id of the run's last row
//   meta     format, positions, names
// A row is [length u24][id u56][time u56][body]; in the journal a table byte stands before it.
import { readU24, readU56 } from './rowBytes.ts';

export const FORMAT = 1;

/** What a row is, and which list of rows a run belongs to. On disk: never renumber. */
export const Table = {
  /** An order that ended. Lists: account and symbol; id: orderId; time: createdUs. */
  ORDER: 1,
  /** An order as it stands (journal only). */
  ORDER_LIVE: 2,
  /** A trade. Lists: symbol; id: tradeId; time: tradeUs. */
  TRADE: 3,
  /** The same rows by account and symbol (rows only). */
  ACCOUNT_TRADE: 4,
  /** A balance change. Lists: account and asset; id: entry sequence; time: updateUs. */
  BALANCE: 5,
  /** A kline that another followed. Lists: symbol and interval; id and time: openUs. */
  KLINE: 6,
  /** The newest kline as it stands (journal only). */
  KLINE_LIVE: 7,
  /** An order list that ended. Lists: account; id: orderListId; time: createdUs. */
  ORDER_LIST: 8,
  /** An order list as it stands (journal only). */
  ORDER_LIST_LIVE: 9,
  /** A prevented match. Lists: account and symbol; id: preventedMatchId; time: entry's. */
  PREVENTED: 10,
  /** Who got a client id. Lists: buckets of its hash, in the order it happened; id: orderId; time: the hash. */
  CLIENT_ID: 11,
  /** Orders and lists that ended long after their neighbours in id: runs of one row, beside the others. */
  LATE_ORDER: 12,
  LATE_ORDER_LIST: 13,
} as const;
export type Table = (typeof Table)[keyof typeof Table];

/** Table byte and length before a row's id in the journal. */
export const FRAME_BYTES = 4;
/** A ref names the table byte; the row itself begins behind it. */
export const ROW_AT = 1;
export const LENGTH_BYTES = 3;
/** Length, id and time before a row's body. */
export const ROW_HEAD_BYTES = 17;

/** A run: how many rows, where the last one begins, the rows. */
export const RUN_HEAD_BYTES = 6;
/** Most rows and about the most bytes of a run: what one query step has to read. */
export const RUN_ROWS = 128;
export const RUN_BYTES = 24 * 1024;

export const rowLength = (bytes: Uint8Array, at: number): number => readU24(bytes, at) + 3;
export const rowId = (bytes: Uint8Array, at: number): number => readU56(bytes, at + 3);
export const rowTime = (bytes: Uint8Array, at: number): number => readU56(bytes, at + 10);

export const runCount = (run: Buffer): number => run.readUInt16LE(0);
export const runLastRow = (run: Buffer): number => run.readUInt32LE(2);

export const MAX_ID = Number.MAX_SAFE_INTEGER;
const KEY_BYTES = 18;

/** Key of a run: table, list (owner and part), id of its last row; the bytes sort as these do. */
export function runKey(table: Table, owner: number, part: number, id: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key[0] = table;
  key.writeUIntBE(owner, 1, 6);
  key.writeUInt32BE(part, 7);
  key[11] = id / 2 ** 48;
  key.writeUIntBE(id % 2 ** 48, 12, 6);
  return key;
}

export const keyOwner = (key: Buffer): number => key.readUIntBE(1, 6);
export const keyPart = (key: Buffer): number => key.readUInt32BE(7);
export const keyId = (key: Buffer): number => (key[11] as number) * 2 ** 48 + key.readUIntBE(12, 6);

export function sliceKey(segment: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt32BE(segment, 0);
  key.writeUInt32BE(offset, 4);
  return key;
}
