// Steps of older schema versions are upgraded when they are read; the log is never rewritten.
// An upgrade turns the plain values of version n into those of version n + 1. Appending a field that has a default
// needs neither a new version nor an upgrade: rows end early, and the reader fills in the default.
import { Packr, Unpackr } from 'msgpackr';
import { CodecError } from './codecError.ts';

/**
 * 1: changed fields as one [field, old, new] array each; integers beyond 32 bits as floating-point numbers, which is
 *    how msgpackr writes them.
 * 2: changed fields flat, which spares an array for every change; integers as integers (docs/decisions/0010-encoding.md).
 */
export const SCHEMA_VERSION = 2;

type PlainEntry = unknown[];
const BODY = 5;
const KIND = 2;
const UPDATED = 1;

/** upgrades[n] takes an entry of version n to version n + 1. */
const upgrades: Readonly<Record<number, (entry: PlainEntry) => PlainEntry>> = {
  1: (entry) => {
    if (!Array.isArray(entry)) throw new CodecError('an entry is not an array');
    const body = entry[BODY];
    if (entry[KIND] !== UPDATED || !Array.isArray(body)) return entry;
    return entry.with(BODY, body.flat(1));
  },
};

const plain = { useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: true } as const;
const packr = new Packr(plain);
const unpackr = new Unpackr(plain);

/** The step's bytes as the newest version writes them. Slow, and only for logs that an older version wrote. */
export function upgradeStep(bytes: Uint8Array, version: number): Uint8Array {
  if (version > SCHEMA_VERSION) {
    throw new CodecError(`schema version ${version} is newer than ${SCHEMA_VERSION}: this sedax is too old to read it`);
  }
  if (upgrades[version] === undefined) throw new CodecError(`unknown schema version ${version}`);
  try {
    let entries = (unpackr.unpack(bytes) as unknown[]).slice(1) as PlainEntry[];
    for (let from = version; from < SCHEMA_VERSION; from++) entries = entries.map(upgrades[from]!);
    return packr.pack([SCHEMA_VERSION, ...entries]);
  } catch (cause) {
    throw new CodecError(`step of schema version ${version} can't be read: ${(cause as Error).message}`, { cause });
  }
}
