// Every method of the WebSocket API against the same good and bad parameters as its REST route: the same answer, or the
// same code and text (parameters.test.ts says which). Only the counts of parameters differ, for apiKey is one here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BINANCE_METHODS } from '../../src/http/binance/methods/index.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/http/binance/rateLimits/rateLimitSettings.ts';
import { type BinanceRest, binanceRest, type Params } from '../fixtures/binanceRest.ts';
import { type SocketServer, socketServer, type TestClient } from '../fixtures/binanceSocketServer.ts';
import { signedParams } from '../fixtures/signedParams.ts';
import { SAMPLES, seed } from './samples.ts';

interface Answer {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly msg: string; readonly data?: unknown };
}

const settings = { rateLimits: { ...DEFAULT_RATE_LIMITS, enforced: false } };
let rest: BinanceRest;
let server: SocketServer;
let client: TestClient;
beforeAll(async () => {
  rest = await binanceRest(settings);
  server = await socketServer({ settings });
  client = await server.connect('/ws-api/v3');
  seed(rest.exchange);
  seed(server.exchange);
});
afterAll(async () => {
  expect([...rest.unexpected, ...server.unexpected]).toEqual([]);
  await rest.close();
  await server.stop();
});

const without = (params: Params, name: string): Params => Object.fromEntries(Object.entries(params).filter(([key]) => key !== name));

const cases = BINANCE_METHODS.flatMap((method) => {
  const route = method.restRoutes[0];
  if (method.name === '' || route === undefined) return [];
  return [{ name: method.name, method, route, sample: SAMPLES[`${route.verb} ${route.path}`] as Params }];
});

it('has a REST route for every method', () => {
  expect(cases).toHaveLength(BINANCE_METHODS.filter(({ name }) => name !== '').length);
});

describe.each(cases)('$name', ({ name, method, route, sample }) => {
  const isOpen = method.security === 'NONE';
  /** Ids are made up per order placed: they say nothing of the parameters. */
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/"(\w*[cC]lientOrderId)":"[a-zA-Z0-9]{22}"/g, '"$1":"random"'));

  async function agree(params: Params): Promise<number> {
    const { status, body } = await (isOpen ? rest.open : rest.signed)(route.verb, route.path, params);
    const answer = await client.ask<Answer>({ id: 1, method: name, params: isOpen ? params : signedParams({ ...params }) });
    expect(answer.status).toBe(status);
    if (status === 200) {
      if (name !== 'exchangeInfo') expect(plain(answer.result)).toEqual(plain(body));
    } else expect(plain(answer.error)).toEqual(plain(body));
    return status;
  }

  it('answers the sample as REST does', async () => {
    await agree(sample);
  });

  it('refuses what is missing, empty or malformed in the same words', async () => {
    for (const [param, { mandatory }] of Object.entries(method.params.spec)) {
      if (mandatory) expect([param, await agree(without(sample, param))]).toEqual([param, 400]);
      expect([param, await agree({ ...sample, [param]: '' })]).toEqual([param, 400]);
      expect([param, await agree({ ...sample, [param]: 'n§n' })]).toEqual([param, 400]);
    }
    if ('symbol' in method.params.spec) expect(await agree({ ...sample, symbol: 'NOSUCH' })).toBe(400);
  });
});
