// Who may call: keys, addresses, permissions, the timing window, signatures over what was sent, however it was sent.
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyKind } from '../../src/domain/accountProfile.ts';
import type { Verb } from '../../src/http/binance/methods/binanceMethod.ts';
import { type Answer, type BinanceRest, binanceRest, type SendOptions } from '../fixtures/binanceRest.ts';
import { makeApiKey, TEST_ACCOUNT_ID, TEST_API_KEY, TEST_NOW_US, TEST_SECRET } from '../fixtures/fakeExchange.ts';

let api: BinanceRest;
const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const ED25519_KEY = 'E'.repeat(64);
const RSA_KEY = 'R'.repeat(64);

beforeAll(async () => {
  api = await binanceRest();
  const { keys } = api.exchange;
  const add = (apiKey: string, over: Parameters<typeof makeApiKey>[0]) => keys.set(apiKey, makeApiKey({ apiKey, ...over }));
  add(ED25519_KEY, { kind: ApiKeyKind.ED25519, secret: pem(ed25519.publicKey) });
  add(RSA_KEY, { kind: ApiKeyKind.RSA, secret: pem(rsa.publicKey) });
  add('revoked'.padEnd(64, '0'), { revoked: true });
  add('readonly'.padEnd(64, '0'), { canTrade: false });
  add('listed'.padEnd(64, '0'), { ipAllowList: ['10.1.2.3', '192.168.0.0/16', '2001:db8::/32'] });
});
beforeEach(() => {
  api.exchange.nowUs = TEST_NOW_US;
  api.exchange.calls.length = 0;
});
afterAll(async () => {
  await api.close();
});

const hmac = (payload: string, secret = TEST_SECRET) => createHmac('sha256', secret).update(payload).digest('hex');
const now = TEST_NOW_US / 1000;
const order = 'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50000';

function send(verb: Verb, path: string, options: SendOptions, apiKey: string | null = TEST_API_KEY): Promise<Answer> {
  const headers = { ...(apiKey === null ? {} : { 'x-mbx-apikey': apiKey }), ...options.headers };
  return api.send(verb, path, { ...options, headers });
}

async function expectError(answer: Promise<Answer>, status: number, code: number, msg: string): Promise<void> {
  const { status: got, body } = await answer;
  expect({ status: got, body }).toEqual({ status, body: { code, msg } });
  expect(api.exchange.calls).toEqual([]);
}

describe('a signature is over the request as it was sent', () => {
  const payload = `${order}&timestamp=${now}`;
  const form = 'application/x-www-form-urlencoded';
  const json = 'application/json';
  const ways: readonly (readonly [string, SendOptions])[] = [
    ['query', { query: `${payload}&signature=${hmac(payload)}` }],
    ['query, signature first', { query: `signature=${hmac(payload)}&${payload}` }],
    ['query, signature in the middle', { query: `${order}&signature=${hmac(payload)}&timestamp=${now}` }],
    ['form', { body: `${payload}&signature=${hmac(payload)}`, headers: { 'content-type': form } }],
    ['form, signature first', { body: `signature=${hmac(payload)}&${payload}`, headers: { 'content-type': form } }],
    ['form body without a content type', { body: `${payload}&signature=${hmac(payload)}` }],
    ['query under a JSON content type and no body', { query: `${payload}&signature=${hmac(payload)}`, headers: { 'content-type': json } }],
    [
      'query under a JSON content type and an empty body',
      { query: `${payload}&signature=${hmac(payload)}`, body: '', headers: { 'content-type': json } },
    ],
    [
      'query under a form content type and an empty body',
      { query: `${payload}&signature=${hmac(payload)}`, body: '', headers: { 'content-type': form } },
    ],
    [
      'query and form mixed, joined without a separator',
      { query: order, body: `timestamp=${now}&signature=${hmac(`${order}timestamp=${now}`)}`, headers: { 'content-type': form } },
    ],
    [
      'the signature in the query, the rest in the form',
      { query: `signature=${hmac(payload)}`, body: payload, headers: { 'content-type': form } },
    ],
    ['uppercase hex', { query: `${payload}&signature=${hmac(payload).toUpperCase()}` }],
  ];
  it.each(ways)('%s', async (_way, options) => {
    const { status, body } = await send('POST', '/order', options);
    expect({ status, body }).toMatchObject({ status: 200, body: { symbol: 'BTCUSDT', price: '50000.00000000' } });
  });

  it('percent-encoded text is signed as encoded, and read decoded', async () => {
    const encoded = `symbol=%42TCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=50000&timestamp=${now}`;
    expect((await send('POST', '/order', { query: `${encoded}&signature=${hmac(encoded)}` })).status).toBe(200);
    const decoded = decodeURIComponent(encoded);
    await expectErrorOnly(send('POST', '/order', { query: `${encoded}&signature=${hmac(decoded)}` }), -1022);
  });

  it('DELETE takes a form body', async () => {
    const body = `symbol=BTCUSDT&orderId=7&timestamp=${now}`;
    const options = { body: `${body}&signature=${hmac(body)}`, headers: { 'content-type': form } };
    await expectErrorOnly(send('DELETE', '/order', options), -2011);
    expect(api.exchange.calls).toMatchObject([{ method: 'cancelOrder', args: [{ orderId: 7 }] }]);
  });

  it('the query wins where the form says the same parameter', async () => {
    const query = 'quantity=2';
    const body = `${order}&timestamp=${now}`;
    const signature = hmac(query + body);
    const { body: answer } = await send('POST', '/order', { query, body: `${body}&signature=${signature}` });
    expect(answer).toMatchObject({ origQty: '2.00000000' });
  });

  async function expectErrorOnly(answer: Promise<Answer>, code: number): Promise<void> {
    expect((await answer).body).toMatchObject({ code });
  }

  it('Ed25519 and RSA keys sign in base64, percent-encoded', async () => {
    const signatures: readonly (readonly [string, Buffer])[] = [
      [ED25519_KEY, sign(null, Buffer.from(payload), ed25519.privateKey)],
      [RSA_KEY, sign('sha256', Buffer.from(payload), rsa.privateKey)],
    ];
    for (const [key, bytes] of signatures) {
      const text = bytes.toString('base64');
      const good = await send('POST', '/order', { query: `${payload}&signature=${encodeURIComponent(text)}` }, key);
      expect(good.status).toBe(200);
      // Base64 is case-sensitive.
      const flipped = text.replace(/[a-z]/, (letter) => letter.toUpperCase());
      const bad = await send('POST', '/order', { query: `${payload}&signature=${encodeURIComponent(flipped)}` }, key);
      expect(bad.body).toEqual({ code: -1022, msg: 'Signature for this request is not valid.' });
      const swapped = await send('POST', '/order', { query: `${payload}&signature=${hmac(payload)}` }, key);
      expect(swapped.body).toEqual({ code: -1022, msg: 'Signature for this request is not valid.' });
    }
  });

  it('no single changed character passes', async () => {
    const signature = hmac(payload);
    for (let i = 0; i < payload.length; i += 7) {
      const changed = `${payload.slice(0, i)}${payload[i] === '1' ? '2' : '1'}${payload.slice(i + 1)}`;
      const { status } = await send('POST', '/order', { query: `${changed}&signature=${signature}` });
      expect({ changed, status }).not.toMatchObject({ status: 200 });
    }
    expect(api.exchange.calls).toEqual([]);
  });

  it('malformed percent-encoding is told as illegal characters', () =>
    expectError(send('POST', '/order', { query: `${order}%E0%A4%A` }), 400, -1100, 'Illegal characters found in a parameter.'));
});

describe('keys', () => {
  const query = `timestamp=${now}&signature=${hmac(`timestamp=${now}`)}`;
  const format = [401, -2014, 'API-key format invalid.'] as const;
  const rejected = [401, -2015, 'Invalid API-key, IP, or permissions for action.'] as const;

  it('have to be sent, in the right form', async () => {
    await expectError(send('GET', '/account', { query }, null), ...format);
    await expectError(send('GET', '/account', { query }, ''), ...format);
    await expectError(send('GET', '/account', { query }, 'not a key'), ...format);
  });

  it('have to be known and not revoked', async () => {
    await expectError(send('GET', '/account', { query }, 'X'.repeat(64)), ...rejected);
    await expectError(send('GET', '/account', { query }, 'revoked'.padEnd(64, '0')), ...rejected);
  });

  it('without TRADE read and do not trade', async () => {
    const key = 'readonly'.padEnd(64, '0');
    expect((await send('GET', '/account', { query }, key)).status).toBe(200);
    const payload = `${order}&timestamp=${now}`;
    const signed = `${payload}&signature=${hmac(payload)}`;
    await expectError(send('POST', '/order', { query: signed }, key), ...rejected);
    await expectError(send('POST', '/order/test', { query: signed }, key), ...rejected);
  });

  it('with an address list work from there only', async () => {
    const key = 'listed'.padEnd(64, '0');
    for (const ip of ['10.1.2.3', '::ffff:10.1.2.3', '192.168.255.1', '2001:db8::1']) {
      expect((await send('GET', '/account', { query, ip }, key)).status).toBe(200);
    }
    for (const ip of ['10.1.2.4', '127.0.0.1', '2001:db9::1']) {
      await expectError(send('GET', '/account', { query, ip }, key), ...rejected);
    }
  });

  it('are ignored on public calls', async () => {
    expect((await send('GET', '/ping', {}, 'not a key')).status).toBe(200);
  });

  it('act for their own account', async () => {
    const payload = `${order}&timestamp=${now}`;
    await send('POST', '/order', { query: `${payload}&signature=${hmac(payload)}` });
    expect(api.exchange.calls).toMatchObject([{ args: [{ accountId: TEST_ACCOUNT_ID }] }]);
  });
});

describe('what is signed', () => {
  const missing = (name: string) => [400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`] as const;

  it('needs a signature and a timestamp', async () => {
    await expectError(send('GET', '/account', { query: `timestamp=${now}` }), ...missing('signature'));
    await expectError(send('GET', '/account', { query: `signature=${hmac('')}` }), ...missing('timestamp'));
    await expectError(
      send('GET', '/account', { query: `timestamp=&signature=${hmac('timestamp=')}` }),
      400,
      -1105,
      "Parameter 'timestamp' was empty.",
    );
    await expectError(
      send('GET', '/account', { query: `timestamp=x&signature=${hmac('timestamp=x')}` }),
      400,
      -1100,
      "Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'.",
    );
  });

  it('is refused under another secret', () =>
    expectError(
      send('GET', '/account', { query: `timestamp=${now}&signature=${hmac(`timestamp=${now}`, 'other')}` }),
      400,
      -1022,
      'Signature for this request is not valid.',
    ));
});

describe('timing', () => {
  const outside = [400, -1021, 'Timestamp for this request is outside of the recvWindow.'] as const;
  const ahead = [400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."] as const;
  const account = (params: string): Promise<Answer> => send('GET', '/account', { query: `${params}&signature=${hmac(params)}` });

  it.each([
    [`timestamp=${now - 5_000}`],
    [`timestamp=${now + 999}`],
    [`timestamp=${TEST_NOW_US - 5_000_000}`],
    [`timestamp=${TEST_NOW_US + 999_999}`],
    [`timestamp=${now - 60_000}&recvWindow=60000`],
    [`timestamp=${TEST_NOW_US - 6_000_346}&recvWindow=6000.346`],
    [`timestamp=${TEST_NOW_US}&recvWindow=0`],
  ])('%s is in time', async (params) => {
    expect((await account(params)).status).toBe(200);
  });

  it.each([
    [`timestamp=${now - 5_001}`, outside],
    [`timestamp=${TEST_NOW_US - 5_000_001}`, outside],
    [`timestamp=${TEST_NOW_US - 6_000_347}&recvWindow=6000.346`, outside],
    [`timestamp=0`, outside],
    [`timestamp=${now + 1_000}`, ahead],
    [`timestamp=${TEST_NOW_US + 1_000_000}`, ahead],
    ['timestamp=9223372036854775807', ahead],
    [`timestamp=${now}&recvWindow=60000.001`, [400, -1131, 'recvWindow must be less than 60000'] as const],
    [`timestamp=${now}&recvWindow=6000.3461`, [400, -1111, "Parameter 'recvWindow' has too much precision."] as const],
    [`timestamp=${now}&recvWindow=`, [400, -1105, "Parameter 'recvWindow' was empty."] as const],
    [
      `timestamp=${now}&recvWindow=-1`,
      [400, -1100, "Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,3})?$'."] as const,
    ],
  ])('%s is refused', (params, [status, code, msg]) => expectError(account(params), status, code, msg));

  it('is checked again before the order is handed on', async () => {
    const payload = `${order}&timestamp=${TEST_NOW_US}&recvWindow=0.002`;
    const query = `${payload}&signature=${hmac(payload)}`;
    // Every look at the clock takes three microseconds: the first check passes, the second does not.
    const { clock } = api.exchange as { clock: { nowUs: () => number } };
    const steady = clock.nowUs;
    let looks = 0;
    clock.nowUs = () => TEST_NOW_US + 3 * looks++;
    try {
      await expectError(send('POST', '/order', { query }), ...outside);
      expect(looks).toBeGreaterThan(1);
    } finally {
      clock.nowUs = steady;
    }
  });
});

describe('time unit and encodings', () => {
  it.each([
    ['MICROSECOND', TEST_NOW_US],
    ['microsecond', TEST_NOW_US],
    ['MILLISECOND', now],
    ['millisecond', now],
  ])('X-MBX-TIME-UNIT: %s', async (unit, serverTime) => {
    const { body } = await api.send('GET', '/time', { headers: { 'x-mbx-time-unit': unit } });
    expect(body).toEqual({ serverTime });
  });

  it('does not know other units', () =>
    expectError(
      api.send('GET', '/time', { headers: { 'x-mbx-time-unit': 'Second' } }),
      400,
      -1194,
      'Invalid value for time unit; expected either MICROSECOND or MILLISECOND.',
    ));

  it('answers 406 to clients that take nothing but SBE', async () => {
    await expectError(api.send('GET', '/ping', { headers: { accept: 'application/sbe' } }), 406, -1155, 'SBE is not enabled.');
    expect((await api.send('GET', '/ping', { headers: { accept: 'application/sbe, application/json' } })).status).toBe(200);
  });

  it('reads booleans as Python writes them', async () => {
    for (const word of ['true', 'True', 'false', 'False']) {
      expect((await api.signed('GET', '/account', { omitZeroBalances: word })).status).toBe(200);
    }
  });

  it('takes symbols encoded and raw', async () => {
    for (const query of ['symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D', 'symbols=[%22BTCUSDT%22,%22ETHUSDT%22]']) {
      const { body } = await api.send('GET', '/ticker/price', { query });
      expect(body).toMatchObject([{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT' }]);
    }
  });
});
