// The bus on JetStream while the server stops, hangs and dies: every append settles, what was acknowledged is in the stream
// once, readers go on without a gap.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppendTimeoutError, type BusMessage, RequestTimeoutError } from '../../src/bus/bus.ts';
import { JetStreamBus, type JetStreamBusOptions } from '../../src/bus/jetstream/jetStreamBus.ts';
import { StreamMismatchError } from '../../src/bus/jetstream/streams.ts';
import { NatsCluster } from '../../src/support/natsCluster.ts';
import { NatsServer } from '../../src/support/natsServer.ts';
import { readAll, texts, until } from '../conformance/bus.ts';

const STREAM = 'markets-0';
const SUBJECT = 'spot.order.match.0.BTCUSDT';
const SUBJECTS = ['spot.order.match.0.>'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Load {
  /** Sequences in the order in which they were acknowledged. */
  readonly acknowledged: number[];
  readonly failure: Promise<Error | undefined>;
  stop(): void;
}

/** Appends `inFlight` at a time until it is stopped or refused. */
function load(bus: JetStreamBus, inFlight: number, from = 0): Load {
  const acknowledged: number[] = [];
  let last = from;
  let running = true;
  const one = async (): Promise<void> => {
    while (running) {
      const sequence = ++last;
      const payload = Buffer.from(`m${sequence}`);
      const request = { stream: STREAM, subject: SUBJECT, headers: {}, payload, expectedLastSequence: sequence - 1 };
      acknowledged.push(await bus.append(request));
    }
  };
  const failure = Promise.allSettled(Array.from({ length: inFlight }, one)).then((results) => {
    const failed = results.find((result) => result.status === 'rejected');
    return failed?.reason as Error | undefined;
  });
  return {
    acknowledged,
    failure,
    stop: () => {
      running = false;
    },
  };
}

/** Every message once, in order, each with its own text. */
function expectWhole(messages: readonly BusMessage[], count: number): void {
  expect(messages.map((message) => message.sequence)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(texts(messages)).toEqual(Array.from({ length: count }, (_, i) => `m${i + 1}`));
}

describe('one server', () => {
  let server: NatsServer;
  let bus: JetStreamBus;
  const connect = (options: Partial<JetStreamBusOptions> = {}): Promise<JetStreamBus> =>
    JetStreamBus.connect({ servers: [server.url], name: 'faults', replicas: 1, ackTimeoutMs: 300, ...options });
  beforeEach(async () => {
    server = await NatsServer.start({ syncAlways: true });
    bus = await connect();
    await bus.ensureStream(STREAM, SUBJECTS);
  }, 600_000);
  afterEach(async () => {
    await bus.abort();
    await server.stop();
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('%s and a new start under load: nothing is lost or doubled', async (signal) => {
    const reader = bus.read(STREAM, { fromSequence: 1 });
    const reading = readAll(reader, 300);
    const writing = load(bus, 20);
    await until(() => writing.acknowledged.length > 100);
    await server.signal(signal);
    await pause(300);
    await server.restart();
    const before = writing.acknowledged.length;
    await until(() => writing.acknowledged.length > before + 200);
    writing.stop();
    expect(await writing.failure).toBeUndefined();
    const { lastSequence } = await bus.streamInfo(STREAM);
    expect(writing.acknowledged).toEqual(Array.from({ length: lastSequence }, (_, i) => i + 1));
    const messages = await reading;
    expectWhole([...messages, ...(await readAll(reader, lastSequence - messages.length))], lastSequence);
  });

  test('a server that hangs and comes back: attempts that were given up do not land twice', async () => {
    const writing = load(bus, 5);
    await until(() => writing.acknowledged.length > 20);
    for (let i = 0; i < 3; i++) {
      await server.signal('SIGSTOP');
      await pause(900);
      await server.signal('SIGCONT');
      await pause(400);
    }
    const before = writing.acknowledged.length;
    await until(() => writing.acknowledged.length > before + 20);
    writing.stop();
    expect(await writing.failure).toBeUndefined();
    const { lastSequence } = await bus.streamInfo(STREAM);
    expect(writing.acknowledged).toHaveLength(lastSequence);
    expectWhole(await readAll(bus.read(STREAM, { fromSequence: 1 }), lastSequence), lastSequence);
  });

  test('a server that stays away: the outcome is unknown, and the error says so', async () => {
    const short = await connect({ resolveTimeoutMs: 1000 });
    await short.ensureStream(STREAM, SUBJECTS);
    await server.signal('SIGKILL');
    const request = { stream: STREAM, subject: SUBJECT, headers: {}, payload: Buffer.from('x') };
    const results = await Promise.allSettled([0, 1, 2].map((last) => short.append({ ...request, expectedLastSequence: last })));
    for (const result of results) {
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(AppendTimeoutError);
    }
    await expect(short.request('a.b', Buffer.from('x'), 200)).rejects.toBeInstanceOf(RequestTimeoutError);
    await short.abort();
  });

  test('a holder that can not renew its lease gives it up by its own clock', async () => {
    const lease = await bus.acquireLease('markets-0', 700);
    const acquired = performance.now();
    await server.signal('SIGSTOP');
    await lease!.lost;
    const heldFor = performance.now() - acquired;
    await server.signal('SIGCONT');
    expect(heldFor).toBeGreaterThan(400);
    expect(heldFor).toBeLessThan(1500);
    const other = await connect();
    await until(() => other.connection.info !== undefined);
    let next = await other.acquireLease('markets-0', 700);
    while (next === undefined) {
      await pause(50);
      next = await other.acquireLease('markets-0', 700);
    }
    expect(next.epoch).toBe(2);
    await other.abort();
  });

  test('members are not missed because the bucket stood still, and are when they died meanwhile', { timeout: 30_000 }, async () => {
    const ttlMs = 600;
    const [a, b, c] = await Promise.all([connect(), connect(), connect()]);
    await a.join('match', { id: 'a', info: {} }, ttlMs);
    await b.join('match', { id: 'b', info: {} }, ttlMs);
    const watcher = await c.watchMembers('match');
    const seen: string[] = [];
    watcher.onChange((members) => void seen.push(members.map(({ id }) => id).join()));
    await server.signal('SIGSTOP');
    await pause(4 * ttlMs);
    await server.signal('SIGCONT');
    await pause(3 * ttlMs);
    await server.signal('SIGKILL');
    await pause(2 * ttlMs);
    await server.restart();
    await pause(3 * ttlMs);
    expect(seen).toEqual([]);
    await server.signal('SIGSTOP');
    await b.abort();
    await pause(ttlMs);
    await server.signal('SIGCONT');
    await until(() => seen.length > 0);
    expect(seen).toEqual(['a']);
    for (const one of [a, c]) await one.abort();
  });

  test('a stream that is not as configured is an error that says what to do', async () => {
    await expect(bus.ensureStream(STREAM, [...SUBJECTS, 'spot.more.>'])).rejects.toBeInstanceOf(StreamMismatchError);
    await expect(bus.ensureStream(STREAM, ['spot.order.match.1.>'])).rejects.toThrow(/subjects is .*partitions are fixed/);
    const three = await JetStreamBus.connect({ servers: [server.url], name: 'x', replicas: 1, storage: 'memory' });
    await expect(three.ensureStream(STREAM, SUBJECTS)).rejects.toThrow(/storage is "file", configured is "memory"/);
    await three.close();
    const info = await bus.connection.request(`$JS.API.STREAM.INFO.${STREAM}`);
    const { config } = info.json<{ config: object }>();
    await bus.connection.request(`$JS.API.STREAM.UPDATE.${STREAM}`, JSON.stringify({ ...config, max_msgs: 10 }));
    await expect(bus.ensureStream(STREAM, SUBJECTS)).rejects.toThrow(/max_msgs is 10/);
  });

  test('more replicas than servers is refused with the reason', async () => {
    await expect(JetStreamBus.connect({ servers: [server.url], name: 'x', replicas: 3 })).rejects.toThrow(
      /number of replicas is 1, configured is 3: either `nats stream edit/,
    );
    const fresh = await NatsServer.start();
    const connecting = JetStreamBus.connect({ servers: [fresh.url], name: 'x', replicas: 3 });
    await expect(connecting).rejects.toThrow(/replicas > 1 not supported in non-clustered mode/);
    await fresh.stop();
  });

  test('a message beyond what the server takes is refused, and the connection lives on', async () => {
    const request = { stream: STREAM, subject: SUBJECT, headers: {}, expectedLastSequence: 0 };
    await expect(bus.append({ ...request, payload: Buffer.alloc(9 * 2 ** 20) })).rejects.toThrow(/raise its max_payload/);
    expect(await bus.append({ ...request, payload: Buffer.from('m1') })).toBe(1);
  });

  test('a message that is missing inside a stream is found by its reader', async () => {
    const writing = load(bus, 5);
    await until(() => writing.acknowledged.length > 20);
    writing.stop();
    await writing.failure;
    // Streams deny deletion; an administrator may lift that.
    const info = await bus.connection.request(`$JS.API.STREAM.INFO.${STREAM}`);
    const { config } = info.json<{ config: Record<string, unknown> }>();
    const other = 'markets-9';
    const request = { ...config, name: other, subjects: ['spot.order.match.9.>'], deny_delete: false };
    await bus.connection.request(`$JS.API.STREAM.CREATE.${other}`, JSON.stringify(request));
    for (let i = 0; i < 5; i++) await bus.connection.request('spot.order.match.9.X', `m${i + 1}`);
    await bus.connection.request(`$JS.API.STREAM.MSG.DELETE.${other}`, JSON.stringify({ seq: 3 }));
    await expect(readAll(bus.read(other, { fromSequence: 1 }), 4)).rejects.toThrow(`${other}: message 3 is missing`);
  });
});

describe('a cluster of three', () => {
  let cluster: NatsCluster | undefined;
  afterEach(() => cluster?.stop());

  test('the leader of the stream dies under load: nothing is lost or doubled', { timeout: 90_000 }, async () => {
    cluster = await NatsCluster.start();
    const bus = await JetStreamBus.connect({ servers: cluster.urls, name: 'faults', replicas: 3, ackTimeoutMs: 1000 });
    await bus.ensureStream(STREAM, SUBJECTS);
    const reader = bus.read(STREAM, { fromSequence: 1, name: 'history' });
    const lease = await bus.acquireLease(STREAM, 5000);
    const writing = load(bus, 50);
    await until(() => writing.acknowledged.length > 200);
    const info = await bus.connection.request(`$JS.API.STREAM.INFO.${STREAM}`);
    const { leader } = info.json<{ cluster: { leader: string } }>().cluster;
    await cluster.server(leader).signal('SIGKILL');
    const before = writing.acknowledged.length;
    const died = performance.now();
    await until(() => writing.acknowledged.length > before + 200, 30_000);
    process.stdout.write(`appends went on ${Math.round(performance.now() - died)} ms after the leader's death\n`);
    writing.stop();
    expect(await writing.failure).toBeUndefined();
    const { lastSequence } = await bus.streamInfo(STREAM);
    expect(writing.acknowledged).toHaveLength(lastSequence);
    expectWhole(await readAll(reader, lastSequence), lastSequence);
    await until(() => bus.lag()[0]?.lag === 0);
    await lease!.release();
    await bus.abort();
  });
});
