// Where the thread's code is. A thread can't run TypeScript sources on every Node this runs on, so that sources (the tests)
// take the built code of the same file: `npm test` builds it first.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HistoryThreadError } from './messages.ts';

/** Throws HistoryThreadError where nothing is built. Built from other sources than these it may be: see PROTOCOL. */
export function threadFile(self: string = import.meta.url): URL {
  const file = self.endsWith('.ts') ? new URL('../../../dist/history/thread/historyThread.js', self) : new URL('./historyThread.js', self);
  if (!existsSync(fileURLToPath(file))) {
    throw new HistoryThreadError(`the code of the history's thread is not built (${fileURLToPath(file)}): npm run build`);
  }
  return file;
}
