// A history's thread that takes in nothing; a stream of that name makes it exit or throw.
import { parentPort } from 'node:worker_threads';

parentPort.postMessage({ kind: 'opened', positions: { 'markets-0': 7 } });
parentPort.on('message', ({ kind, streams }) => {
  if (kind === 'close' || streams?.includes('exit')) process.exit(kind === 'close' ? 0 : 3);
  if (streams?.includes('throw')) throw new Error('out of its mind');
});
