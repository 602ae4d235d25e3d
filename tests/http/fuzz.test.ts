// Whatever a client sends, it gets a documented answer, and what is refused never reaches the exchange.
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineReject } from '../../src/domain/rejectReason.ts';
import { adminApi } from '../../src/http/admin/adminApi.ts';
import { EdgeReject } from '../../src/http/errors.ts';
import { healthApi } from '../../src/http/native/healthApi.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { openApi } from '../../src/http/openApi.ts';
import { forget, TEST_NOW_US } from '../fixtures/fakeExchange.ts';
import { signedHeaders } from '../fixtures/nativeClient.ts';
import { TEST_ADMIN_TOKEN, type TestServer, testServer } from '../fixtures/testServer.ts';
import { documentOf, type Operation, operationsOf } from './operations.ts';

const server: TestServer = await testServer([openApi, healthApi, nativeApi, adminApi]);
const operations = operationsOf(documentOf(server));
afterAll(() => server.close());
beforeEach(() => forget(server.exchange));

/** How often each outcome came: a fuzzer that always hits the same wall finds nothing. */
const outcomes = new Map<string, number>();
const KNOWN = new Set<number>([
  ...Object.values(EdgeReject).map(({ code }) => code),
  ...Object.values(EngineReject).map(({ apiCode }) => apiCode),
]);
const RUNS = 30;
let sent = 0;

/** Sends it signed, and holds the answer to what is promised. */
async function send({ method, needs }: Operation, url: string, payload: string | undefined, type = 'application/json'): Promise<void> {
  server.exchange.calls.length = 0;
  const timestampMs = TEST_NOW_US / 1000 + (sent++ % 4000);
  const headers = {
    ...(needs === 'admin token'
      ? { authorization: `Bearer ${TEST_ADMIN_TOKEN}` }
      : signedHeaders(method, url, payload ?? '', { timestampMs })),
    ...(payload === undefined ? {} : { 'content-type': type }),
  };
  const reply = await server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  const outcome = reply.statusCode === 200 ? '200' : String(reply.json().code);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (reply.statusCode === 200) return;
  expect(reply.statusCode, reply.body).toBeGreaterThanOrEqual(400);
  expect(reply.statusCode, reply.body).toBeLessThan(500);
  const { code, msg } = reply.json<{ code: number; msg: string }>();
  expect(KNOWN.has(code)).toBe(true);
  expect(msg).toMatch(/^\S/);
  // Refused at the edge: nothing but look-ups got through. (The fake itself knows no order, hence -20xx.)
  const commands = server.exchange.calls.filter(({ method: name }) => !/^(history|accounts)/.test(name));
  if (code > -2000 && code !== -1013) expect(commands).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
}

const nasty = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    '',
    '0',
    '-1',
    '1e9',
    '0x1',
    'NaN',
    'Infinity',
    'null',
    'BTCUSDT',
    'BUY',
    'constructor',
    '__proto__',
    '٣',
    '1\u0000',
  ),
  fc.constantFrom<unknown>(0, -0, -1, 1e21, 1e-9, 2 ** 53, 0.1, null, true, [], {}),
  fc.double().filter(Number.isFinite),
  fc.bigInt().map(String),
);

// biome-ignore lint/suspicious/noExplicitAny: schemas are JSON of every shape.
type Json = any;

/** Bodies of the schema's keys: likely values, wrong ones, missing ones. */
function bodyOf(schema: Json): fc.Arbitrary<unknown> {
  if (schema?.properties === undefined) return nasty;
  const keys: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, property] of Object.entries<Json>(schema.properties)) keys[name] = fc.oneof(likely(name, property), nasty);
  return fc.record({ ...keys, __extra__: nasty }, { requiredKeys: [] });
}

function likely(name: string, schema: Json): fc.Arbitrary<unknown> {
  if (name === 'symbol') return fc.constantFrom('BTCUSDT', 'ETHUSDT');
  if (schema.enum !== undefined) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.properties !== undefined) return bodyOf(schema);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return fc.nat();
  return fc.constantFrom('1', '0.5', '50000', 'abc');
}

describe.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
  if (operation.method !== 'GET') {
    it('takes any body', async () => {
      const payload = fc.oneof(
        { weight: 4, arbitrary: bodyOf(operation.bodySchema).map((value) => JSON.stringify(value)) },
        { weight: 1, arbitrary: fc.string() },
        { weight: 1, arbitrary: fc.json() },
        {
          weight: 1,
          arbitrary: fc.constantFrom('{"__proto__":{"x":1}}', '{"a":{"constructor":{"prototype":{"x":1}}}}', '{"symbol":1e400}'),
        },
      );
      await fc.assert(
        fc.asyncProperty(payload, (text) => send(operation, operation.url, text)),
        { numRuns: RUNS },
      );
    });

    it('takes any media type', async () => {
      for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'x']) {
        await send(operation, operation.url, 'a=b', type);
      }
    });
  }

  it('takes any query', async () => {
    const name = fc.constantFrom(...operation.queryNames, 'symbol', 'limit', '__proto__', 'constructor', 'x');
    const value = fc.oneof(
      fc.string(),
      nasty.map((any) => (typeof any === 'object' ? JSON.stringify(any) : String(any))),
      fc.constantFrom('BTCUSDT', '1', '1000', '%', '%E0', '%00'),
    );
    const pair = fc.tuple(name, value).map(([n, v]) => `${n}=${v.startsWith('%') ? v : encodeURIComponent(v)}`);
    const safe = pair.filter((text) => !/[\s"<>\\^`{|}]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(safe, { maxLength: 5 }), (pairs) => send(operation, `${operation.url}?${pairs.join('&')}`, undefined)),
      { numRuns: RUNS },
    );
  });
});

describe('paths', () => {
  it('take anything', async () => {
    const segment = fc.oneof(
      fc.string().map(encodeURIComponent),
      fc.constantFrom('..', '%2e%2e', '%00', '%', '%ZZ', '__proto__', '1', '1e3', '-0'),
    );
    const base = fc.constantFrom(...operations.map(({ url }) => url), '/api/spot/v2', '/admin/v1/accounts');
    const method = fc.constantFrom<Operation['method']>('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
    await fc.assert(
      fc.asyncProperty(method, base, fc.array(segment, { maxLength: 3 }), (verb, start, rest) => {
        const needs = start.startsWith('/admin') ? 'admin token' : 'signature';
        const url = [start, ...rest].join('/');
        return send({ name: '', method: verb, url, needs, bodySchema: undefined, queryNames: [] }, url, undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('headers', () => {
  it('take anything', async () => {
    const value = fc.string({ unit: fc.constantFrom(...'abcXYZ019 -_.=+/:;,"é') });
    const headers = fc.record(
      {
        'x-sedax-apikey': value,
        'x-sedax-timestamp': value,
        'x-sedax-signature': value,
        authorization: value,
        'content-type': value,
        accept: value,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom(...operations), async (given, { method, url }) => {
        server.exchange.calls.length = 0;
        const reply = await server.app.inject({ method, url, headers: given });
        expect(reply.statusCode).toBeLessThan(500);
        if (url.startsWith('/api/spot/v2') || url.startsWith('/admin')) expect(server.exchange.calls).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

it('reached far into the parsers', () => {
  expect(outcomes.get('200') ?? 0).toBeGreaterThan(20);
  expect(outcomes.size).toBeGreaterThan(12);
});
