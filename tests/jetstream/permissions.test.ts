// The configuration that ships (config/nats/), on real servers: what each role may do, and what it may not.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/bus/jetstream/connection.ts';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { streams, subjects, subjectsOf } from '../../src/bus/subjects.ts';
import { NatsCluster } from '../../src/support/natsCluster.ts';
import { ensureNatsKeys, NATS_ROLES, type NatsKeys, type NatsUser } from '../../src/support/natsKeys.ts';
import { readAll } from '../conformance/bus.ts';

let dir: string;
let keys: NatsKeys;
let cluster: NatsCluster;
const connections: { readonly close: () => Promise<unknown> }[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-permissions-'));
  keys = await ensureNatsKeys(join(dir, 'keys'));
  cluster = await NatsCluster.start({ dir: join(dir, 'nats'), keys });
}, 600_000);
afterAll(async () => {
  for (const one of connections) await one.close();
  await cluster?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const settings = (user: NatsUser) => ({
  servers: cluster.urls,
  name: user,
  user,
  pass: keys.passwords[user],
  tls: { caFile: keys.caFile },
});

const buses = new Map<NatsUser, JetStreamBus>();
async function busOf(user: NatsUser): Promise<JetStreamBus> {
  let bus = buses.get(user);
  if (bus === undefined) {
    bus = await JetStreamBus.connect({ ...settings(user), replicas: 3, ackTimeoutMs: 500, resolveTimeoutMs: 1000 });
    for (const stream of ['admin', 'accounts-0', 'markets-0', 'klines-0']) await bus.ensureStream(stream, subjectsOf(stream));
    buses.set(user, bus);
    const { connection } = bus;
    connections.push({ close: () => connection.close() });
  }
  return bus;
}

/** Interest in a subject reaches the other servers a little later. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 50 || !/nobody answers|no responders/i.test((error as Error).message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Who writes which subject. */
const WRITERS: Readonly<Record<string, { readonly stream: string; readonly subject: string }>> = {
  settlement: { stream: streams.accounts(0), subject: subjects.orderAcquiring(0, 'BTCUSDT') },
  match: { stream: streams.markets(0), subject: subjects.tradeMatch(0, 'BTCUSDT') },
  kline: { stream: streams.klines(0), subject: subjects.kline(0, 'BTCUSDT') },
  admin: { stream: streams.admin, subject: subjects.admin('symbols') },
};

describe('every role', () => {
  test.each(NATS_ROLES)('%s reads the logs, takes leases, lives among the others and is listed', { timeout: 60_000 }, async (role) => {
    const writer = await busOf('match');
    const { lastSequence } = await writer.streamInfo('markets-0');
    const subject = subjects.orderMatch(0, 'ETHUSDT');
    const payload = Buffer.from(role);
    await writer.append({ stream: 'markets-0', subject, headers: {}, payload, expectedLastSequence: lastSequence });

    const bus = await busOf(role);
    const reader = bus.read('markets-0', { fromSequence: lastSequence + 1, name: role });
    expect(Buffer.from((await readAll(reader, 1))[0]!.payload).toString()).toBe(role);
    reader.close();
    const lease = await bus.acquireLease(`test-${role}`, 3000);
    expect(lease?.epoch).toBe(1);
    await lease!.release();
    const membership = await bus.join('test', { id: role, info: {} }, 3000);
    expect(membership.members().map(({ id }) => id)).toContain(role);
    await membership.leave();
    const service = await bus.service({ name: role, version: '0.1.0', description: '', metadata: {} });
    const operator = await openConnection(settings('operator'));
    connections.push(operator);
    const ping = await answered(() => operator.request(`$SRV.PING.${role}.${service.id}`, '', { timeout: 2000 }));
    expect(ping.json()).toMatchObject({ name: role });
    await service.stop();
    expect(
      (await bus.checkServers({ monitoringUrls: [], clockSkewMaxMs: 1000, streams: 31 })).map(({ severity }) => severity),
    ).not.toContain('error');
  });
});

test('a process with many partitions answers for each of them', { timeout: 60_000 }, async () => {
  const bus = await busOf('settlement');
  const info = { name: 'many', version: '0.1.0', description: '', metadata: {} };
  const services = await Promise.all(Array.from({ length: 30 }, () => bus.service(info)));
  await bus.connection.flush();
  const operator = await openConnection(settings('operator'));
  connections.push(operator);
  await answered(() => operator.request(`$SRV.PING.many.${services.at(-1)!.id}`, '', { timeout: 2000 }));
  const ids = new Set<string>();
  const answers = await operator.requestMany('$SRV.PING.many', '', { strategy: 'count', maxMessages: 30, maxWait: 5000 });
  for await (const answer of answers) ids.add(answer.json<{ id: string }>().id);
  expect(ids).toEqual(new Set(services.map(({ id }) => id)));
  for (const service of services) await service.stop();
});

describe('who writes what', () => {
  const cases = ['acquiring', 'push', 'settlement', 'match', 'kline', 'history', 'admin', 'operator'] as const;
  test.each(cases)('%s', { timeout: 60_000 }, async (user) => {
    const connection = await openConnection(settings(user));
    connections.push(connection);
    for (const [role, { stream, subject }] of Object.entries(WRITERS)) {
      const before = (await (await busOf('all')).streamInfo(stream)).lastSequence;
      const publishing = connection.request(subject, 'x', { timeout: 2000 });
      if (role === user) expect((await publishing).json()).toMatchObject({ stream, seq: before + 1 });
      else await expect(publishing).rejects.toThrow(/permission/i);
      expect((await (await busOf('all')).streamInfo(stream)).lastSequence).toBe(before + (role === user ? 1 : 0));
    }
  });

  test('a snapshot comes back, and history can not put one', { timeout: 60_000 }, async () => {
    for (const role of ['settlement', 'match', 'kline', 'admin', 'push', 'acquiring', 'all'] as const) {
      const bus = await busOf(role);
      for (const text of ['one', 'two']) await bus.putSnapshot({ name: `of-${role}`, meta: { text }, data: Buffer.from(text) });
      expect(Buffer.from((await (await busOf('history')).getSnapshot(`of-${role}`))!.data).toString()).toBe('two');
    }
    // The names of the admins' tokens come back from it.
    await (await busOf('admin')).putSnapshot({ name: streams.admin, meta: { text: 'true' }, data: Buffer.from('true') });
    for (const role of ['settlement', 'match', 'kline', 'push', 'acquiring'] as const) {
      const forged = (await busOf(role)).putSnapshot({ name: streams.admin, meta: { text: 'false' }, data: Buffer.from('false') });
      await expect(forged).rejects.toThrow(/permission/i);
    }
    expect(Buffer.from((await (await busOf('all')).getSnapshot(streams.admin))!.data).toString()).toBe('true');
    const refused = (await busOf('history')).putSnapshot({ name: 'of-match', meta: {}, data: Buffer.from('x') });
    await expect(refused).rejects.toThrow(/permission/i);
  });

  test('only admin trims, and nobody changes or removes a stream', { timeout: 60_000 }, async () => {
    await expect((await busOf('match')).trim('markets-0', 1)).rejects.toThrow(/permission/i);
    await (await busOf('admin')).trim('markets-0', 1);
    expect((await (await busOf('all')).streamInfo('markets-0')).firstSequence).toBe(2);
    for (const role of NATS_ROLES) {
      const { connection } = await busOf(role);
      for (const call of [
        'STREAM.DELETE.markets-0',
        'STREAM.UPDATE.markets-0',
        'STREAM.MSG.DELETE.markets-0',
        'STREAM.PEER.REMOVE.markets-0',
      ]) {
        await expect(connection.request(`$JS.API.${call}`, '{}', { timeout: 2000 })).rejects.toThrow(/permission/i);
      }
    }
  });
});

describe('who hears and asks what', () => {
  test('edges ask history about the past, nobody else does', { timeout: 60_000 }, async () => {
    const history = await busOf('history');
    for (const subject of [subjects.historyQuery, subjects.historyParts('h1')]) {
      history.respond(subject, 'history', async () => Buffer.from('rows'));
      await history.connection.flush();
      const push = await busOf('push');
      expect(Buffer.from(await answered(() => push.request(subject, Buffer.from('x'), 2000))).toString()).toBe('rows');
      await expect((await busOf('settlement')).request(subject, Buffer.from('x'), 2000)).rejects.toThrow(/permission/i);
    }
  });

  test('edges ask the owners, owners alone hear it, and answers reach those who asked', { timeout: 60_000 }, async () => {
    const subject = subjects.ask('accounts-0', 'command', 7);
    const responder = (await busOf('settlement')).respond(subject, 'accounts-0', async (payload) => payload);
    await (await busOf('settlement')).connection.flush();
    for (const role of ['acquiring', 'push', 'all'] as const) {
      const bus = await busOf(role);
      const answer = await answered(() => bus.request(subject, Buffer.from(role), 2000));
      expect(Buffer.from(answer).toString()).toBe(role);
    }
    for (const role of ['match', 'kline', 'history'] as const) {
      await expect((await busOf(role)).request(subject, Buffer.from('x'), 2000)).rejects.toThrow(/permission/i);
    }
    responder.close();
  });

  test('operators inspect, and ask nothing that changes anything', { timeout: 60_000 }, async () => {
    const operator = await openConnection(settings('operator'));
    connections.push(operator);
    for (const [role, stream] of [
      ['settlement', 'accounts-0'],
      ['match', 'markets-0'],
      ['kline', 'klines-0'],
      ['admin', 'admin'],
    ] as const) {
      const subject = subjects.inspect(stream, 'partition');
      (await busOf(role)).respond(subject, stream, async () => Buffer.from(role));
      await (await busOf(role)).connection.flush();
      expect((await answered(() => operator.request(subject, '', { timeout: 2000 }))).string()).toBe(role);
      await expect((await busOf('push')).request(subject, Buffer.from(''), 2000)).rejects.toThrow(/permission/i);
      await expect(operator.request(subjects.ask(stream, 'resume', 1), '', { timeout: 2000 })).rejects.toThrow(/permission/i);
    }
  });

  test.each([
    ['match', 'spot.ask.accounts.*.command.*'],
    ['match', 'spot.ask.>'],
    ['match', 'spot.>'],
    ['kline', 'spot.ask.markets.>'],
    ['push', 'spot.ask.>'],
    ['history', '_INBOX.>'],
    ['match', '_INBOX_settlement.>'],
    ['acquiring', '>'],
    ['settlement', '$KV.>'],
  ] as const)('%s may not listen to %s', async (user, subject) => {
    const connection = await openConnection(settings(user));
    connections.push(connection);
    const refused = new Promise<Error | undefined>((resolve) => {
      connection.subscribe(subject, { callback: (error) => resolve(error ?? undefined) });
      void connection.flush().then(() => setTimeout(() => resolve(undefined), 500));
    });
    expect((await refused)?.message).toMatch(/permission/i);
  });

  test('a frozen account and a halted symbol are asked of admin, nothing else is', { timeout: 60_000 }, async () => {
    (await busOf('admin')).respond(subjects.ask('admin', 'close', 1), 'admin', async () => Buffer.from('done'));
    (await busOf('admin')).respond(subjects.ask('admin', 'change', 1), 'admin', async () => Buffer.from('done'));
    (await busOf('admin')).respond(subjects.ask('admin', 'resume', 1), 'admin', async () => Buffer.from('done'));
    await (await busOf('admin')).connection.flush();
    for (const [role, what] of [
      ['match', 'close'],
      ['settlement', 'close'],
      ['admin', 'change'],
    ] as const) {
      const bus = await busOf(role);
      const asked = subjects.ask('admin', what, 1);
      expect(Buffer.from(await answered(() => bus.request(asked, Buffer.from('x'), 2000))).toString()).toBe('done');
      // Whoever could ask for any change could make himself an admin.
      const change = bus.request(subjects.ask('admin', 'change', 1), Buffer.from('x'), 2000);
      if (what === 'close') await expect(change).rejects.toThrow(/permission/i);
      const resuming = bus.request(subjects.ask('admin', 'resume', 1), Buffer.from('x'), 2000);
      await expect(resuming).rejects.toThrow(/permission/i);
    }
  });
});

test('nobody gets in without a password of its own, nor without TLS', async () => {
  const { pass, ...without } = settings('match');
  await expect(openConnection({ ...without, pass: 'guess' })).rejects.toThrow(/no connection to NATS at .*authori[sz]ation/i);
  expect(pass).not.toBe(keys.passwords.settlement);
  const { tls, ...untrusting } = settings('match');
  expect(tls.caFile).toBe(keys.caFile);
  await expect(openConnection(untrusting)).rejects.toThrow(/certificate/);
});

test('the configuration that ships syncs before it acknowledges', async () => {
  for (const url of cluster.monitoringUrls) {
    const page = (await (await fetch(`${url}/varz`)).json()) as { jetstream: { config: { sync_always: boolean } }; tls_required: boolean };
    expect(page).toMatchObject({ jetstream: { config: { sync_always: true } }, tls_required: true });
  }
});

test('nats-server finds nothing wrong with it', async () => {
  // As the cluster runs it: every variable is set. A misspelt key is an error.
  const { stderr } = await promisify(execFile)(cluster.servers[0]!.program, ['-t', '-c', cluster.servers[0]!.config], {
    env: { ...process.env, ...cluster.servers[0]!.env },
  });
  expect(stderr).toContain('configuration file');
  expect(stderr).toContain('is valid');
});
