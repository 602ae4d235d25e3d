// A process that feeds a history until it is killed: always the same messages, so that the next one goes on where the
// store says. Says on stdout what was committed. Arguments: directory, seed.
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { LmdbHistoryStore } from '../../src/history/lmdb/lmdbHistoryStore.ts';
import { HistoryFeed } from '../conformance/historyFeed.ts';
import { randomOf, WRITER_OPTIONS } from './writerFeed.ts';

const [dir = '', seed = '0'] = process.argv.slice(2);
const store = new LmdbHistoryStore({ dir, ...WRITER_OPTIONS });
const feed = new HistoryFeed();
const random = randomOf(Number(seed));

for (let fed = 0; ; ) {
  feed.doRandom(random);
  for (; fed < feed.messages.length; fed++) {
    const message = feed.messages[fed];
    if (message !== undefined) store.apply(message.stream, message.sequence, encodeStep(message.entries));
  }
  // Counted by messages, not drawn: what is fed must not depend on when it was committed.
  if (fed % 10 > 2 || store.unflushedBytes === 0) continue;
  await store.flush();
  const positions = Object.fromEntries(feed.messages.map(({ stream }) => [stream, store.position(stream)]));
  process.stdout.write(`${JSON.stringify(positions)}\n`);
}
