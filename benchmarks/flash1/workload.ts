// Reads the workload files of flash1-dev/matching-engine-benchmark (docs/METHODOLOGY.md, "On-disk format"): a header
// [u64 magic][u32 version][u32 count], then 40-byte little-endian records
// [u8 type][u8 side][u8 ioc][u8 pad][u32 quantity][u64 sequence_number][u64 order_id][i64 price_ticks][i64 reserved].
import { readFileSync } from 'node:fs';

const MAGIC = 0x4d4542575f303031n;
const VERSION = 1;
const HEADER_BYTES = 16;
const RECORD_BYTES = 40;

export const MessageType = { NEW: 0, CANCEL: 1, MODIFY: 2 } as const;

/** One column per field: message i is the i-th element of each. Sequence numbers are the positions. */
export interface Workload {
  readonly count: number;
  readonly types: Uint8Array;
  /** 0 buy, 1 sell. */
  readonly sides: Uint8Array;
  readonly iocs: Uint8Array;
  readonly quantities: Int32Array;
  readonly orderIds: Float64Array;
  readonly prices: Float64Array;
}

export function emptyWorkload(count: number): Workload {
  return {
    count,
    types: new Uint8Array(count),
    sides: new Uint8Array(count),
    iocs: new Uint8Array(count),
    quantities: new Int32Array(count),
    orderIds: new Float64Array(count),
    prices: new Float64Array(count),
  };
}

export function readWorkload(path: string): Workload {
  const file = readFileSync(path);
  if (file.length < HEADER_BYTES || file.readBigUInt64LE(0) !== MAGIC) throw new Error(`${path}: not a workload file`);
  const version = file.readUInt32LE(8);
  if (version !== VERSION) throw new Error(`${path}: workload version ${version}, expected ${VERSION}`);
  const count = file.readUInt32LE(12);
  if (file.length !== HEADER_BYTES + count * RECORD_BYTES) throw new Error(`${path}: ${count} records expected`);
  const workload = emptyWorkload(count);
  for (let i = 0; i < count; i++) {
    const at = HEADER_BYTES + i * RECORD_BYTES;
    const type = file[at]!;
    if (type > MessageType.MODIFY) throw new Error(`${path}: record ${i} has type ${type}`);
    if (Number(file.readBigUInt64LE(at + 8)) !== i) throw new Error(`${path}: record ${i} has another sequence number`);
    workload.types[i] = type;
    workload.sides[i] = file[at + 1]!;
    workload.iocs[i] = file[at + 2]!;
    workload.quantities[i] = file.readUInt32LE(at + 4);
    workload.orderIds[i] = Number(file.readBigUInt64LE(at + 16));
    workload.prices[i] = Number(file.readBigInt64LE(at + 24));
  }
  return workload;
}
