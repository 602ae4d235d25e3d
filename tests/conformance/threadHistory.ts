// The history's thread as a store that is fed.
import type { HistoryReads } from '../../src/history/historyStore.ts';
import type { HistoryOptions } from '../../src/history/openHistory.ts';
import { ThreadKeeper } from '../../src/history/thread/threadKeeper.ts';
import type { FedHistory } from './history.ts';

export async function openThreadHistory(options: HistoryOptions): Promise<FedHistory> {
  const keeper = await ThreadKeeper.open(options);
  const feeding: Pick<FedHistory, 'apply' | 'flush' | 'position' | 'close'> = {
    apply: (stream, sequence, payload) => {
      const taken = keeper.take(stream, [{ sequence, payload }]);
      if (taken !== undefined) throw new Error('more than the thread takes at once');
    },
    flush: () => keeper.flush(),
    position: (stream) => keeper.position(stream),
    close: () => keeper.close(),
  };
  type Query = (...args: unknown[]) => unknown;
  return new Proxy(feeding, {
    get: (target, name) => {
      if (!(name in keeper.queries)) return Reflect.get(target, name);
      return (...args: unknown[]) => (keeper.queries[name as keyof HistoryReads] as Query).apply(keeper.queries, args);
    },
  }) as FedHistory;
}
