// Every role against every admin route, with and without what else a token must be, and what stands in the record afterwards.
// The routes are those that are registered: one that is not in the table below fails, one without a right does not come up.
import type { RouteOptions } from 'fastify';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminOutcome, type AdminRight, AdminRole } from '../../src/domain/adminAccess.ts';
import { adminApi } from '../../src/http/admin/adminApi.ts';
import { makeToken } from '../../src/http/admin/adminTokens.ts';
import { guard } from '../../src/http/admin/guard.ts';
import { OverloadShedError } from '../../src/ports/exchangePort.ts';
import { forget, TEST_ACCOUNT_ID, TEST_NOW_US } from '../fixtures/fakeExchange.ts';
import type { Method } from '../fixtures/nativeClient.ts';
import { TEST_ADMIN_TOKEN, type TestServer, testServer } from '../fixtures/testServer.ts';

/** Who may do what: the page docs/security.md says the same. */
const EXPECTED: Readonly<Record<string, AdminRight>> = {
  'GET /accounts': 'read',
  'GET /accounts/:accountId': 'read',
  'GET /accounts/:accountId/api-keys': 'read',
  'GET /audit': 'read',
  'GET /reconciliation': 'read',
  'GET /secrets': 'read',
  'GET /symbols': 'read',
  'GET /tokens': 'read',
  'POST /poison/:name/retry': 'operate',
  'POST /poison/:name/skip': 'operate',
  'POST /symbols/:symbol/cancel-only': 'operate',
  'POST /symbols/:symbol/halt': 'operate',
  'POST /symbols/:symbol/resume': 'operate',
  'POST /accounts/:accountId/deposits': 'treasury',
  'POST /accounts/:accountId/withdrawals': 'treasury',
  'POST /accounts': 'govern',
  'PATCH /accounts/:accountId': 'govern',
  'POST /accounts/:accountId/api-keys': 'govern',
  'DELETE /accounts/:accountId/api-keys/:apiKey': 'govern',
  'POST /secrets/rotate': 'govern',
  'POST /symbols': 'govern',
  'POST /tokens': 'govern',
  'DELETE /tokens/:tokenId': 'govern',
};
const MAY: Readonly<Record<keyof typeof AdminRole, readonly AdminRight[]>> = {
  VIEWER: ['read'],
  OPERATOR: ['read', 'operate'],
  TREASURER: ['read', 'treasury'],
  ADMIN: ['read', 'operate', 'treasury', 'govern'],
};
const ROLES = Object.keys(AdminRole) as (keyof typeof AdminRole)[];

/** Bodies that are taken; routes without one are asked with none. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /accounts': { name: 'bob' },
  'PATCH /accounts/:accountId': { frozen: true },
  'POST /accounts/:accountId/api-keys': {},
  'POST /accounts/:accountId/deposits': { requestId: 'r1', asset: 'BTC', amount: '1' },
  'POST /accounts/:accountId/withdrawals': { requestId: 'r1', asset: 'BTC', amount: '1' },
  'POST /symbols': { symbol: 'LTCUSDT', baseAsset: 'LTC', quoteAsset: 'USDT', tickSize: '0.01', stepSize: '0.001' },
  'POST /tokens': { name: 'new', role: 'VIEWER' },
};

const routes: { readonly method: Method; readonly path: string; readonly right: AdminRight | undefined }[] = [];
const server: TestServer = await testServer([
  ({ app }) => {
    app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
      if (url.startsWith('/admin/'))
        routes.push({ method: method as Method, path: url.slice('/admin/v1'.length), right: config?.adminRight });
    });
  },
  adminApi,
]);
const { exchange } = server;
beforeEach(() => forget(exchange));
afterAll(() => server.close());

function tokenOf(role: keyof typeof AdminRole, over: object = {}): string {
  const { tokenId, token, hash } = makeToken();
  const row = {
    tokenId,
    name: `the ${role}`,
    role: AdminRole[role],
    hash,
    createdUs: 0,
    expireUs: 0,
    ipAllowList: [],
    revoked: false,
    updateUs: 0,
  };
  exchange.tokens.set(tokenId, { ...row, ...over });
  return token;
}

const known = { tokenId: 'abcdefabcdef' };
async function ask(method: Method, path: string, token: string): Promise<{ status: number; code: number; body: never }> {
  exchange.tokens.set(known.tokenId, {
    ...known,
    name: 'known',
    role: 1,
    hash: '',
    createdUs: 0,
    expireUs: 0,
    ipAllowList: [],
    revoked: false,
    updateUs: 0,
  });
  const url = path
    .replace(':accountId', String(TEST_ACCOUNT_ID))
    .replace(':symbol', 'BTCUSDT')
    .replace(':apiKey', 'A'.repeat(64))
    .replace(':tokenId', known.tokenId)
    .replace(':name', 'BTCUSDT');
  const body = BODIES[`${method} ${path}`];
  const json = body === undefined ? {} : { payload: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const reply = await server.app.inject({ method, url: `/admin/v1${url}`, headers, ...json });
  return { status: reply.statusCode, code: reply.json().code ?? 0, body: reply.json() as never };
}

it('knows every route there is, and the right it needs', () => {
  expect(Object.fromEntries(routes.map(({ method, path, right }) => [`${method} ${path}`, right]))).toEqual(EXPECTED);
});

it('does not come up with a route that says nothing of its right', async () => {
  const careless = testServer([
    async (edge) => {
      await edge.app.register(
        async (scope) => {
          guard(scope, edge);
          scope.get('/forgotten', async () => 'open');
        },
        { prefix: '/admin/v1' },
      );
    },
  ]);
  await expect(careless).rejects.toThrow('GET /admin/v1/forgotten does not say which right it needs');
});

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (name, { method, path }) => {
  const right = EXPECTED[name] as AdminRight;

  it.each(ROLES)('as %s', async (role) => {
    const { status, code } = await ask(method, path, tokenOf(role));
    if (MAY[role].includes(right)) {
      expect([200, name, status]).toEqual([status, name, 200]);
      const recorded = exchange.actions.map(({ actor, outcome, action, errorCode }) => [actor, outcome, action, errorCode]);
      expect(recorded).toEqual(right === 'read' ? [] : [[`the ${role}`, AdminOutcome.DONE, name, 0]]);
    } else {
      expect([status, code]).toEqual([403, -4109]);
      expect(exchange.calls).toEqual([]);
      expect(exchange.actions).toMatchObject([{ actor: `the ${role}`, outcome: AdminOutcome.REFUSED, action: name, errorCode: -4109 }]);
    }
  });

  it.each<[string, () => string]>([
    ['no token', () => ''],
    ['a token of nobody', () => makeToken().token],
    ['the id of a token and the secret of another', () => tokenOf('ADMIN').slice(0, 18) + makeToken().token.slice(18)],
    ['a token cut short', () => tokenOf('ADMIN').slice(0, -1)],
    ['a token with something behind it', () => `${tokenOf('ADMIN')}A`],
    ['a revoked token', () => tokenOf('ADMIN', { revoked: true })],
    ['a token that has expired', () => tokenOf('ADMIN', { expireUs: TEST_NOW_US })],
    ['a token of another address', () => tokenOf('ADMIN', { ipAllowList: ['203.0.113.1'] })],
    ['the hash of a token', () => [...exchange.tokens.values()].find(({ hash }) => hash !== '')?.hash ?? 'none'],
  ])('with %s', async (_case, token) => {
    expect(await ask(method, path, token())).toMatchObject({ status: 401, code: -4101 });
    expect(exchange.calls).toEqual([]);
    // Whoever is nobody cannot fill the log.
    expect(exchange.actions).toEqual([]);
  });
});

describe('tokens', () => {
  const post = (body: object, token = TEST_ADMIN_TOKEN) =>
    server.app.inject({ method: 'POST', url: '/admin/v1/tokens', headers: { authorization: `Bearer ${token}` }, payload: body });
  const list = (token: string) => server.app.inject({ url: '/admin/v1/tokens', headers: { authorization: `Bearer ${token}` } });

  it('are made by the first admin, shown once, used, and revoked', async () => {
    const reply = await post({ name: 'zoe', role: 'TREASURER', ipAllowList: ['127.0.0.0/8'], expireTime: TEST_NOW_US / 1000 + 1 });
    const { token, tokenId, ...made } = reply.json();
    expect(made).toMatchObject({ name: 'zoe', role: 'TREASURER', revoked: false, ipAllowList: ['127.0.0.0/8'] });
    expect(token).toMatch(/^sedax_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/);
    const listed = await list(token);
    expect(listed.json()).toMatchObject([{ tokenId, name: 'zoe' }]);
    for (const hidden of [token.slice(19), exchange.tokens.get(tokenId)?.hash as string]) expect(listed.body).not.toContain(hidden);
    expect((await post({ name: 'zoe', role: 'VIEWER' })).statusCode).toBe(400);
    const { statusCode } = await server.app.inject({
      method: 'DELETE',
      url: `/admin/v1/tokens/${tokenId}`,
      headers: { authorization: `Bearer ${TEST_ADMIN_TOKEN}` },
    });
    expect([statusCode, (await list(token)).statusCode]).toEqual([200, 401]);
    expect(exchange.actions.map(({ actor, action, result }) => [actor, action, result])).toEqual([
      ['bootstrap', 'POST /tokens', tokenId],
      ['bootstrap', 'POST /tokens', ''],
      ['bootstrap', 'DELETE /tokens/:tokenId', ''],
    ]);
  });

  it.each([
    [{ name: 'x' }, -1102],
    [{ name: 'x', role: 'ROOT' }, -1130],
    [{ name: 'x y', role: 'VIEWER' }, -1100],
    [{ name: 'x', role: 'VIEWER', ipAllowList: ['nowhere'] }, -1130],
    [{ name: 'x', role: 'VIEWER', expireTime: TEST_NOW_US / 1000 }, -1130],
    [{ name: 'x', role: 'VIEWER', hash: 'mine' }, -1103],
  ])('are not made of %j', async (body, code) => {
    const reply = await post(body);
    expect([reply.statusCode, reply.json().code]).toEqual([400, code]);
    expect(exchange.tokens.size).toBe(0);
    expect(exchange.actions).toMatchObject([{ outcome: AdminOutcome.REFUSED, errorCode: code }]);
  });

  it('work where the configuration names none', async () => {
    const other = await testServer([adminApi], { adminToken: '' });
    const { tokenId, token, hash } = makeToken();
    const headers = { authorization: `Bearer ${token}` };
    expect((await other.app.inject({ url: '/admin/v1/tokens', headers })).json()).toMatchObject({ code: -4100 });
    other.exchange.tokens.set(tokenId, {
      tokenId,
      name: 'x',
      role: 1,
      hash,
      createdUs: 0,
      expireUs: 0,
      ipAllowList: [],
      revoked: false,
      updateUs: 0,
    });
    expect((await other.app.inject({ url: '/admin/v1/tokens', headers })).statusCode).toBe(200);
    for (const nobody of ['', 'Bearer ', 'Bearer undefined']) {
      expect((await other.app.inject({ url: '/admin/v1/tokens', headers: { authorization: nobody } })).statusCode).toBe(401);
    }
    await other.close();
  });
});

describe('the record', () => {
  const deposit = (body: object = { requestId: 'r1', asset: 'BTC', amount: '1' }) =>
    server.app.inject({
      method: 'POST',
      url: `/admin/v1/accounts/${TEST_ACCOUNT_ID}/deposits`,
      headers: { authorization: `Bearer ${TEST_ADMIN_TOKEN}` },
      payload: body,
    });

  it('is there before anything is done, and says who, from where, what and with which outcome', async () => {
    let before: unknown;
    exchange.answers.deposit = async () => {
      before = structuredClone(exchange.actions);
      throw new OverloadShedError('full');
    };
    expect((await deposit()).statusCode).toBe(503);
    const action = {
      actionId: 1,
      actor: 'bootstrap',
      tokenId: '',
      role: AdminRole.ADMIN,
      address: '127.0.0.1',
      action: 'POST /accounts/:accountId/deposits',
      target: `/accounts/${TEST_ACCOUNT_ID}/deposits`,
      details: '{"requestId":"r1","asset":"BTC","amount":"1"}',
    };
    expect(before).toMatchObject([{ ...action, outcome: AdminOutcome.STARTED }]);
    expect(exchange.actions).toMatchObject([{ ...action, outcome: AdminOutcome.FAILED, errorCode: -1008 }]);
  });

  it('comes first: what cannot be recorded is not done', async () => {
    const { access } = exchange.admin;
    const { record } = access;
    Object.assign(access, { record: () => Promise.reject(new Error('the disk is full')) });
    const reply = await deposit();
    Object.assign(access, { record });
    expect([reply.statusCode, reply.json().code]).toEqual([500, -1000]);
    expect(exchange.calls).toEqual([]);
  });

  it('does not take back what was done when its end cannot be recorded', async () => {
    const { access } = exchange.admin;
    const { conclude } = access;
    Object.assign(access, { conclude: () => Promise.reject(new Error('the disk is full')) });
    const reply = await deposit();
    Object.assign(access, { conclude });
    expect(reply.statusCode).toBe(200);
    expect(exchange.actions).toMatchObject([{ outcome: AdminOutcome.STARTED }]);
  });

  it('cuts what is long', async () => {
    const reply = await server.app.inject({
      method: 'POST',
      url: '/admin/v1/symbols',
      headers: { authorization: `Bearer ${TEST_ADMIN_TOKEN}` },
      payload: { symbol: 'X'.repeat(5000) },
    });
    expect(reply.statusCode).toBe(400);
    expect(exchange.actions[0]?.details).toHaveLength(1001);
  });

  it('is read in pages', async () => {
    for (let i = 0; i < 5; i++) await deposit({ requestId: `r${i}`, asset: 'BTC', amount: '1' });
    const headers = { authorization: `Bearer ${tokenOf('VIEWER')}` };
    const page = await server.app.inject({ url: '/admin/v1/audit?fromId=2&limit=2', headers });
    expect(page.json()).toMatchObject([
      { id: 2, actor: 'bootstrap', role: 'ADMIN', outcome: 'DONE', code: 0 },
      { id: 3, action: 'POST /accounts/:accountId/deposits' },
    ]);
    for (const query of ['fromId=0', 'limit=0', 'limit=1001', 'fromId=x', 'page=1']) {
      expect((await server.app.inject({ url: `/admin/v1/audit?${query}`, headers })).statusCode).toBe(400);
    }
  });
});
