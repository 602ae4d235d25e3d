// Opens the past of a directory, to be kept in this thread or in one of its own.
import type { HistoryKeeper } from './historyKeeper.ts';
import { LocalKeeper } from './localKeeper.ts';
import { type HistoryOptions, openHistory } from './openHistory.ts';
import { ThreadKeeper } from './thread/threadKeeper.ts';

export interface KeeperOptions extends HistoryOptions {
  /** A thread of its own, which takes decoding, storing and answering from the caller's. */
  readonly thread: boolean;
}

export async function openKeeper({ thread, ...store }: KeeperOptions): Promise<HistoryKeeper> {
  return thread ? ThreadKeeper.open(store) : new LocalKeeper(openHistory(store));
}
