import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { hasOpenssl, selfSigned } from '../../tests/fixtures/selfSigned.ts';
import { type ConfigChange, type TestServer, testServer } from '../../tests/fixtures/testServer.ts';
import { OutcomeUnknownError, OverloadShedError } from '../ports/exchangePort.ts';
import { EdgeReject } from './errors.ts';
import type { EdgeApi } from './server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** An API with one route of each sort, and an echo on /echo. */
function probe(hold: Promise<void> = Promise.resolve()): EdgeApi {
  return ({ app, router }) => {
    app.get('/thing/:id', async (request) => request.params);
    app.post('/thing', async (request) => request.body);
    app.get('/slow', async () => {
      await hold;
      return { done: true };
    });
    app.get('/ip', async (request) => ({ ip: request.ip }));
    app.get('/throws/:what', async (request) => {
      const { what } = request.params as { what: string };
      if (what === 'overload') throw new OverloadShedError('queue full');
      if (what === 'unknown-outcome') throw new OutcomeUnknownError('no answer');
      throw new Error('secret detail');
    });
    router.route(
      (path) => path === '/echo',
      (webSocket, _request, { address }) => {
        webSocket.on('message', (data) => webSocket.send(`${address} ${data.toString()}`));
      },
    );
    router.route(
      (path) => path === '/broken',
      () => {
        throw new Error('handler bug');
      },
    );
  };
}

async function start(change: ConfigChange = {}, api = probe()): Promise<string> {
  server = await testServer([api], change);
  return server.listen();
}

describe('answers {code, msg} to', () => {
  it.each([
    ['an unknown path', { method: 'GET', url: '/nowhere' }, EdgeReject.NOT_FOUND],
    ['a wrong method', { method: 'DELETE', url: '/thing/5?a=b' }, EdgeReject.METHOD_NOT_ALLOWED],
    ['a WebSocket path asked for plainly', { method: 'GET', url: '/echo?x=1' }, EdgeReject.UPGRADE_REQUIRED],
    [
      'another media type',
      { method: 'POST', url: '/thing', headers: { 'content-type': 'text/plain' }, payload: 'x' },
      EdgeReject.MEDIA_TYPE,
    ],
    [
      'a body that is too large',
      {
        method: 'POST',
        url: '/thing',
        headers: { 'content-type': 'application/json' },
        payload: `"${'x'.repeat(70_000)}"`,
      },
      EdgeReject.BODY_TOO_LARGE,
    ],
    [
      'malformed JSON',
      { method: 'POST', url: '/thing', headers: { 'content-type': 'application/json' }, payload: '{"a":' },
      EdgeReject.INVALID_JSON,
    ],
    [
      'a poisoned prototype',
      {
        method: 'POST',
        url: '/thing',
        headers: { 'content-type': 'application/json' },
        payload: '{"__proto__":{"x":1}}',
      },
      EdgeReject.INVALID_JSON,
    ],
    ['a malformed URL', { method: 'GET', url: '/thing/%E0%A4%A' }, EdgeReject.MALFORMED_REQUEST],
    ['a path segment that is too long', { method: 'GET', url: `/thing/${'y'.repeat(300)}` }, EdgeReject.MALFORMED_REQUEST],
    ['a URL that is too long', { method: 'GET', url: `/thing/1?x=${'y'.repeat(9000)}` }, EdgeReject.URL_TOO_LONG],
    ['overload', { method: 'GET', url: '/throws/overload' }, EdgeReject.SERVER_BUSY],
    ['an unknown outcome', { method: 'GET', url: '/throws/unknown-outcome' }, EdgeReject.TIMEOUT],
    ['a bug', { method: 'GET', url: '/throws/bug' }, EdgeReject.UNKNOWN],
  ] as const)('%s', async (_name, request, reason) => {
    server = await testServer([probe()]);
    const reply = await server.app.inject(request);
    expect(reply.statusCode).toBe(reason.httpStatus);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    const body = reply.json<{ code: number; msg: string }>();
    expect(Object.keys(body)).toEqual(['code', 'msg']);
    expect(body.code).toBe(reason.code);
    expect(body.msg).not.toMatch(/secret|\{/);
    if (reason === EdgeReject.SERVER_BUSY) expect(reply.headers['retry-after']).toBe('1');
    if (reason === EdgeReject.METHOD_NOT_ALLOWED) expect(reply.headers.allow).toBe('GET');
  });

  it('headers that are too large, and to bytes that are no HTTP', async () => {
    const url = new URL(await start());
    const say = async (text: string): Promise<string> => {
      const socket = connect(Number(url.port), url.hostname);
      socket.end(text);
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    };
    expect(await say(`GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 .*"code":-1101/s);
    expect(await say('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":-1100/s);
    // What the URL class reads as a host is a path like any other here.
    for (const path of ['//', '//x/y', '/\\', '/\\:x']) {
      expect(await say(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 .*"code":-1020/s);
    }
  });
});

describe('addresses', () => {
  it("believes a trusted proxy's X-Forwarded-For, up to the first address nobody vouches for", async () => {
    server = await testServer([probe()], { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    const ask = async (forwarded: string): Promise<string> =>
      (await (server as TestServer).app.inject({ url: '/ip', headers: { 'x-forwarded-for': forwarded } })).json().ip;
    expect(await ask('203.0.113.9')).toBe('203.0.113.9');
    expect(await ask('1.1.1.1, 203.0.113.9, 10.1.2.3')).toBe('203.0.113.9');
  });

  it('believes nobody by default', async () => {
    server = await testServer([probe()]);
    const reply = await server.app.inject({ url: '/ip', headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect(reply.json().ip).toBe('127.0.0.1');
  });
});

describe('WebSocket upgrades', () => {
  it('go to the handler of their path, with the address of the client', async () => {
    const url = await start({ trustedProxies: ['127.0.0.1'] });
    const client = new WebSocket(`${url.replace('http', 'ws')}/echo?x=1`, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    await once(client, 'open');
    client.send('hello');
    const [data] = await once(client, 'message');
    expect(String(data)).toBe('203.0.113.9 hello');
    client.terminate();
  });

  it.each([
    ['an unknown path', '/nowhere', {}, EdgeReject.NOT_FOUND],
    ['a long URL', `/echo?${'x'.repeat(9000)}`, {}, EdgeReject.URL_TOO_LONG],
    ['a full server', '/echo', { connectionsMax: 0 }, EdgeReject.SERVER_BUSY],
    ['too many of one address', '/echo', { connectionsPerAddressMax: 0 }, EdgeReject.TOO_MANY_REQUESTS],
  ] as const)('are refused for %s', async (_name, path, ws, reason) => {
    const url = await start({ ws });
    const client = new WebSocket(`${url.replace('http', 'ws')}${path}`);
    client.on('error', () => undefined);
    const [, response] = await once(client, 'unexpected-response');
    let body = '';
    for await (const chunk of response) body += chunk;
    expect(response.statusCode).toBe(reason.httpStatus);
    expect(JSON.parse(body).code).toBe(reason.code);
  });

  it('frees the address when its socket is gone', async () => {
    const url = (await start({ ws: { connectionsPerAddressMax: 1 } })).replace('http', 'ws');
    for (let i = 0; i < 3; i++) {
      const client = new WebSocket(`${url}/echo`);
      await once(client, 'open');
      client.close();
      await once(client, 'close');
    }
    expect(server?.router.counts()).toMatchObject({ accepted: 3, refused: 0 });
  });

  it('close with 1011 when the handler fails, and with 1009 when a message is too big', async () => {
    const url = (await start({ ws: { messageBytesMax: 100 } })).replace('http', 'ws');
    const broken = new WebSocket(`${url}/broken`);
    expect((await once(broken, 'close'))[0]).toBe(1011);
    const big = new WebSocket(`${url}/echo`);
    await once(big, 'open');
    big.send('x'.repeat(101));
    expect((await once(big, 'close'))[0]).toBe(1009);
  });
});

describe('close', () => {
  it('finishes requests in progress, says 1001 to WebSockets, and accepts nothing more', async () => {
    let release = (): void => undefined;
    const url = await start({}, probe(new Promise((resolve) => (release = resolve))));
    const client = new WebSocket(`${url.replace('http', 'ws')}/echo`);
    await once(client, 'open');
    const closedSocket = once(client, 'close') as Promise<[number, Buffer]>;
    const pending = fetch(`${url}/slow`);
    while ((await openRequests()) === 0) await new Promise(setImmediate);
    const closed = (server as TestServer).close();
    const [code, reason] = await closedSocket;
    expect(code).toBe(1001);
    expect(String(reason)).toMatch(/shutting down/);
    await expect(fetch(`${url}/thing/1`)).rejects.toThrow();
    release();
    expect(await (await pending).json()).toEqual({ done: true });
    await closed;
    server = undefined;
  });

  it('cuts off what does not finish in time', async () => {
    const url = await start({ limits: { closeTimeoutMs: 50 } }, probe(new Promise(() => undefined)));
    const pending = fetch(`${url}/slow`);
    const client = new WebSocket(`${url.replace('http', 'ws')}/echo`);
    await once(client, 'open');
    client.pause();
    while ((await openRequests()) === 0) await new Promise(setImmediate);
    const failed = expect(pending).rejects.toThrow();
    await (server as TestServer).close();
    await failed;
    client.terminate();
    server = undefined;
  });

  /** Connections the server holds for requests that are not answered yet: all but the WebSocket's. */
  async function openRequests(): Promise<number> {
    const { app, router } = server as TestServer;
    const connections = await new Promise<number>((resolve) => app.server.getConnections((_e, n) => resolve(n)));
    return connections - router.counts().open;
  }
});

it('refuses connections above its limit', async () => {
  const url = new URL(await start({ limits: { connectionsMax: 1 } }));
  const first = connect(Number(url.port), url.hostname);
  await once(first, 'connect');
  first.write('GET /thing/1 HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(first, 'data');
  const second = connect(Number(url.port), url.hostname) as Socket;
  second.on('error', () => undefined);
  await once(second, 'close');
  first.destroy();
});

// Skipped where the openssl command is not installed: it makes the certificate.
it.skipIf(!hasOpenssl)('serves TLS and wss when a certificate is configured', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedax-tls-'));
  const files = selfSigned(folder);
  const url = await start(files);
  expect(url).toMatch(/^https:/);
  const get = (request: typeof httpRequest): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${url}/thing/1`, { rejectUnauthorized: false } as object, (r) => resolve(r.resume().statusCode))
        .on('error', reject)
        .end();
    });
  expect(await get(httpsRequest)).toBe(200);
  const client = new WebSocket(`${url.replace('http', 'ws')}/echo`, { rejectUnauthorized: false });
  await once(client, 'open');
  client.send('hello');
  expect(String((await once(client, 'message'))[0])).toBe('127.0.0.1 hello');
  client.terminate();
  rmSync(folder, { recursive: true });
});
