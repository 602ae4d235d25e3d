// A consumer that can't go on ends the process, and holds up nobody who stops it.
import { expect, test } from 'vitest';
import { MemoryBus } from '../bus/memory/memoryBus.ts';
import { LogConsumer } from './logConsumer.ts';
import { ActorRoot } from './supervision.ts';

test('a failure for good rejects those who wait, and the consumer stops', async () => {
  const bus = await MemoryBus.open();
  const streams = ['a', 'b'].map((stream) => ({ stream, position: 0 }));
  for (const { stream } of streams) await bus.ensureStream(stream, [stream]);
  const fatal: string[] = [];
  const root = new ActorRoot({ info: () => {}, warn: () => {}, error: () => {} }, (stage, error) =>
    fatal.push(`${stage}: ${error.message}`),
  );
  const consumer = new LogConsumer(bus, root, root.group('test'), {
    name: 'reader',
    streams,
    maxBatch: 10,
    handle: () => Promise.reject(new Error('no')),
    recover: () => Promise.reject(new Error('no again')),
  });
  consumer.start();
  const waits = streams.map(({ stream }) => consumer.whenConsumed(stream, 1));
  for (const { stream } of streams) {
    await bus.append({ stream, subject: stream, headers: {}, payload: new Uint8Array(), expectedLastSequence: 0 });
  }
  for (const wait of waits) await expect(wait).rejects.toThrow('no again');
  await expect(consumer.whenConsumed('a', 1)).rejects.toThrow('no again');
  expect(fatal).toEqual(['reader: no again']);
  expect(root.hasFailed).toBe(true);
  await consumer.stop();
  root.stop();
  await bus.close();
});
