// The recording that diskTrace.c makes, read back.

export const Op = {
  FILE_NAMED: 1,
  WRITTEN: 2,
  SYNC_BEGUN: 3,
  SYNC_ENDED: 4,
  TRUNCATED: 5,
  DIR_MADE: 6,
  WRITTEN_THROUGH: 7,
  RENAMED: 8,
} as const;

export interface DiskRecord {
  readonly op: number;
  readonly file: number;
  /** Position of a write, size of a truncation, number of a sync; FILE_NAMED: 1 = created. */
  readonly offset: number;
  /** CLOCK_MONOTONIC, microseconds: process.hrtime() of every process of the machine. */
  readonly timeUs: number;
  readonly data: Buffer;
  /** Bytes of the recording up to the end of this record: what its file's size was then. */
  readonly endsAt: number;
}

const MAGIC = 0x4b534944;
const HEAD_BYTES = 32;

/** The last record may have been cut by the kill; it is left out. */
export function readTrace(bytes: Buffer): DiskRecord[] {
  const records: DiskRecord[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    if (bytes.readUInt32LE(at) !== MAGIC) throw new Error(`no record at ${at} of the disk trace`);
    const length = bytes.readUInt32LE(at + 12);
    const endsAt = at + HEAD_BYTES + length;
    if (endsAt > bytes.length) break;
    records.push({
      op: bytes.readUInt32LE(at + 4),
      file: bytes.readUInt32LE(at + 8),
      offset: Number(bytes.readBigUInt64LE(at + 16)),
      timeUs: Number(bytes.readBigUInt64LE(at + 24)),
      data: bytes.subarray(at + HEAD_BYTES, endsAt),
      endsAt,
    });
    at = endsAt;
  }
  return records;
}
