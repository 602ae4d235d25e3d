// The checks at the start, against real servers: each finds what it is there for, and nothing where all is well.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { JetStreamBus, type JetStreamBusOptions } from '../../src/bus/jetstream/jetStreamBus.ts';
import type { Check, Finding } from '../../src/bus/jetstream/serverChecks.ts';
import { loadConfig } from '../../src/config/config.ts';
import { openBus } from '../../src/openBus.ts';
import { NatsCluster } from '../../src/support/natsCluster.ts';
import { NATS_SERVER_VERSION, NatsServer, type NatsServerOptions } from '../../src/support/natsServer.ts';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0).reverse()) await one();
});

async function startServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await NatsServer.start(options);
  cleanUp.push(() => server.stop());
  return server;
}

async function connect(server: NatsServer, options: Partial<JetStreamBusOptions> = {}): Promise<JetStreamBus> {
  const bus = await JetStreamBus.connect({ servers: [server.url], name: 'checks', replicas: 1, ...options });
  cleanUp.push(() => bus.abort());
  return bus;
}

async function findings(bus: JetStreamBus, monitoringUrls: readonly string[], clockSkewMaxMs = 250): Promise<readonly Finding[]> {
  return bus.checkServers({ monitoringUrls, clockSkewMaxMs, streams: 31 });
}

const of = (found: readonly Finding[], check: Check): readonly (readonly [string, string])[] =>
  found.filter((one) => one.check === check).map(({ severity, text }) => [severity, text]);

/** A monitoring port that says what it is told to. */
async function stub(page: object): Promise<string> {
  const server: Server = createServer((_, response) => response.end(JSON.stringify(page)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(async () => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('one server', () => {
  test('all is well: a line for every check', async () => {
    const server = await startServer({ syncAlways: true });
    const found = await findings(await connect(server), [server.monitoringUrl]);
    expect(found.map(({ check, severity }) => `${check} ${severity}`)).toEqual(
      ['version', 'limits', 'replicas', 'sync', 'clock'].map((check) => `${check} ok`),
    );
    expect(of(found, 'version')[0]![1]).toContain(NATS_SERVER_VERSION);
    expect(of(found, 'sync')[0]![1]).toMatch(/^fsync before every acknowledgement on /);
  });

  test('acknowledging before fsync, and not knowing, are warnings', async () => {
    const server = await startServer();
    const bus = await connect(server);
    expect(of(await findings(bus, [server.monitoringUrl]), 'sync')).toEqual([
      ['warning', expect.stringMatching(/acknowledges before fsync \(sync_interval 120 s\).*set sync_interval: always/)],
    ]);
    expect(of(await findings(bus, []), 'sync')).toEqual([['warning', expect.stringContaining('nats.monitoringUrls')]]);
    expect(of(await findings(bus, ['http://127.0.0.1:1']), 'sync')[0]).toEqual([
      'warning',
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer: /),
    ]);
    expect(of(await findings(bus, [await stub({ hello: 1 })]), 'sync')[0]![1]).toContain('not the monitoring port of a nats-server');
  });

  test('old servers: some will not do, some may lose what was acknowledged', async () => {
    const bus = await connect(await startServer());
    const page = { server_name: 'old', now: new Date().toISOString(), jetstream: { config: { sync_always: true } } };
    const versions = async (version: string) => of(await findings(bus, [await stub({ ...page, version })]), 'version');
    expect(await versions('2.10.27')).toEqual([['error', expect.stringMatching(/2\.11\.0 is the oldest that will do: old 2\.10\.27/)]]);
    expect(await versions('2.14.9-RC.1')).toEqual([['warning', expect.stringMatching(/^nats-server before 2\.15\.1 may lose/)]]);
    expect(await versions('2.15.1')).toEqual([['ok', expect.stringContaining('old 2.15.1')]]);
    expect(await versions('2.100.0')).toMatchObject([['ok', expect.anything()]]);
  });

  test("clocks: this machine's against the servers'", async () => {
    const bus = await connect(await startServer());
    const page = { server_name: 'n9', version: '2.15.2', jetstream: { config: { sync_always: true } } };
    const clock = async (now: string) => of(await findings(bus, [await stub({ ...page, now })]), 'clock');
    expect(await clock(new Date(Date.now() - 60_000).toISOString())).toEqual([
      ['warning', expect.stringMatching(/^this machine's clock is (59|60)\d{3} ms ahead of that of n9, .*250 ms are allowed/)],
    ]);
    expect(await clock(new Date(Date.now() + 60_000).toISOString())).toEqual([
      ['warning', expect.stringMatching(/^this machine's clock is (59|60)\d{3} ms behind that of n9/)],
    ]);
    // What the stream's leader says alone: the same machine.
    expect(of(await findings(bus, []), 'clock')).toMatchObject([['ok', expect.stringMatching(/^within \d+ ms of the servers'/)]]);
  });

  test('limits of the account and of the server', async () => {
    const account = (limits: string): Promise<NatsServer> =>
      startServer({ extra: `accounts { A { jetstream { ${limits} }, users [ { user: a, password: b } ] } }` });
    const small = await account('max_mem: 1GB, max_store: 1GB, max_streams: 10');
    expect(of(await findings(await connect(small, { user: 'a', pass: 'b' }), []), 'limits')).toEqual([
      ['error', 'the account may have 10 streams, 34 are needed: raise its limit'],
    ]);
    const server = await startServer({ extra: 'max_payload: 1MB' });
    expect(of(await findings(await connect(server), []), 'limits')).toEqual([
      ['warning', 'max_payload is 1 MB: a large step may not fit; set it to 8 MB on every server'],
    ]);
    const page = { server_name: 'n9', version: '2.15.2', now: new Date().toISOString() };
    const full = { ...page, jetstream: { config: { max_storage: 1000 }, stats: { storage: 900 } } };
    expect(of(await findings(await connect(await startServer()), [await stub(full)]), 'limits')).toEqual([
      ['warning', 'n9: 900 bytes of 1000 bytes of its storage is used: raise max_file_store or free disk'],
    ]);
  });

  test('no JetStream and no server at all are said in so many words', async () => {
    const without = await startServer({ extra: 'jetstream: false' });
    await expect(connect(without)).rejects.toThrow(/JetStream is not enabled/i);
    await without.signal('SIGKILL');
    await expect(connect(without)).rejects.toThrow(`no connection to NATS at ${without.url}: `);
  });

  test('the start goes on over a warning, unless configured otherwise', async () => {
    const server = await startServer();
    const open = async (fatalChecks: string): Promise<{ readonly lines: string[]; readonly warnings: string[] }> => {
      const env = {
        SEDAX_MODE: 'distributed',
        SEDAX_NATS_SERVERS: server.url,
        SEDAX_NATS_REPLICAS: '1',
        SEDAX_NATS_MONITORING_URLS: server.monitoringUrl,
        SEDAX_NATS_FATAL_CHECKS: fatalChecks,
      };
      const lines: string[] = [];
      const warnings: string[] = [];
      const config = loadConfig({ env });
      const onStarted = (stage: string, facts: string) => void lines.push(`${stage}: ${facts}`);
      const bus = await openBus({ config, name: 'checks', onStarted, onWarning: (text) => void warnings.push(text) });
      await bus.close();
      return { lines, warnings };
    };
    const { lines, warnings } = await open('version,limits,replicas');
    expect(warnings).toEqual([expect.stringMatching(/^nats sync: .*acknowledges before fsync/)]);
    expect(lines.map((line) => line.split(':')[0])).toEqual(['nats version', 'nats limits', 'nats replicas', 'nats clock']);
    await expect(open('version,sync')).rejects.toThrow(/^nats sync: .*fatal as nats\.fatalChecks names sync/);
    expect(() => loadConfig({ env: { SEDAX_NATS_FATAL_CHECKS: 'syncing' } })).toThrow(/must be as in "sync", not "syncing"/);
  });
});

test('a cluster: copies, and servers that are missing', { timeout: 90_000 }, async () => {
  const cluster = await NatsCluster.start({ syncAlways: true });
  cleanUp.push(() => cluster.stop());
  const bus = await connect(cluster.servers[0]!, { servers: cluster.urls, replicas: 3 });
  const monitoringUrls = cluster.monitoringUrls;
  const found = await findings(bus, monitoringUrls);
  expect(found.filter(({ severity }) => severity !== 'ok')).toEqual([]);
  expect(of(found, 'replicas')[0]![1]).toMatch(/^3 copies on a cluster of 3: n\d, n\d, n\d$/);
  expect(of(found, 'version')[0]![1].split(', ')).toHaveLength(3);
  expect(of(await findings(bus, monitoringUrls.slice(0, 2)), 'sync')).toEqual([
    ['warning', '2 of 3 servers are looked at: name all in nats.monitoringUrls'],
  ]);

  await cluster.servers[2]!.signal('SIGKILL');
  let missing: readonly Finding[] = [];
  for (let attempt = 0; attempt < 60 && of(missing, 'replicas')[0]?.[0] !== 'warning'; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    missing = await findings(bus, monitoringUrls).catch(() => []);
  }
  expect(of(missing, 'replicas')).toEqual([['warning', expect.stringMatching(/^2 of 3 copies are there: n2 /)]]);
  expect(of(missing, 'sync').map(([severity]) => severity)).toEqual(['warning', 'warning']);
});
