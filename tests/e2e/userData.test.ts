// User data of a running sedax on one WebSocket API connection: transfers, the end of a key, the end of the server.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SocketClient } from '../fixtures/socketClient.ts';
import { adminRequest } from './nativeClient.ts';
import { adminToken, type DemoKey, demoKeys, SedaxProcess } from './sedaxProcess.ts';

let dir: string;
let sedax: SedaxProcess;
let alice: DemoKey;
let api: SocketClient;

const admin = (verb: 'POST' | 'DELETE', path: string, body?: object) => adminRequest(sedax.url, adminToken(dir), verb, path, body);

function subscribe(id: number, { apiKey, secret }: Pick<DemoKey, 'apiKey' | 'secret'>) {
  const timestamp = Date.now();
  const signature = createHmac('sha256', secret).update(`apiKey=${apiKey}&timestamp=${timestamp}`).digest('hex');
  return api.ask({ id, method: 'userDataStream.subscribe.signature', params: { apiKey, timestamp, signature } });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-user-data-'));
  sedax = await SedaxProcess.start(dir, { SEDAX_JOURNAL_DURABILITY: 'none' });
  [alice] = demoKeys(dir) as [DemoKey];
  api = await SocketClient.open(`${sedax.url.replace('http', 'ws')}/ws-api/v3?timeUnit=MICROSECOND`);
  expect(await subscribe(1, alice)).toMatchObject({ id: 1, status: 200, result: { subscriptionId: 0 } });
});
afterAll(async () => {
  api.webSocket.terminate();
  await sedax.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a deposit and a withdrawal tell the change, then the balance', async () => {
  const path = `/accounts/${alice.accountId}`;
  for (const [kind, amount, delta, free] of [
    ['deposits', '2.5', '2.50000000', '102.50000000'],
    ['withdrawals', '0.5', '-0.50000000', '102.00000000'],
  ] as const) {
    expect((await admin('POST', `${path}/${kind}`, { requestId: kind, asset: 'BTC', amount })).status).toBeLessThan(300);
    const update = await api.next();
    expect(update).toMatchObject({ subscriptionId: 0, event: { e: 'balanceUpdate', a: 'BTC', d: delta } });
    expect(update.event.T).toBeGreaterThan(1e15);
    expect(await api.next()).toMatchObject({
      subscriptionId: 0,
      event: { e: 'outboundAccountPosition', B: [{ a: 'BTC', f: free, l: '0.00000000' }] },
    });
  }
});

test('a revoked key ends its subscription, and the server says when it goes', async () => {
  const path = `/accounts/${alice.accountId}/api-keys`;
  const { body: key } = await admin('POST', path, { kind: 'HMAC' });
  const other = await SocketClient.open(`${sedax.url.replace('http', 'ws')}/ws-api/v3`);
  const first = api;
  api = other;
  expect(await subscribe(1, { apiKey: key.apiKey as string, secret: key.secret as string })).toMatchObject({ status: 200 });
  expect((await admin('DELETE', `${path}/${key.apiKey as string}`)).status).toBeLessThan(300);
  await admin('POST', `/accounts/${alice.accountId}/deposits`, { requestId: 'last', asset: 'USDT', amount: '1' });
  expect(await other.next()).toMatchObject({ subscriptionId: 0, event: { e: 'eventStreamTerminated' } });
  expect(await first.next()).toMatchObject({ event: { e: 'balanceUpdate', a: 'USDT' } });
  expect(await first.next()).toMatchObject({ event: { e: 'outboundAccountPosition' } });

  const stream = await SocketClient.open(`${sedax.url.replace('http', 'ws')}/stream?streams=btcusdt@aggTrade`);
  const stopped = sedax.stop();
  expect(await stream.next()).toMatchObject({ stream: '!serverShutdown', data: { e: 'serverShutdown', E: expect.any(Number) } });
  for (const socket of [first, other]) expect(await socket.next()).toMatchObject({ event: { e: 'serverShutdown' } });
  for (const socket of [stream, first, other]) expect((await socket.closed).code).toBe(1001);
  expect(await stopped).toBe(0);
});
