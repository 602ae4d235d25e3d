// The push benchmark, tiny and in one process: both ways tell every subscriber the same, byte for byte.
import { afterEach, expect, it } from 'vitest';
import { BroadcastServer, publishAll } from '../../benchmarks/push/broadcast.ts';
import { Subscribers } from '../../benchmarks/push/subscribers.ts';
import { batch } from '../../benchmarks/push/workload.ts';

const TICKS_EVERY = 20;
const subscribers = new Subscribers();
let server: BroadcastServer | undefined;
afterEach(() => {
  subscribers.close();
  server?.close();
});

it.each(['hub', 'plain'] as const)('%s: every subscriber gets every byte', async (way) => {
  server = new BroadcastServer();
  const port = await server.listen();
  const broadcaster = server[way];
  await subscribers.open(port, broadcaster.path, 20);
  const batches = Array.from({ length: 200 }, (_, i) => batch(i + 1));
  await publishAll(broadcaster, batches, 10, TICKS_EVERY);
  expect(broadcaster.frames()).toBe(210);
  const expectation = broadcaster.takeExpectation();
  expect(await subscribers.finish(expectation)).toBe(0);
  // The check can fail.
  expect(await subscribers.finish({ ...expectation, crc: expectation.crc ^ 1 })).toBe(20);
});

it('both ways send the same bytes', async () => {
  server = new BroadcastServer();
  const batches = Array.from({ length: 40 }, (_, i) => batch(i + 1));
  // One turn per batch, and the hub flushes each: the order of the frames is the same.
  for (const way of ['hub', 'plain'] as const) {
    await publishAll(server[way], batches.slice(0, TICKS_EVERY), 1, TICKS_EVERY);
  }
  expect(server.hub.takeExpectation().bytes).toBe(server.plain.takeExpectation().bytes);
});
