// The writers of the partitions as the edges' side of a process sees them: in the same process or anywhere.
import type { Balance } from '../domain/balance.ts';
import type { AssetReconciliation } from '../ports/exchangePort.ts';
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { CommandRoute } from './acquiring/acquiring.ts';
import type { AdminAnswer, AdminChange } from './admin/adminBehaviour.ts';

/** The stages whose children poison can halt. */
export type HaltableStage = 'settlement' | 'match' | 'kline';

export interface Writers extends CommandRoute {
  /** Resolves when the change is in the admin log, or refused. */
  change(change: AdminChange): Promise<AdminAnswer>;
  /** The same for what stages ask for by themselves: only a change that closes a door (admin/doors.ts). */
  close(change: AdminChange): Promise<AdminAnswer>;
  /** Balances that reflect every fill any client was told of before the call. */
  balances(accountId: number): Promise<readonly Readonly<Balance>[]>;
  reconciliation(): Promise<readonly AssetReconciliation[]>;
  /** The stage in which the child of that name is halted by poison. */
  haltedIn(name: string): Promise<HaltableStage | undefined>;
  /** False when it is not halted there. Rejects with a RangeError when it must not be skipped. */
  resume(stage: HaltableStage, name: string, how: 'retry' | 'skip'): Promise<boolean>;
  /** The queryable past, having taken in everything any client was told before the call. */
  history(): Promise<HistoryQueries>;
}
