// What `nats consumer report` shows of a reader with a name: what it is done with, what waits in its process, what waits on the
// server. Acknowledgements only tell: nothing is delivered again for want of one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { texts } from '../conformance/bus.ts';

const STREAM = 'markets-0';
const SUBJECT = 'spot.order.match.0.BTCUSDT';
let server: NatsServer;
let bus: JetStreamBus;
beforeAll(async () => {
  server = await NatsServer.start();
  bus = await JetStreamBus.connect({ servers: [server.url], name: 'consumers', replicas: 1 });
  await bus.ensureStream(STREAM, ['spot.order.match.0.>', 'spot.trade.match.0.>']);
}, 600_000);
afterAll(async () => {
  await bus?.close();
  await server?.stop();
});

interface Consumer {
  readonly name: string;
  readonly ack_floor: { readonly stream_seq: number };
  readonly num_ack_pending: number;
  readonly num_pending: number;
  readonly num_redelivered: number;
}

async function consumer(prefix: string): Promise<Consumer | undefined> {
  const list = await bus.connection.request(`$JS.API.CONSUMER.LIST.${STREAM}`, '', { timeout: 5000 });
  return list.json<{ consumers: Consumer[] | null }>().consumers?.find(({ name }) => name.startsWith(prefix));
}

async function shows(prefix: string, floor: number, inProcess: number, onServer: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const found = await consumer(prefix);
        return found && [found.ack_floor.stream_seq, found.num_ack_pending, found.num_pending, found.num_redelivered];
      },
      { timeout: 8000, interval: 100 },
    )
    .toEqual([floor, inProcess, onServer, 0]);
}

async function fill(count: number, from: number): Promise<void> {
  const payload = Buffer.alloc(10);
  const append = (last: number) => bus.append({ stream: STREAM, subject: SUBJECT, headers: {}, payload, expectedLastSequence: last });
  await Promise.all(Array.from({ length: count }, (_, i) => append(from + i)));
}

test('a named reader shows how far it is', async () => {
  await fill(3000, 0);
  const reader = bus.read(STREAM, { fromSequence: 1, name: 'settlement-3', maxBatch: 200 });
  while (reader.position < 200) await reader.next();
  const floor = reader.position - (reader.position % 64);
  const onward = reader.next();
  // While more wait, one message in 64 is acknowledged, with those before it.
  await expect.poll(async () => (await consumer('settlement-3-'))?.ack_floor.stream_seq, { timeout: 8000 }).toBe(floor);
  const waiting = await consumer('settlement-3-');
  expect(waiting!.num_ack_pending + waiting!.num_pending).toBe(3000 - floor);
  expect(waiting!.num_ack_pending).toBeGreaterThan(1000);

  await onward;
  while (reader.position < 3000) await reader.next();
  const idle = reader.next();
  await shows('settlement-3-', 3000, 0, 0);
  await fill(5, 3000);
  expect(await idle).not.toHaveLength(0);
  while (reader.position < 3005) await reader.next();
  const last = reader.next();
  await shows('settlement-3-', 3005, 0, 0);
  reader.close();
  await last;
  await expect.poll(() => consumer('settlement-3-')).toBeUndefined();
});

test('one with filters too; one without a name acknowledges nothing', async () => {
  const { lastSequence } = await bus.streamInfo(STREAM);
  const subject = 'spot.trade.match.0.ETHUSDT';
  await bus.append({ stream: STREAM, subject, headers: {}, payload: Buffer.from('trade'), expectedLastSequence: lastSequence });
  const filtered = bus.read(STREAM, { fromSequence: 1, name: 'kline-0', filters: ['spot.trade.>'] });
  const unnamed = bus.read(STREAM, { fromSequence: lastSequence + 1 });
  expect(texts(await filtered.next())).toEqual(['trade']);
  expect(texts(await unnamed.next())).toEqual(['trade']);
  const waiting = [filtered.next(), unnamed.next()];
  await shows('kline-0-', lastSequence + 1, 0, 0);
  expect((await consumer('reader-'))?.num_ack_pending).toBe(0);
  filtered.close();
  unnamed.close();
  await Promise.all(waiting);
});
