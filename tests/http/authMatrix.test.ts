// Every route against every way to have no right to it. A route that forgot its check fails here.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/http/admin/adminApi.ts';
import { healthApi } from '../../src/http/native/healthApi.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { openApi } from '../../src/http/openApi.ts';
import { forget, makeApiKey, makeProfile, TEST_ACCOUNT_ID, TEST_API_KEY, TEST_NOW_US } from '../fixtures/fakeExchange.ts';
import { signedHeaders } from '../fixtures/nativeClient.ts';
import { type TestServer, testServer } from '../fixtures/testServer.ts';
import { documentOf, type Operation, operationsOf } from './operations.ts';

const server: TestServer = await testServer([openApi, healthApi, nativeApi, adminApi]);
const operations = operationsOf(documentOf(server));
const signed = operations.filter(({ needs }) => needs === 'signature');
const isMutating = ({ method }: Operation): boolean => method !== 'GET';

let timestampMs = TEST_NOW_US / 1000;
beforeAll(() => {
  // Room for a fresh timestamp per request.
  server.exchange.nowUs = TEST_NOW_US + 2_000_000;
});
beforeEach(() => {
  forget(server.exchange);
  timestampMs++;
  server.exchange.keys.set(TEST_API_KEY, makeApiKey());
  server.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile());
});
afterAll(() => server.close());

async function ask({ method, url }: Operation, headers: Record<string, string> = {}): Promise<string> {
  const reply = await server.app.inject({ method, url, headers });
  return `${reply.statusCode} ${reply.json().code ?? ''}`;
}
const good = ({ method, url }: Operation, over: object = {}): Record<string, string> => ({
  ...signedHeaders(method, url, '', { timestampMs }),
  ...over,
});
const DENIED = /^(401|403) |^400 -(1021|1022|2010)$/;
/** What reached the exchange and would have changed something. */
const commands = (): string[] => server.exchange.calls.map(({ method }) => method).filter((method) => !/^(history|accounts)/.test(method));

it('covers the APIs', () => {
  expect(signed.length).toBeGreaterThan(25);
  expect(operations.filter(({ needs }) => needs === 'admin token').length).toBeGreaterThan(14);
  for (const { name, needs } of operations) {
    const open = name.includes('/api/spot/market/') || name.endsWith('/api/spot/health');
    expect([name, needs === 'nothing']).toEqual([name, open]);
  }
});

describe.each(signed.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
  it.each<[string, (o: Operation) => Record<string, string>, string]>([
    ['nothing', () => ({}), '401 -2014'],
    ['an unknown key', (o) => good(o, { 'x-sedax-apikey': 'B'.repeat(64) }), '401 -2015'],
    ['no signature', (o) => good(o, { 'x-sedax-signature': '' }), '400 -1102'],
    ['a wrong signature', (o) => good(o, { 'x-sedax-signature': '0'.repeat(64) }), '400 -1022'],
    ['the signature of another path', (o) => signedHeaders(o.method, `${o.url}x`, '', { timestampMs }), '400 -1022'],
    ['the signature of another method', (o) => signedHeaders('OPTIONS', o.url, '', { timestampMs }), '400 -1022'],
    ['an old timestamp', (o) => signedHeaders(o.method, o.url, '', { timestampMs: timestampMs - 60_000 }), '400 -1021'],
    ['a future timestamp', (o) => signedHeaders(o.method, o.url, '', { timestampMs: timestampMs + 60_000 }), '400 -1021'],
    ['the admin token', () => ({ authorization: 'Bearer admin-token-of-the-tests' }), '401 -2014'],
  ])('is denied with %s', async (_case, headers, expected) => {
    expect(await ask(operation, headers(operation))).toBe(expected);
    expect(server.exchange.calls).toEqual([]);
  });

  it.each([
    ['a revoked key', { revoked: true }],
    ['a key of another address', { ipAllowList: ['203.0.113.1'] }],
    ['a key of no account', { accountId: 4711 }],
  ])('is denied with %s', async (_case, over) => {
    server.exchange.keys.set(TEST_API_KEY, makeApiKey(over));
    expect(await ask(operation, good(operation))).toBe('401 -2015');
    expect(server.exchange.calls).toEqual([]);
  });

  it('needs a key that may trade and an account that is not frozen only where it changes something', async () => {
    server.exchange.keys.set(TEST_API_KEY, makeApiKey({ canTrade: false }));
    const readOnly = await ask(operation, good(operation));
    server.exchange.keys.set(TEST_API_KEY, makeApiKey());
    server.exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ frozen: true }));
    const frozen = await ask(operation, good(operation));
    if (isMutating(operation)) {
      expect([readOnly, frozen]).toEqual(['401 -2015', '400 -2010']);
      expect(server.exchange.calls).toEqual([]);
    } else {
      expect(readOnly).not.toMatch(DENIED);
      expect(frozen).not.toMatch(DENIED);
    }
  });

  it('is refused before its signature is looked at while the door is shut, where it changes something', async () => {
    const headers = good(operation);
    Object.assign(server.exchange, { sheds: () => true });
    const wrong = await ask(operation, good(operation, { 'x-sedax-signature': '0'.repeat(64) }));
    const right = await ask(operation, headers);
    Object.assign(server.exchange, { sheds: () => false });
    if (!isMutating(operation)) {
      expect(wrong).toBe('400 -1022');
      expect(right).not.toMatch(DENIED);
      return;
    }
    expect([wrong, right]).toEqual(['503 -1008', '503 -1008']);
    expect(server.exchange.calls).toEqual([]);
    // It was not taken, so it is no replay.
    expect(await ask(operation, headers)).not.toMatch(DENIED);
  });

  it('lets the signer in, once where it changes something', async () => {
    const headers = good(operation);
    expect(await ask(operation, headers)).not.toMatch(DENIED);
    const calls = commands().length;
    if (isMutating(operation)) {
      expect(await ask(operation, headers)).toBe('400 -1022');
      expect(commands()).toHaveLength(calls);
    } else expect(await ask(operation, headers)).not.toMatch(DENIED);
  });
});

describe.each(operations.filter(({ needs }) => needs === 'admin token').map((o) => [o.name, o] as const))('%s', (_name, operation) => {
  it('wants the admin token and nothing else', async () => {
    for (const headers of [{}, { authorization: 'Bearer nope' }, good(operation)]) expect(await ask(operation, headers)).toBe('401 -4101');
    expect(server.exchange.calls).toEqual([]);
    expect(await ask(operation, { authorization: 'Bearer admin-token-of-the-tests' })).not.toMatch(/^40[13]/);
  });
});
