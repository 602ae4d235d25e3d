// The history's thread, as built, on a disk that is full after the first commit.
import { HistoryWriteError } from '../../../dist/history/historyStore.js';
import { HistoryFile } from '../../../dist/history/lmdb/historyFile.js';

const { committed } = HistoryFile.prototype;
let room = 1;
HistoryFile.prototype.committed = function () {
  return room-- > 0 ? committed.call(this) : Promise.reject(new HistoryWriteError('no space left'));
};
await import('../../../dist/history/thread/historyThread.js');
