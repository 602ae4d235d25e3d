// What a partition is told and given by its process.
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { RegistryPosition } from './outputLog.ts';
import type { ActorRoot, Parent } from './supervision.ts';

export interface PartitionOptions {
  /** Most inputs (messages, commands) in one batch. */
  readonly maxBatch: number;
  /** Most steps appended and not yet persisted; beyond, batches wait. */
  readonly maxInFlight: number;
  /** Queued inputs at which the readers stop fetching. */
  readonly maxQueued: number;
  /** Crashes over the same input before it counts as poison. */
  readonly poisonAttempts: number;
  /** A child without work for this long gives up its actor. */
  readonly passivateAfterMs: number;
  /** Steps between snapshots; 0 = only when asked. */
  readonly snapshotEverySteps: number;
  /** Rows (orders, accounts) that a snapshot takes in before the next batch has its turn. */
  readonly snapshotSliceRows: number;
}

export interface PartitionDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly root: ActorRoot;
  readonly parent: Parent;
  readonly options: PartitionOptions;
  /** Who writes, for the headers: the process's name. */
  readonly writer: string;
  readonly leaseTtlMs: number;
  /** The process's reading of the admin log; absent for the admin log's own writer. */
  readonly registry?: RegistryPosition;
  /** The partition gave up: nothing more is written by it. The host starts it anew or ends the process. */
  readonly onFailed: (error: Error) => void;
}
