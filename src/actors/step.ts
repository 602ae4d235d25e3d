// A step: what one writer did atomically, as one bus message. Headers can be read without decoding the payload.
import type { BusMessage, Headers } from '../bus/bus.ts';
import { decodeStep } from '../codec/stepCodec.ts';
import { type ChangeLogEntry, EntityType } from '../domain/changeLogEntry.ts';

export const Header = {
  writer: 'Sedax-Writer',
  epoch: 'Sedax-Epoch',
  /** Entries by type: 'SpotOrder=2,Balance=1'. */
  entries: 'Sedax-Entries',
  /** Highest input positions consumed: 'markets-0=17,admin=3'. */
  positions: 'Sedax-In',
  /** Children that lag behind the positions: 'BTCUSDT|accounts-0=12'. */
  parked: 'Sedax-Parked',
  /** Sequence of the last entry of the partition, this step included. */
  lastEntry: 'Sedax-Last-Entry',
  /** Position of the admin log the writer had read: a reader that is behind it may not know the symbols and accounts yet. */
  registry: 'Sedax-Registry',
} as const;

export type Positions = ReadonlyMap<string, number>;

const typeNames = Object.entries(EntityType);

export function entriesOf(message: BusMessage): readonly ChangeLogEntry[] {
  return (message.decoded as readonly ChangeLogEntry[] | undefined) ?? decodeStep(message.payload);
}

export function countByType(entries: readonly ChangeLogEntry[]): string {
  const counts = new Array<number>(typeNames.length + 1).fill(0);
  for (const entry of entries) counts[entry.entityType] = (counts[entry.entityType] ?? 0) + 1;
  let text = '';
  for (const [name, code] of typeNames) {
    const count = counts[code] ?? 0;
    if (count > 0) text += `${text === '' ? '' : ','}${name}=${count}`;
  }
  return text;
}

export function formatPositions(positions: Positions): string {
  let text = '';
  for (const [stream, sequence] of positions) text += `${text === '' ? '' : ','}${stream}=${sequence}`;
  return text;
}

export function parsePositions(text: string | undefined): Map<string, number> {
  const positions = new Map<string, number>();
  for (const part of (text ?? '').split(',')) {
    const at = part.lastIndexOf('=');
    if (at > 0) positions.set(part.slice(0, at), Number(part.slice(at + 1)));
  }
  return positions;
}

export function formatParked(parked: ReadonlyMap<string, Positions>): string {
  return [...parked]
    .flatMap(([child, positions]) => [...positions].map(([stream, sequence]) => `${child}|${stream}=${sequence}`))
    .join(',');
}

export function parseParked(text: string | undefined): Map<string, Map<string, number>> {
  const parked = new Map<string, Map<string, number>>();
  for (const [key, sequence] of parsePositions(text)) {
    const [child = '', stream = ''] = key.split('|');
    const positions = parked.get(child) ?? new Map<string, number>();
    positions.set(stream, sequence);
    parked.set(child, positions);
  }
  return parked;
}

export function lastEntryOf(headers: Headers): number {
  return Number(headers[Header.lastEntry] ?? 0);
}
