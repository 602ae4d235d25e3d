// What the NATS CLI sees: `nats micro ls|info|stats` asks on $SRV. The answers have the shapes of ADR-32.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsServer } from '../../src/support/natsServer.ts';

let server: NatsServer;
let buses: JetStreamBus[];
beforeAll(async () => {
  server = await NatsServer.start();
  const connect = () => JetStreamBus.connect({ servers: [server.url], name: 'services', replicas: 1 });
  buses = await Promise.all([connect(), connect()]);
}, 600_000);
afterAll(async () => {
  for (const bus of buses ?? []) await bus.close();
  await server?.stop();
});

const ask = async (subject: string, count: number): Promise<Record<string, unknown>[]> => {
  const answers: Record<string, unknown>[] = [];
  for await (const message of await buses[0]!.connection.requestMany(subject, '', {
    strategy: 'count',
    maxMessages: count,
    maxWait: 2000,
  })) {
    answers.push(message.json());
  }
  return answers;
};

test('instances are listed, described and counted, all of them, by name and by id', async () => {
  const info = { name: 'match', version: '0.1.0', description: 'order books', metadata: { process: 'p1' } };
  const services = await Promise.all(buses.map((bus) => bus.service(info)));
  for (const service of services) {
    service.endpoint('book', 'sedax.inspect.book.*', 'match', async (payload, subject) => {
      if (subject.endsWith('.NOPE')) throw new Error('no such symbol: NOPE');
      return payload;
    });
  }
  await buses[1]!.connection.flush();
  for (let i = 0; i < 20; i++) await buses[0]!.request('sedax.inspect.book.BTCUSDT', Buffer.from('x'), 2000);
  for (let i = 0; i < 5; i++) await expect(buses[0]!.request('sedax.inspect.book.NOPE', Buffer.from('x'), 2000)).rejects.toThrow('NOPE');

  const identity = { name: 'match', version: '0.1.0', metadata: { process: 'p1' } };
  const ids = services.map(({ id }) => id).sort();
  for (const subject of ['$SRV.PING', '$SRV.PING.match']) {
    const pings = await ask(subject, 2);
    expect(pings.map(({ id }) => id).sort()).toEqual(ids);
    for (const ping of pings) expect(ping).toEqual({ ...identity, id: ping.id, type: 'io.nats.micro.v1.ping_response' });
  }
  expect(await ask(`$SRV.INFO.match.${ids[0]}`, 1)).toEqual([
    {
      ...identity,
      id: ids[0],
      type: 'io.nats.micro.v1.info_response',
      description: 'order books',
      endpoints: [{ name: 'book', subject: 'sedax.inspect.book.*', queue_group: 'match' }],
    },
  ]);
  const stats = await ask('$SRV.STATS.match', 2);
  interface Counted {
    readonly num_requests: number;
    readonly num_errors: number;
    readonly last_error: string;
    readonly processing_time: number;
    readonly average_processing_time: number;
  }
  const endpoints = stats.map((one) => {
    expect(one).toMatchObject({ ...identity, type: 'io.nats.micro.v1.stats_response' });
    expect(Date.parse(one.started as string)).toBeGreaterThan(0);
    return (one.endpoints as Counted[])[0]!;
  });
  const sum = (field: 'num_requests' | 'num_errors'): number => endpoints.reduce((total, one) => total + one[field], 0);
  expect([sum('num_requests'), sum('num_errors')]).toEqual([25, 5]);
  for (const one of endpoints.filter(({ num_requests }) => num_requests > 0)) {
    expect(Number.isInteger(one.processing_time)).toBe(true);
    expect(one.processing_time).toBeGreaterThan(0);
    expect(Math.abs(one.average_processing_time - one.processing_time / one.num_requests)).toBeLessThanOrEqual(1);
  }
  expect(endpoints.map((one) => one.last_error)).toContain('no such symbol: NOPE');

  await services[0]!.stop();
  expect(await ask('$SRV.PING.match', 1)).toMatchObject([{ id: services[1]!.id }]);
  await expect(ask(`$SRV.PING.match.${services[0]!.id}`, 1)).rejects.toThrow();
  await services[1]!.stop();
});

test('a failure travels as a service error, which every client shows', async () => {
  const service = await buses[1]!.service({ name: 'account', version: '0.1.0', description: '', metadata: {} });
  service.endpoint('fail', 'sedax.fail', 'q', async () => {
    throw new Error('no such account: grün 100%');
  });
  await buses[1]!.connection.flush();
  const reply = await buses[0]!.connection.request('sedax.fail', '', { timeout: 2000 });
  expect(reply.headers?.get('Nats-Service-Error-Code')).toBe('500');
  expect(decodeURIComponent(reply.headers?.get('Nats-Service-Error') ?? '')).toBe('no such account: grün 100%');
  await service.stop();
});
