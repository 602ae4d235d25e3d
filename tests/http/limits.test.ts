// What one client may take: sizes, counts, times and rates, over real connections. Each limit at its edge: what is just allowed
// passes, one more does not, and whoever is within the limits is served meanwhile.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { settings } from '../../src/config/config.ts';
import { AddressRate } from '../../src/http/addressRate.ts';
import { adminApi } from '../../src/http/admin/adminApi.ts';
import { addressKey } from '../../src/http/clientAddress.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import type { EdgeApi } from '../../src/http/server.ts';
import { type ConfigChange, TEST_ADMIN_TOKEN, type TestServer, testServer } from '../fixtures/testServer.ts';

let server: TestServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
});

const probe: EdgeApi = ({ app }) => {
  app.get('/thing', async () => ({ done: true }));
  app.post('/thing', async (request) => ({ length: JSON.stringify(request.body).length }));
  app.get('/large', async () => 'x'.repeat(4_000_000));
};

async function start(change: ConfigChange = {}, apis: readonly EdgeApi[] = [probe]): Promise<URL> {
  server = await testServer(apis, change);
  return new URL(await server.listen());
}

async function open(url: URL): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything the server says until it closes, and how long that took. */
async function untilClosed(socket: Socket): Promise<{ readonly text: string; readonly tookMs: number }> {
  const begunMs = performance.now();
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  if (!socket.destroyed) await once(socket, 'close');
  return { text, tookMs: performance.now() - begunMs };
}

async function say(url: URL, text: string): Promise<string> {
  const socket = await open(url);
  socket.write(text);
  return (await untilClosed(socket)).text;
}

const headers = (count: number): string => Array.from({ length: count }, (_, i) => `x-${i}: y\r\n`).join('');
const get = (extra = ''): string => `GET /thing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${extra}\r\n`;

describe('sizes', () => {
  it('headers by number', async () => {
    const url = await start({ limits: { headersMax: 20 } });
    expect(await say(url, get(headers(18)))).toMatch(/^HTTP\/1\.1 200 /);
    for (const more of [19, 500]) expect(await say(url, get(headers(more)))).toMatch(/^HTTP\/1\.1 431 .*"code":-1101/s);
  });

  it('headers by bytes', async () => {
    const url = await start({ limits: { headerBytesMax: 2_000 } });
    expect(await say(url, get(`x: ${'y'.repeat(1_800)}\r\n`))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await say(url, get(`x: ${'y'.repeat(2_100)}\r\n`))).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('bodies, announced or in chunks', async () => {
    const url = await start({ limits: { bodyBytesMax: 1_024 } });
    const post = (length: number) => {
      const body = JSON.stringify('x'.repeat(length - 2));
      return fetch(new URL('/thing', url), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    };
    expect((await post(1_024)).status).toBe(200);
    expect((await post(1_025)).status).toBe(413);
    const chunk = `400\r\n${'x'.repeat(1_024)}\r\n`;
    const head = 'POST /thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await say(url, `${head}${chunk}${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 .*"code":-1101/s);
  });

  it('a request that can be read in two ways is refused', async () => {
    const url = await start();
    const both =
      'POST /thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await say(url, both)).toMatch(/^HTTP\/1\.1 400 /);
    const twice = 'POST /thing HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}';
    expect(await say(url, twice)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await say(url, `GET /thing HTTP/1.1\nhost: x\n\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('times', () => {
  const slow = { headersTimeoutMs: 300, requestTimeoutMs: 600, keepAliveTimeoutMs: 300, stalledTimeoutMs: 1_000 };

  /** Sends one byte now and then, as an attacker holds connections. */
  function drip(socket: Socket, byte: string): void {
    const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(byte)), 50);
  }

  it('headers that never end', async () => {
    const url = await start({ limits: slow });
    const attackers = await Promise.all(Array.from({ length: 20 }, () => open(url)));
    const ends = attackers.map((socket) => {
      socket.write('GET /thing HTTP/1.1\r\nhost: x\r\nx-a: ');
      drip(socket, 'b');
      return untilClosed(socket);
    });
    expect((await fetch(new URL('/thing', url))).status).toBe(200);
    for (const { text, tookMs } of await Promise.all(ends)) {
      expect(text).toMatch(/^HTTP\/1\.1 408 .*"code":-1102/s);
      expect(tookMs).toBeLessThan(3_000);
    }
  });

  it('a body that never ends', async () => {
    const url = await start({ limits: slow });
    const socket = await open(url);
    socket.write('POST /thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"');
    drip(socket, 'b');
    const { text, tookMs } = await untilClosed(socket);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(tookMs).toBeLessThan(4_000);
  });

  it('a connection on which nothing is ever asked', async () => {
    const url = await start({ limits: slow });
    expect((await untilClosed(await open(url))).tookMs).toBeLessThan(4_000);
  });

  it('an idle connection after a request', async () => {
    const url = await start({ limits: slow });
    const socket = await open(url);
    socket.write('GET /thing HTTP/1.1\r\nhost: x\r\n\r\n');
    const { text, tookMs } = await untilClosed(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(tookMs).toBeLessThan(4_000);
  });

  it('are none of a WebSocket: it is silent as long as its own settings let it', async () => {
    const sockets: EdgeApi = ({ router }) =>
      router.route(
        () => true,
        () => undefined,
      );
    const url = await start({ limits: slow }, [sockets]);
    const client = new WebSocket(`ws://${url.host}/any`);
    await once(client, 'open');
    let closed = false;
    client.once('close', () => (closed = true));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(closed).toBe(false);
    client.terminate();
  });

  it('answers nobody reads', async () => {
    const url = await start({ limits: slow });
    const socket = await open(url);
    socket.pause();
    socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(50));
    const connections = () => new Promise<number>((resolve) => server?.app.server.getConnections((_error, count) => resolve(count)));
    expect(await connections()).toBe(1);
    const begunMs = performance.now();
    while ((await connections()) > 0 && performance.now() - begunMs < 6_000) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await connections()).toBe(0);
  });
});

describe('connections of one address', () => {
  const isCut = async (socket: Socket): Promise<boolean> => {
    socket.write(get());
    const { text } = await untilClosed(socket);
    return text === '';
  };

  it('are so many, and room is made by those that leave', async () => {
    const url = await start({ limits: { connectionsPerAddressMax: 2 } });
    const [first] = [await open(url), await open(url)];
    expect(await isCut(await open(url))).toBe(true);
    expect(await isCut(await open(url))).toBe(true);
    (first as Socket).destroy();
    await once(first as Socket, 'close');
    let cut = true;
    for (let i = 0; i < 50 && cut; i++) cut = await isCut(await open(url));
    expect(cut).toBe(false);
  });

  it('are not counted for a trusted proxy', async () => {
    const url = await start({ limits: { connectionsPerAddressMax: 1 }, trustedProxies: ['127.0.0.1'] });
    await open(url);
    expect(await isCut(await open(url))).toBe(false);
  });
});

describe('requests of one address', () => {
  const rateLimit = { requestsPerSecond: 2, burst: 3 };
  const from = (address: string, url = '/api/spot/market/symbols') =>
    (server as TestServer).app.inject({ url, headers: { 'x-forwarded-for': address, authorization: `Bearer ${TEST_ADMIN_TOKEN}` } });

  it.each(['/api/spot/market/symbols', '/api/spot/user/account', '/admin/v1/symbols'])(
    'to %s: 429 with Retry-After, and nobody else is',
    async (path) => {
      server = await testServer([nativeApi, adminApi], { rateLimit, trustedProxies: ['127.0.0.1'] });
      for (let i = 0; i < 3; i++) expect((await from('203.0.113.9', path)).statusCode).not.toBe(429);
      const refused = await from('203.0.113.9', path);
      expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
      expect(refused.json()).toEqual({ code: -1003, msg: 'Too many requests; current limit is 2 per second.' });
      expect((await from('203.0.113.10', path)).statusCode).not.toBe(429);
      server.exchange.nowUs += 500_000;
      expect((await from('203.0.113.9', path)).statusCode).not.toBe(429);
      expect((await from('203.0.113.9', path)).statusCode).toBe(429);
      server.exchange.nowUs += 3_600_000_000;
      for (let i = 0; i < 3; i++) expect((await from('203.0.113.9', path)).statusCode).not.toBe(429);
      expect((await from('203.0.113.9', path)).statusCode).toBe(429);
    },
  );

  it('count a /64 of IPv6 as one', async () => {
    server = await testServer([nativeApi], { rateLimit, trustedProxies: ['127.0.0.1'] });
    for (let i = 0; i < 3; i++) expect((await from(`2001:db8::${i}`)).statusCode).toBe(200);
    expect((await from('2001:db8:0:0:ffff::1')).statusCode).toBe(429);
    expect((await from('2001:db8:0:1::1')).statusCode).toBe(200);
  });

  it('are not limited when the limit is 0', () => {
    const rate = new AddressRate({ requestsPerSecond: 0, burst: 1 });
    for (let i = 0; i < 100; i++) expect(rate.take('a', 0)).toBe(0);
    expect(rate.size).toBe(0);
  });

  it('are remembered in bounded memory, and a clock that stands or goes back earns nothing', () => {
    const rate = new AddressRate({ requestsPerSecond: 1, burst: 2 });
    expect([rate.take('a', 5e6), rate.take('a', 5e6), rate.take('a', 4e6), rate.take('a', 5e6)]).toEqual([0, 0, 1, 1]);
    // A flood costs as much per address at its end as at its start, within what a busy machine does to a measurement.
    const flood = (from: number): number => {
      const before = process.cpuUsage();
      for (let i = from; i < from + 20_000; i++) rate.take(`address ${i}`, 6e6 + i);
      return process.cpuUsage(before).user;
    };
    const first = flood(0);
    for (let from = 20_000; from < 180_000; from += 20_000) flood(from);
    expect(flood(180_000)).toBeLessThan(20 * first + 100_000);
    expect(rate.size).toBeLessThanOrEqual(50_000);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:db8::1', '2001:db8:0:0::'],
  ['2001:db8:1:2::1', '2001:db8:1:2::'],
  ['::1', '0:0:0:0::'],
  ['::', '0:0:0:0::'],
  ['fe80::1%eth0', 'fe80:0:0:0::'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

it('every limit is in docs/operations.md', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const keys = settings().map(({ key }) => key);
  for (const key of keys.filter((name) => /^http\.(limits|rateLimit|ws)\./.test(name))) expect(text).toContain(`\`${key}\``);
});
