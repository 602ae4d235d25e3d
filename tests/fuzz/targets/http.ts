// Requests to the three HTTP APIs, through the whole server: routing, body, schema, authentication, parameters. An input is
// 'VERB /path?query' and, behind a line end, the body; signatures are made over whatever the input has become.

import { adminApi } from '../../../src/http/admin/adminApi.ts';
import { signHmac } from '../../../src/http/auth/signature.ts';
import { BinanceEdge } from '../../../src/http/binance/edge.ts';
import { DEFAULT_RATE_LIMITS } from '../../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { binanceRestApi } from '../../../src/http/binance/rest/restApi.ts';
import { nativeApi } from '../../../src/http/native/nativeApi.ts';
import { openApi } from '../../../src/http/openApi.ts';
import { SAMPLES } from '../../binance/samples.ts';
import { forget, TEST_API_KEY, TEST_NOW_US, TEST_SECRET } from '../../fixtures/fakeExchange.ts';
import { signedHeaders } from '../../fixtures/nativeClient.ts';
import { TEST_ADMIN_TOKEN, type TestServer, testServer } from '../../fixtures/testServer.ts';
import { documentOf, type Operation, operationsOf } from '../../http/operations.ts';
import { checkRefusal } from '../documentedErrors.ts';
import { UndocumentedError } from '../fuzzRun.ts';
import { ACCEPTED, type FuzzParser, type FuzzTarget } from '../fuzzTarget.ts';

interface HttpInput {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);

/** Undefined where Node's own HTTP parser would not let it in: no such verb, or characters a request line can't have. */
function inputOf(input: Buffer): HttpInput | undefined {
  const text = input.toString();
  const lineEnd = text.indexOf('\n');
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const space = line.indexOf(' ');
  const method = line.slice(0, Math.max(0, space));
  const url = line.slice(space + 1);
  // Nor does inject take '//' and '/\\', which the URL class reads as the start of a host; server.test.ts sends them over a socket.
  if (!METHODS.has(method) || !/^\/[!-~]*$/.test(url) || /^\/[/\\]/.test(url)) return undefined;
  return { method, url, body: lineEnd < 0 ? '' : text.slice(lineEnd + 1) };
}

type HeadersOf = (request: HttpInput, count: number) => Record<string, string>;

function overHttp(server: TestServer, headersOf: HeadersOf, urlOf: (request: HttpInput, count: number) => string): FuzzParser {
  let count = 0;
  return {
    run: async (input) => {
      const request = inputOf(input);
      if (request === undefined) return 'no request line';
      count++;
      forget(server.exchange);
      const { method, body } = request;
      const url = urlOf(request, count);
      const reply = await server.app.inject({
        method: method as 'GET',
        url,
        headers: headersOf({ method, url, body }, count),
        ...(body === '' ? {} : { payload: body }),
      });
      if (reply.statusCode < 300) return ACCEPTED;
      if (!String(reply.headers['content-type']).startsWith('application/json'))
        throw new UndocumentedError(`${reply.statusCode} as ${String(reply.headers['content-type'])}`);
      return checkRefusal(reply.statusCode, reply.body === '' ? undefined : reply.json(), server.exchange.calls);
    },
    close: () => server.close(),
  };
}

/** A body with a likely value for each key of the schema. */
function exampleOf(name: string, schema: Operation['bodySchema']): unknown {
  if (schema === undefined) return undefined;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, exampleOf(key, value as Operation['bodySchema'])]),
    );
  }
  if (schema.type === 'array') return [exampleOf(name, schema.items)];
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer') return 1;
  if (name === 'symbol') return 'BTCUSDT';
  if (/price/i.test(name)) return '50000';
  return /quantity|amount/i.test(name) ? '0.5' : 'a';
}

async function seedsOf(apis: Parameters<typeof testServer>[0], prefix: RegExp): Promise<{ seeds: Buffer[]; words: string[] }> {
  const server = await testServer(apis);
  const operations = operationsOf(documentOf(server)).filter(({ url }) => prefix.test(url));
  await server.close();
  const words = new Set<string>(['BTCUSDT', 'ETHUSDT', 'BUY', 'SELL', 'LIMIT', 'MARKET', '__proto__', 'limit', 'symbol']);
  const seeds = operations.flatMap(({ method, url, bodySchema, queryNames }) => {
    for (const name of [...queryNames, ...Object.keys(bodySchema?.properties ?? {})]) words.add(name);
    const query = queryNames.map(
      (name) => `${name}=${encodeURIComponent(String(exampleOf(name, { type: /Id$|limit|Time$/.test(name) ? 'integer' : 'string' })))}`,
    );
    const body = method === 'GET' ? '' : JSON.stringify(exampleOf('', bodySchema) ?? {});
    const texts = [`${method} ${url}${body === '' ? '' : `\n${body}`}`];
    if (query.length > 0) texts.push(`${method} ${url}?${query.join('&')}${body === '' ? '' : `\n${body}`}`);
    return texts;
  });
  const order = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', price: '50000', quantity: '0.5' };
  if (prefix.test('/api/spot/v2/'))
    seeds.push(`POST /api/spot/v2/\n${JSON.stringify(order)}`, `POST /api/spot/v2/1/replace\n${JSON.stringify(order)}`);
  return { seeds: seeds.map((text) => Buffer.from(text)), words: [...words] };
}

const json = (body: string): Record<string, string> => (body === '' ? {} : { 'content-type': 'application/json' });
const asIs = ({ url }: HttpInput): string => url;

const native = await seedsOf([openApi, nativeApi], /^\/api\//);

export const nativeTarget: FuzzTarget = {
  name: 'http-native',
  form: 'request',
  ...native,
  open: async () =>
    overHttp(
      await testServer([nativeApi]),
      ({ method, url, body }, count) =>
        count % 50 === 0
          ? json(body)
          : { ...json(body), ...signedHeaders(method, url, body, { timestampMs: TEST_NOW_US / 1000 - 4000 + (count % 8000) }) },
      // Every request is one of its own: what changes something is taken once.
      asIs,
    ),
};

const admin = await seedsOf([openApi, adminApi], /^\/admin\//);

export const adminTarget: FuzzTarget = {
  name: 'http-admin',
  form: 'request',
  ...admin,
  open: async () =>
    overHttp(await testServer([adminApi]), ({ body }) => ({ ...json(body), authorization: `Bearer ${TEST_ADMIN_TOKEN}` }), asIs),
};

const encode = (params: Readonly<Record<string, unknown>>): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');

export const binanceTarget: FuzzTarget = {
  name: 'http-binance',
  form: 'request',
  seeds: Object.entries(SAMPLES).map(([route, params]) =>
    Buffer.from(Object.keys(params).length === 0 ? route : `${route}?${encode(params)}`),
  ),
  words: [
    ...new Set(Object.values(SAMPLES).flatMap((params) => Object.keys(params))),
    'BTCUSDT',
    'recvWindow',
    'newOrderRespType',
    'FULL',
    'LIMIT',
    'limit',
    'GTC',
  ],
  open: async () => {
    const unexpected: unknown[] = [];
    const server = await testServer([
      async (api) => {
        const settings = { rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } };
        await binanceRestApi(new BinanceEdge({ exchange: api.exchange, settings, onUnexpected: (error) => unexpected.push(error) }))(api);
      },
    ]);
    const parser = overHttp(
      server,
      () => ({ 'x-mbx-apikey': TEST_API_KEY }),
      // Signed over the parameters as they are; a fiftieth is not.
      ({ url }, count) => {
        const at = url.indexOf('?');
        const query = at < 0 ? '' : url.slice(at + 1);
        const payload = `${query}${query === '' ? '' : '&'}timestamp=${TEST_NOW_US / 1000}`;
        const signing = SIGNED.test(url) && count % 50 !== 0;
        return signing ? `${at < 0 ? url : url.slice(0, at)}?${payload}&signature=${signHmac(TEST_SECRET, payload)}` : url;
      },
    );
    return {
      ...parser,
      run: async (input) => {
        const outcome = await parser.run(input);
        if (unexpected.length > 0) throw unexpected.pop();
        return outcome;
      },
    };
  },
};

const SIGNED = /\/(order|openOrders|orderList|allOrders|allOrderList|openOrderList|account|myTrades|my[A-Z]|rateLimit|sor)/;
