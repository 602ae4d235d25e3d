// State of a partition = newest snapshot + fold of its own log. Used for a whole partition at its start, for one child
// after a crash, and by `sedax verify` for the comparison with what lives.
import { type Bus, type BusMessage, CorruptLogError, type Snapshot } from '../bus/bus.ts';
import { decodeSnapshot, encodeSnapshot } from '../codec/snapshotCodec.ts';
import { StateHash } from '../domain/stateHash.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { entriesOf, formatParked, formatPositions, Header, lastEntryOf, type Positions, parseParked, parsePositions } from './step.ts';

/** Bump when a snapshot's shape changes: older ones are passed over and the log is folded from its start. */
export const SNAPSHOT_VERSION = '2';

export interface Recovered<State> {
  readonly children: Map<ChildKey, State>;
  /** Stream position of the last message folded. */
  sequence: number;
  entrySequence: number;
  positions: Map<string, number>;
  parked: Map<string, Map<string, number>>;
  /** Messages folded after the snapshot. */
  replayed: number;
  /** Of the writer of the newest of them; 0 when there is none. */
  epoch: number;
}

export interface RecoverOptions {
  /** Fold only this child's entries. */
  readonly only?: ChildKey;
  /** False folds from the first message on. @default true */
  readonly useSnapshot?: boolean;
  /** Waits until the message can be understood here. */
  readonly ready?: (message: BusMessage) => Promise<void> | undefined;
}

/** Folds up to the stream's last message at the time of the call; `behaviour` must be fresh: its indexes are filled. */
export async function recoverPartition<State, Input>(
  bus: Bus,
  behaviour: Behaviour<State, Input>,
  options: RecoverOptions = {},
): Promise<Recovered<State>> {
  const recovered: Recovered<State> = {
    children: new Map(),
    sequence: 0,
    entrySequence: 0,
    positions: new Map(),
    parked: new Map(),
    replayed: 0,
    epoch: 0,
  };
  if (options.useSnapshot !== false) await restoreSnapshot(bus, behaviour, recovered, options);
  const { lastSequence } = await bus.streamInfo(behaviour.output);
  if (lastSequence <= recovered.sequence) return recovered;
  const reader = bus.read(behaviour.output, { fromSequence: recovered.sequence + 1 });
  try {
    while (recovered.sequence < lastSequence) {
      const batch = await reader.next();
      if (batch.length === 0) break;
      for (const message of batch) {
        if (message.sequence > lastSequence) break;
        if (message.sequence !== recovered.sequence + 1)
          throw new CorruptLogError(`${behaviour.output}: message ${recovered.sequence + 1} is missing`);
        const ready = options.ready?.(message);
        if (ready !== undefined) await ready;
        for (const entry of entriesOf(message)) {
          if (entry.sequence !== recovered.entrySequence + 1 && recovered.entrySequence > 0) {
            throw new CorruptLogError(
              `${behaviour.output}@${message.sequence}: entry ${recovered.entrySequence + 1} is missing, found ${entry.sequence}`,
            );
          }
          recovered.entrySequence = entry.sequence;
          const key = behaviour.keyOf(entry);
          if (key === undefined) continue;
          behaviour.observe(key, entry);
          if (options.only !== undefined && key !== options.only) continue;
          let state = recovered.children.get(key);
          if (state === undefined) {
            state = behaviour.create(key);
            if (state === undefined)
              throw new CorruptLogError(`${behaviour.output}@${message.sequence}: ${behaviour.label(key)} is not defined`);
            recovered.children.set(key, state);
          }
          behaviour.apply(state, entry);
        }
        recovered.sequence = message.sequence;
        recovered.entrySequence = Math.max(recovered.entrySequence, lastEntryOf(message.headers));
        recovered.positions = parsePositions(message.headers[Header.positions]);
        recovered.parked = parseParked(message.headers[Header.parked]);
        recovered.epoch = Number(message.headers[Header.epoch] ?? 0);
        recovered.replayed++;
      }
    }
  } finally {
    reader.close();
  }
  return recovered;
}

async function restoreSnapshot<State, Input>(
  bus: Bus,
  behaviour: Behaviour<State, Input>,
  recovered: Recovered<State>,
  options: RecoverOptions,
): Promise<void> {
  const snapshot = await bus.getSnapshot(behaviour.output);
  if (snapshot === undefined || snapshot.meta.version !== SNAPSHOT_VERSION) return;
  const children = decodeSnapshot(snapshot.data) as [ChildKey, unknown][];
  for (const [key, data] of children) {
    const state = behaviour.restore(key, data);
    behaviour.index(key, state);
    if (options.only === undefined || key === options.only) recovered.children.set(key, state);
  }
  recovered.sequence = Number(snapshot.meta.sequence);
  recovered.entrySequence = Number(snapshot.meta.entrySequence);
  recovered.positions = parsePositions(snapshot.meta.positions);
  recovered.parked = parseParked(snapshot.meta.parked);
}

export interface SnapshotSource<State> {
  readonly children: Iterable<readonly [ChildKey, State]>;
  readonly sequence: number;
  readonly entrySequence: number;
  readonly positions: Positions;
  readonly parked: ReadonlyMap<string, Positions>;
}

/** Encoded at once: the state may change right after the call. */
export function takeSnapshot<State, Input>(behaviour: Behaviour<State, Input>, source: SnapshotSource<State>): Snapshot {
  const rows: [ChildKey, unknown][] = [];
  const hashes: [string, string][] = [];
  for (const [key, state] of source.children) {
    rows.push([key, behaviour.snapshot(state)]);
    hashes.push([behaviour.label(key), behaviour.hash(state)]);
  }
  return {
    name: behaviour.output,
    meta: {
      version: SNAPSHOT_VERSION,
      sequence: String(source.sequence),
      entrySequence: String(source.entrySequence),
      positions: formatPositions(source.positions),
      parked: formatParked(source.parked),
      hash: combineHashes(hashes),
    },
    data: encodeSnapshot(rows),
  };
}

/** One hash for a partition, whatever the order of its children. */
export function combineHashes(hashes: readonly (readonly [string, string])[]): string {
  const combined = new StateHash();
  for (const [label, hash] of [...hashes].sort(([a], [b]) => (a < b ? -1 : 1))) combined.string(label).string(hash);
  return combined.digest();
}
