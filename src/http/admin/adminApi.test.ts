import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forget, makeApiKey, makeBalance, makeInstrument, makeProfile, TEST_ACCOUNT_ID } from '../../../tests/fixtures/fakeExchange.ts';
import type { Answer, Method } from '../../../tests/fixtures/nativeClient.ts';
import { TEST_ADMIN_TOKEN, type TestServer, testServer } from '../../../tests/fixtures/testServer.ts';
import { parseInstrument } from '../../config/instrumentText.ts';
import { ApiKeyKind } from '../../domain/accountProfile.ts';
import { SymbolStatus } from '../../domain/orderTerms.ts';
import { EngineReject } from '../../domain/rejectReason.ts';
import { adminApi } from './adminApi.ts';

let server: TestServer;

async function send(method: Method, path: string, body?: unknown, authorization = `Bearer ${TEST_ADMIN_TOKEN}`): Promise<Answer> {
  const json = body === undefined ? {} : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json', authorization } };
  const reply = await server.app.inject({ method, url: `/admin/v1${path}`, headers: { authorization }, ...json });
  return { status: reply.statusCode, body: reply.json() };
}
const commands = (): string[] => server.exchange.calls.map(({ method }) => method).filter((method) => method !== 'accounts');

beforeAll(async () => {
  server = await testServer([adminApi]);
});
beforeEach(() => {
  forget(server.exchange);
  const { profiles, keys, instruments } = server.exchange;
  profiles.clear();
  profiles.set(TEST_ACCOUNT_ID, makeProfile());
  keys.clear();
  keys.set(makeApiKey().apiKey, makeApiKey());
  instruments.clear();
  instruments.set('BTCUSDT', makeInstrument());
});
afterAll(() => server.close());

describe('the token', () => {
  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Basic ${TEST_ADMIN_TOKEN}`,
    TEST_ADMIN_TOKEN,
    `Bearer ${TEST_ADMIN_TOKEN}x`,
    `Bearer ${'x'.repeat(5000)}`,
  ])('is not %j', async (authorization) => {
    expect(await send('GET', '/accounts', undefined, authorization)).toMatchObject({ status: 401, body: { code: -4101 } });
    expect(server.exchange.calls).toEqual([]);
  });

  it('may be announced in any case', async () => {
    expect(await send('GET', '/accounts', undefined, `bearer ${TEST_ADMIN_TOKEN}`)).toMatchObject({ status: 200 });
  });

  it('is asked for before the body is read', async () => {
    const reply = await server.app.inject({
      method: 'POST',
      url: '/admin/v1/accounts',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    });
    expect(reply.statusCode).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer');
  });

  it('switches everything off when there is none', async () => {
    const closed = await testServer([adminApi], { adminToken: '' });
    for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
      const reply = await closed.app.inject({ url: '/admin/v1/accounts', headers: { authorization } });
      expect([reply.statusCode, reply.json().code]).toEqual([403, -4100]);
    }
    await closed.close();
  });
});

describe('accounts', () => {
  it('are opened, listed, shown and changed', async () => {
    const opened = await send('POST', '/accounts', { name: 'bob', fees: { maker: '0.0005', taker: 0.001 } });
    expect(opened).toMatchObject({ status: 200, body: { name: 'bob', fees: { maker: '0.00050000', taker: '0.00100000' } } });
    expect(server.exchange.calls[0]).toEqual({
      method: 'createAccount',
      args: [{ name: 'bob', rates: { makerRate: 50_000, takerRate: 100_000 } }],
    });
    expect((await send('GET', '/accounts')).body).toHaveLength(2);

    server.exchange.rows.balances.push(makeBalance({ free: 5n, locked: 7n }));
    const shown = await send('GET', `/accounts/${TEST_ACCOUNT_ID}`);
    expect(shown).toMatchObject({
      status: 200,
      body: {
        accountId: TEST_ACCOUNT_ID,
        balances: [{ asset: 'USDT', free: '0.00000005', locked: '0.00000007' }],
        apiKeys: [{ kind: 'HMAC' }],
      },
    });
    expect(JSON.stringify(shown.body)).not.toContain(makeApiKey().secret);

    const change = {
      frozen: true,
      canTrade: false,
      tradeGroupId: 5,
      fees: { maker: '0', taker: '0' },
      symbolFees: { BTCUSDT: { maker: '0.1', taker: '0.2' } },
    };
    const changed = await send('PATCH', `/accounts/${TEST_ACCOUNT_ID}`, change);
    expect(changed).toMatchObject({
      status: 200,
      body: { frozen: true, canTrade: false, tradeGroupId: 5, symbolFees: { BTCUSDT: { maker: '0.10000000', taker: '0.20000000' } } },
    });
  });

  it.each<[Method, string, unknown, number, number]>([
    ['POST', '/accounts', {}, 400, -1102],
    ['POST', '/accounts', undefined, 400, -1135],
    ['POST', '/accounts', { name: '' }, 400, -1105],
    ['POST', '/accounts', { name: 'x', admin: true }, 400, -1103],
    ['POST', '/accounts', { name: 'x', accountId: 5 }, 400, -1130],
    ['POST', '/accounts', { name: 'x', accountId: TEST_ACCOUNT_ID }, 409, -4106],
    ['POST', '/accounts', { name: 'x', fees: { maker: '1', taker: '0' } }, 400, -1130],
    ['POST', '/accounts', { name: 'x', fees: { maker: '-0.1', taker: '0' } }, 400, -1130],
    ['POST', '/accounts', { name: 'x', fees: { maker: '0.1' } }, 400, -1102],
    ['GET', '/accounts/7', undefined, 404, -4003],
    ['GET', '/accounts/abc', undefined, 400, -1130],
    ['PATCH', '/accounts/7', { frozen: true }, 404, -4003],
    ['PATCH', `/accounts/${TEST_ACCOUNT_ID}`, {}, 400, -1135],
    ['PATCH', `/accounts/${TEST_ACCOUNT_ID}`, { accountId: 8 }, 400, -1103],
    ['PATCH', `/accounts/${TEST_ACCOUNT_ID}`, { frozen: 'yes' }, 400, -1130],
    ['PATCH', `/accounts/${TEST_ACCOUNT_ID}`, { symbolFees: { XXX: { maker: '0', taker: '0' } } }, 400, -1121],
    ['PATCH', `/accounts/${TEST_ACCOUNT_ID}`, { symbolFees: { 'a/b': { maker: '0', taker: '0' } } }, 400, -1100],
  ])('%s %s %j is %i %i and changes nothing', async (method, path, body, status, code) => {
    expect(await send(method, path, body)).toMatchObject({ status, body: { code } });
    expect(commands()).toEqual([]);
  });
});

describe('keys', () => {
  const keys = `/accounts/${TEST_ACCOUNT_ID}/api-keys`;
  const pem = (type: 'ed25519' | 'rsa'): string => {
    const pair = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
    return pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  };

  it('of HMAC show their secret once', async () => {
    const made = await send('POST', keys, { label: 'bot', canTrade: false, ipAllowList: ['10.0.0.0/8', '::1'] });
    expect(made).toMatchObject({ status: 200, body: { kind: 'HMAC', label: 'bot', canTrade: false } });
    expect(made.body.secret).toMatch(/^\S{32,}$/);
    expect(server.exchange.calls[0]?.args[0]).toEqual({
      ...{ accountId: TEST_ACCOUNT_ID, kind: ApiKeyKind.HMAC, label: 'bot', canTrade: false, ipAllowList: ['10.0.0.0/8', '::1'] },
    });
    const listed = await send('GET', keys);
    expect(listed.body).toHaveLength(2);
    expect(JSON.stringify(listed.body)).not.toContain(made.body.secret);
    expect(await send('POST', keys, {})).toMatchObject({ status: 200 });
  });

  it.each([
    ['ED25519', 'ed25519'],
    ['RSA', 'rsa'],
  ] as const)('of %s take the public key in its canonical form', async (kind, type) => {
    const publicKey = pem(type);
    const made = await send('POST', keys, { kind, publicKey: `\n${publicKey}\n` });
    expect(made).toMatchObject({ status: 200, body: { kind, publicKey } });
    expect(made.body.secret).toBeUndefined();
  });

  it('are revoked', async () => {
    expect(await send('DELETE', `${keys}/${makeApiKey().apiKey}`)).toMatchObject({ status: 200, body: { revoked: true } });
    expect(await send('DELETE', `${keys}/${'Z'.repeat(64)}`)).toMatchObject({ status: 404, body: { code: -4102 } });
    server.exchange.profiles.set(1001, makeProfile({ accountId: 1001 }));
    expect(await send('DELETE', `/accounts/1001/api-keys/${makeApiKey().apiKey}`)).toMatchObject({ status: 404 });
  });

  it.each<[unknown, number]>([
    [{ kind: 'ED25519' }, -1102],
    [{ kind: 'DSA' }, -1130],
    [{ kind: 'HMAC', publicKey: 'x' }, -1106],
    [{ kind: 'ED25519', publicKey: 'not a key' }, -4104],
    [{ kind: 'RSA', publicKey: pem('ed25519') }, -4104],
    [{ kind: 'RSA', publicKey: 'A'.repeat(5000) }, -1130],
    [{ ipAllowList: ['localhost'] }, -1130],
    [{ ipAllowList: ['10.0.0.0/33'] }, -1130],
    [{ ipAllowList: ['10.0.0.0/8/8'] }, -1130],
    [{ ipAllowList: '10.0.0.1' }, -1130],
    [{ secret: 'mine' }, -1103],
  ])('are refused for %j', async (body, code) => {
    expect(await send('POST', keys, body)).toMatchObject({ status: 400, body: { code } });
    expect(commands()).toEqual([]);
  });
});

describe('money', () => {
  const deposits = `/accounts/${TEST_ACCOUNT_ID}/deposits`;

  it('comes in and goes out in exact units', async () => {
    const answer = await send('POST', deposits, { requestId: 'r-1', asset: 'BTC', amount: '1.00000001' });
    expect(answer).toMatchObject({ status: 200, body: { balance: { asset: 'BTC', free: '1.00000001' }, duplicate: false } });
    await send('POST', `/accounts/${TEST_ACCOUNT_ID}/withdrawals`, { requestId: 'r-2', asset: 'USDT', amount: 5 });
    expect(server.exchange.calls).toEqual([
      { method: 'deposit', args: [{ accountId: TEST_ACCOUNT_ID, requestId: 'r-1', asset: 'BTC', units: 100_000_001n }] },
      { method: 'withdraw', args: [{ accountId: TEST_ACCOUNT_ID, requestId: 'r-2', asset: 'USDT', units: 500_000_000n }] },
    ]);
  });

  it('says when it moved before, and why it cannot', async () => {
    server.exchange.answers.deposit = async () => ({ ok: true, balance: makeBalance(), duplicate: true });
    const body = { requestId: 'r', asset: 'USDT', amount: '1' };
    expect(await send('POST', deposits, body)).toMatchObject({ status: 200, body: { duplicate: true } });
    server.exchange.answers.deposit = async () => ({ ok: false, reason: EngineReject.REQUEST_ID_REUSED });
    expect(await send('POST', deposits, body)).toMatchObject({ status: 400, body: { code: -4001 } });
  });

  it.each<[unknown, number]>([
    [{ asset: 'BTC', amount: '1' }, -1102],
    [{ requestId: '', asset: 'BTC', amount: '1' }, -1100],
    [{ requestId: 'a b', asset: 'BTC', amount: '1' }, -1100],
    [{ requestId: 'r', asset: 'XXX', amount: '1' }, -4004],
    [{ requestId: 'r', asset: 'btc', amount: '1' }, -1100],
    [{ requestId: 'r', asset: 'BTC', amount: '0' }, -4006],
    [{ requestId: 'r', asset: 'BTC', amount: '-1' }, -1130],
    [{ requestId: 'r', asset: 'BTC', amount: '1e3' }, -1130],
    [{ requestId: 'r', asset: 'BTC', amount: '0.000000001' }, -1111],
    [{ requestId: 'r', asset: 'BTC', amount: '99999999999999999999' }, -1108],
    [{ requestId: 'r', asset: 'BTC', amount: true }, -1130],
    [{ requestId: 'r', asset: 'BTC', amount: '1', note: 'x' }, -1103],
  ])('does not move for %j', async (body, code) => {
    expect(await send('POST', deposits, body)).toMatchObject({ status: 400, body: { code } });
    expect(commands()).toEqual([]);
  });

  it('does not move for an account that is not there', async () => {
    expect(await send('POST', '/accounts/77/deposits', { requestId: 'r', asset: 'BTC', amount: '1' })).toMatchObject({ status: 404 });
  });
});

describe('symbols', () => {
  const litecoin = { symbol: 'LTCUSDT', baseAsset: 'LTC', quoteAsset: 'USDT', tickSize: '0.01', stepSize: '0.001' };

  it('are listed from their text', async () => {
    const answer = await send('POST', '/symbols', { ...litecoin, filters: { minNotional: '5' } });
    expect(answer).toMatchObject({ status: 200, body: { ...litecoin, status: 'TRADING', filters: { minNotional: '5' } } });
    expect(server.exchange.calls[0]?.args[0]).toEqual(parseInstrument({ ...litecoin, filters: { minNotional: '5' } }));
    expect((await send('GET', '/symbols')).body).toHaveLength(2);
  });

  it.each<[unknown, number, number, RegExp]>([
    [{ ...litecoin, tickSize: 'x' }, 400, -4105, /LTCUSDT: tickSize/],
    [{ ...litecoin, filters: { minPrice: '0.001' } }, 400, -4105, /filters\.minPrice/],
    [{ ...litecoin, colour: 'red' }, 400, -4105, /colour/],
    [{ ...litecoin, symbol: 'BTCUSDT' }, 409, -4106, /BTCUSDT/],
    [{ ...litecoin, quoteScale: 6 }, 400, -4105, /USDT has 8 elsewhere/],
    [[], 400, -1135, /JSON/],
  ])('%j are refused', async (body, status, code, text) => {
    const answer = await send('POST', '/symbols', body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.msg).toMatch(text);
    expect(commands()).toEqual([]);
  });

  it.each([
    ['halt', SymbolStatus.HALT, 'HALT'],
    ['resume', SymbolStatus.TRADING, 'TRADING'],
    ['cancel-only', SymbolStatus.CANCEL_ONLY, 'CANCEL_ONLY'],
  ] as const)('go to %s', async (verb, status, word) => {
    expect(await send('POST', `/symbols/BTCUSDT/${verb}`)).toMatchObject({ status: 200, body: { status: word } });
    expect(server.exchange.calls[0]?.args).toEqual(['BTCUSDT', status, '']);
    expect(await send('POST', `/symbols/XXXUSDT/${verb}`)).toMatchObject({ status: 404, body: { code: -4103 } });
  });

  it('are halted with a reason', async () => {
    await send('POST', '/symbols/BTCUSDT/halt', { reason: 'maintenance' });
    expect(server.exchange.calls[0]?.args).toEqual(['BTCUSDT', SymbolStatus.HALT, 'maintenance']);
    expect(await send('POST', '/symbols/BTCUSDT/halt', { reason: 5 })).toMatchObject({ status: 400, body: { code: -1130 } });
    expect(await send('POST', '/symbols/BTCUSDT/halt', { why: 'x' })).toMatchObject({ status: 400, body: { code: -1103 } });
    expect(await send('POST', '/symbols/BTCUSDT/halt', [])).toMatchObject({ status: 400 });
  });
});

describe('poison and reconciliation', () => {
  it('goes on, by retry or skip', async () => {
    for (const how of ['retry', 'skip'])
      expect(await send('POST', `/poison/BTCUSDT/${how}`)).toMatchObject({ status: 200, body: { done: true } });
    expect(server.exchange.calls.map(({ args }) => args)).toEqual([
      ['BTCUSDT', 'retry'],
      ['BTCUSDT', 'skip'],
    ]);
    expect(await send('POST', '/poison/BTCUSDT/ignore')).toMatchObject({ status: 404 });
  });

  it.each([
    ['unknown', 404, -4107],
    ['exists', 409, -4106],
    ['invalid', 400, -4108],
    [undefined, 400, -4108],
  ])("answers the exchange's own refusal (%s) with %i", async (problem, status, code) => {
    server.exchange.answers.resumePoisoned = async () => {
      throw Object.assign(new RangeError('nothing of that name is halted'), problem === undefined ? {} : { problem });
    };
    const answer = await send('POST', '/poison/BTCUSDT/retry');
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.body.msg).toContain('nothing of that name is halted');
  });

  it('keeps failures failures', async () => {
    server.exchange.answers.resumePoisoned = () => Promise.reject(new Error('disk'));
    expect(await send('POST', '/poison/BTCUSDT/retry')).toMatchObject({ status: 500, body: { code: -1000 } });
  });

  it('reconciles per asset', async () => {
    const row = { freeUnits: 1n, lockedUnits: 2n, feesUnits: 3n, depositedUnits: 6n, withdrawnUnits: 0n, reservedUnits: 2n };
    server.exchange.answers.reconcile = async () => [
      { asset: 'BTC', ...row, ok: true },
      { asset: 'USDT', ...row, ok: false },
    ];
    const answer = await send('GET', '/reconciliation');
    expect(answer.body.ok).toBe(false);
    expect(answer.body.assets[0]).toEqual({
      ...{ asset: 'BTC', ok: true, free: '0.00000001', locked: '0.00000002', fees: '0.00000003' },
      ...{ deposited: '0.00000006', withdrawn: '0.00000000', reserved: '0.00000002' },
    });
  });
});
