// State of a partition = newest snapshot + fold of its own log. Used for a whole partition at its start, for one child
// after a crash, and by `sedax verify` for the comparison with what lives.
import { type Bus, type BusMessage, CorruptLogError, type Snapshot } from '../bus/bus.ts';
import { decodeParts, decodeSnapshot } from '../codec/snapshotCodec.ts';
import { StateHash } from '../domain/stateHash.ts';
import type { Behaviour, ChildKey } from './behaviour.ts';
import { entriesOf, Header, lastEntryOf, parseParked, parsePositions } from './step.ts';

/** Bump when a snapshot's shape changes, and keep reading the one before: a log may be trimmed up to a snapshot. */
export const SNAPSHOT_VERSION = '3';
/** All children in one piece. */
const SNAPSHOT_VERSION_BEFORE = '2';

/** False of a snapshot that is passed over here: the log is folded from its start. */
export function canRestore(meta: Snapshot['meta'] | undefined): boolean {
  return meta?.version === SNAPSHOT_VERSION || meta?.version === SNAPSHOT_VERSION_BEFORE;
}

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
  if (snapshot === undefined || !canRestore(snapshot.meta)) return;
  for (const [key, state] of restoredChildren(behaviour, snapshot)) {
    behaviour.index(key, state);
    if (options.only === undefined || key === options.only) recovered.children.set(key, state);
  }
  recovered.sequence = Number(snapshot.meta.sequence);
  recovered.entrySequence = Number(snapshot.meta.entrySequence);
  recovered.positions = parsePositions(snapshot.meta.positions);
  recovered.parked = parseParked(snapshot.meta.parked);
}

/** The children of a snapshot, one after the other. */
export function* restoredChildren<State, Input>(
  behaviour: Behaviour<State, Input>,
  snapshot: Snapshot,
): Generator<readonly [ChildKey, State]> {
  let child: readonly [ChildKey, State] | undefined;
  for (const [key, data] of rowsOf(behaviour, snapshot)) {
    // A large child comes in several parts, one behind the other.
    if (child !== undefined && child[0] === key) {
      behaviour.restoreMore(child[1], data);
      continue;
    }
    if (child !== undefined) yield child;
    child = [key, behaviour.restore(key, data)];
  }
  if (child !== undefined) yield child;
}

function* rowsOf<State, Input>(behaviour: Behaviour<State, Input>, { meta, data }: Snapshot): Generator<readonly [ChildKey, unknown]> {
  if (meta.version === SNAPSHOT_VERSION_BEFORE) yield* decodeSnapshot(data) as [ChildKey, unknown][];
  else for (const part of decodeParts(data)) yield* behaviour.unpack?.(part) ?? (part as [ChildKey, unknown][]);
}

/** One hash over children, whatever their order: the sum of theirs. */
export class CombinedHash {
  #high = 0;
  #low = 0;
  #count = 0;

  add(label: string, hash: string): void {
    const mixed = new StateHash().string(label).string(hash).digest();
    this.#high = (this.#high + Number.parseInt(mixed.slice(0, 8), 16)) >>> 0;
    this.#low = (this.#low + Number.parseInt(mixed.slice(8), 16)) >>> 0;
    this.#count++;
  }

  /** 16 hex digits. */
  digest(): string {
    return new StateHash().number(this.#high).number(this.#low).number(this.#count).digest();
  }
}

export function combineHashes(hashes: Iterable<readonly [label: string, hash: string]>): string {
  const combined = new CombinedHash();
  for (const [label, hash] of hashes) combined.add(label, hash);
  return combined.digest();
}
