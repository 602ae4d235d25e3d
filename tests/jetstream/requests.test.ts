// Requests of the bus over a real server: who answers, who does not, and what a reader gets of its own process's appends.
import { errors } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openConnection } from '../../src/bus/jetstream/connection.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { Requests } from '../../src/bus/jetstream/requests.ts';
import { NatsServer } from '../../src/support/natsServer.ts';

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
}, 600_000);
afterAll(async () => {
  await server?.stop();
});

const payload = Buffer.from('?');

test('each request gets its own answer; nobody there, no answer and a closed connection are told apart', async () => {
  const connection = await openConnection({ servers: [server.url], name: 'requests' });
  const answering = await openConnection({ servers: [server.url], name: 'answers' });
  answering.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
  answering.subscribe('silent', { callback: () => undefined });
  await answering.flush();
  const requests = new Requests(connection);
  const texts = Array.from({ length: 100 }, (_, i) => `request ${i}`);
  const answers = await Promise.all(texts.map((text) => requests.send('echo', Buffer.from(text), { timeoutMs: 5000 })));
  expect(answers.map((answer) => answer.string())).toEqual(texts);

  await expect(requests.send('nobody', payload, { timeoutMs: 5000 })).rejects.toSatisfy(
    (error) => error instanceof errors.RequestError && error.isNoResponders(),
  );
  await expect(requests.send('silent', payload, { timeoutMs: 60 })).rejects.toBeInstanceOf(errors.TimeoutError);

  const denied = requests.send('silent', payload, { timeoutMs: 5000 });
  requests.denied('silent', new Error('not allowed'));
  await expect(denied).rejects.toThrow('not allowed');

  const open = requests.send('silent', payload, { timeoutMs: 60_000 });
  const closed = expect(open).rejects.toBeInstanceOf(errors.ClosedConnectionError);
  await connection.close();
  await closed;
  await answering.close();
});

test('a reader beside the writer gets what was appended as it was; another process decodes', async () => {
  const connect = (name: string): Promise<JetStreamBus> => JetStreamBus.connect({ servers: [server.url], name, replicas: 1 });
  const [here, there] = await Promise.all([connect('here'), connect('there')]);
  for (const bus of [here, there]) await bus.ensureStream('own', ['own.>']);
  const append = (bus: JetStreamBus, sequence: number, decoded: unknown): Promise<number> =>
    bus.append({ stream: 'own', subject: 'own.a', headers: {}, payload, decoded, expectedLastSequence: sequence - 1 });
  const readers = [here.read('own', { fromSequence: 1 }), here.read('own', { fromSequence: 1 }), there.read('own', { fromSequence: 1 })];
  const decoded = [['one'], ['two'], ['three']];
  await append(here, 1, decoded[0]);
  await append(there, 2, decoded[1]);
  await append(here, 3, decoded[2]);
  const read = await Promise.all(
    readers.map(async (reader) => {
      const all: unknown[] = [];
      while (all.length < 3) all.push(...(await reader.next()).map((message) => message.decoded));
      return all;
    }),
  );
  expect(read).toEqual([
    [decoded[0], undefined, decoded[2]],
    [decoded[0], undefined, decoded[2]],
    [undefined, decoded[1], undefined],
  ]);
  await Promise.all([here.close(), there.close()]);
});
