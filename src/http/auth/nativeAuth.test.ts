import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type FakeExchange,
  fakeExchange,
  makeApiKey,
  makeProfile,
  TEST_ACCOUNT_ID,
  TEST_API_KEY,
  TEST_NOW_US,
  TEST_SECRET,
} from '../../../tests/fixtures/fakeExchange.ts';
import { ApiKeyKind } from '../../domain/accountProfile.ts';
import { ApiError } from '../errors.ts';
import { NativeAuth, type Permission, type SignedParts } from './nativeAuth.ts';
import { signHmac } from './signature.ts';

const NOW_MS = TEST_NOW_US / 1000;
const request = { method: 'POST', url: '/api/spot/v2/?a=%20b', body: Buffer.from('{"symbol":"BTCUSDT"}') };
let exchange: FakeExchange;
let auth: NativeAuth;

beforeEach(() => {
  exchange = fakeExchange();
  auth = new NativeAuth(exchange, { windowMs: 5000, replayMemoryMax: 3 });
});

function signed(timestampMs = NOW_MS, over: Partial<SignedParts> = {}): SignedParts {
  const timestamp = String(timestampMs);
  const payload = `${timestamp}${request.method}${request.url}${request.body.toString()}`;
  return { apiKey: TEST_API_KEY, timestamp, signature: signHmac(TEST_SECRET, payload), ...over };
}

function outcome(parts: SignedParts, permission: Permission = 'READ', address = '127.0.0.1', what = request): string {
  try {
    return auth.check(parts, what, address, permission).apiKey;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.httpStatus} ${error.code}`;
  }
}

it('gives the key of a well-signed request', () => {
  expect(outcome(signed())).toBe(TEST_API_KEY);
  expect(outcome(signed(), 'TRADE')).toBe(TEST_API_KEY);
});

describe('refuses', () => {
  it.each<[string, Partial<SignedParts>, string]>([
    ['no key', { apiKey: undefined }, '401 -2014'],
    ['a malformed key', { apiKey: 'no key!' }, '401 -2014'],
    ['an unknown key', { apiKey: 'B'.repeat(64) }, '401 -2015'],
    ['no timestamp', { timestamp: undefined }, '400 -1102'],
    ['a malformed timestamp', { timestamp: '1.7e12' }, '400 -1102'],
    ['a timestamp in seconds', { timestamp: '1700000000' }, '400 -1102'],
    ['no signature', { signature: undefined }, '400 -1102'],
    ['a wrong signature', { signature: '0'.repeat(64) }, '400 -1022'],
    ['an endless signature', { signature: 'a'.repeat(5000) }, '400 -1022'],
  ])('%s', (_name, over, expected) => {
    expect(outcome(signed(NOW_MS, over))).toBe(expected);
  });

  it('any change of method, path, query or body', () => {
    for (const change of [
      { method: 'DELETE' },
      { url: '/api/spot/v2/?a=b' },
      { url: '/api/spot/v2/?a=+b' },
      { body: Buffer.from('{"symbol":"ETHUSDT"}') },
      { body: Buffer.from('{"symbol": "BTCUSDT"}') },
    ]) {
      expect(outcome(signed(), 'READ', '127.0.0.1', { ...request, ...change })).toBe('400 -1022');
    }
  });

  it('timestamps outside the window, and takes those on its edges', () => {
    exchange.nowUs += 60_000_000;
    const now = NOW_MS + 60_000;
    expect(outcome(signed(now - 5000))).toBe(TEST_API_KEY);
    expect(outcome(signed(now + 5000))).toBe(TEST_API_KEY);
    expect(outcome(signed(now - 5001))).toBe('400 -1021');
    expect(outcome(signed(now + 5001))).toBe('400 -1021');
  });

  it('revoked keys, foreign addresses and keys without an account, all alike', () => {
    exchange.keys.set(TEST_API_KEY, makeApiKey({ revoked: true }));
    expect(outcome(signed())).toBe('401 -2015');
    exchange.keys.set(TEST_API_KEY, makeApiKey({ ipAllowList: ['10.0.0.0/8'] }));
    expect(outcome(signed())).toBe('401 -2015');
    expect(outcome(signed(), 'READ', '10.1.2.3')).toBe(TEST_API_KEY);
    exchange.keys.set(TEST_API_KEY, makeApiKey({ accountId: 4711 }));
    expect(outcome(signed())).toBe('401 -2015');
  });

  it('trading with a read-only key or a frozen account; reading goes on', () => {
    exchange.keys.set(TEST_API_KEY, makeApiKey({ canTrade: false }));
    expect([outcome(signed(), 'TRADE'), outcome(signed())]).toEqual(['401 -2015', TEST_API_KEY]);
    exchange.keys.set(TEST_API_KEY, makeApiKey());
    exchange.profiles.set(TEST_ACCOUNT_ID, makeProfile({ frozen: true }));
    expect([outcome(signed(), 'TRADE'), outcome(signed())]).toEqual(['400 -2010', TEST_API_KEY]);
  });
});

describe('replays of what changes something', () => {
  it('are refused for as long as the timestamp is good, in any spelling', () => {
    const parts = signed(NOW_MS + 5000);
    expect(outcome(parts, 'TRADE')).toBe(TEST_API_KEY);
    for (const later of [0, 4_000_000, 9_999_000]) {
      exchange.nowUs = TEST_NOW_US + later;
      expect(outcome(parts, 'TRADE')).toBe('400 -1022');
      expect(outcome({ ...parts, signature: (parts.signature as string).toUpperCase() }, 'TRADE')).toBe('400 -1022');
    }
    exchange.nowUs = TEST_NOW_US + 10_001_000;
    expect(outcome(parts, 'TRADE')).toBe('400 -1021');
  });

  it('leave no trace when the signature is wrong, and shed when the memory is full', () => {
    for (let i = 0; i < 10; i++) outcome(signed(NOW_MS, { signature: 'f'.repeat(64) }), 'TRADE');
    for (let i = 0; i < 3; i++) expect(outcome(signed(NOW_MS + i), 'TRADE')).toBe(TEST_API_KEY);
    expect(outcome(signed(NOW_MS + 3), 'TRADE')).toBe('503 -1008');
    expect(outcome(signed(NOW_MS + 3), 'READ')).toBe(TEST_API_KEY);
  });

  it('do not survive a restart: what was stamped before it changes nothing', () => {
    exchange.nowUs += 1_000_000;
    auth = new NativeAuth(exchange, { windowMs: 5000, replayMemoryMax: 3 });
    expect(outcome(signed(NOW_MS), 'TRADE')).toBe('400 -1021');
    expect(outcome(signed(NOW_MS), 'READ')).toBe(TEST_API_KEY);
    expect(outcome(signed(NOW_MS + 1000), 'TRADE')).toBe(TEST_API_KEY);
  });
});

it('takes the signatures of Ed25519 and RSA keys', () => {
  const pairs = [
    [ApiKeyKind.ED25519, generateKeyPairSync('ed25519'), null],
    [ApiKeyKind.RSA, generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
  ] as const;
  for (const [kind, pair, digest] of pairs) {
    const secret = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    exchange.keys.set(TEST_API_KEY, makeApiKey({ kind, secret }));
    const payload = Buffer.from(`${NOW_MS}${request.method}${request.url}${request.body.toString()}`);
    const signature = sign(digest, payload, pair.privateKey).toString('base64');
    expect(outcome(signed(NOW_MS, { signature }), 'TRADE')).toBe(TEST_API_KEY);
    expect(outcome(signed(NOW_MS, { signature }), 'TRADE')).toBe('400 -1022');
    expect(outcome(signed(NOW_MS))).toBe('400 -1022');
  }
});

it('answers any headers with an ApiError', () => {
  const text = fc.option(fc.string({ maxLength: 100 }), { nil: undefined });
  fc.assert(
    fc.property(text, text, text, (apiKey, timestamp, signature) => {
      expect(outcome({ apiKey, timestamp, signature }, 'TRADE')).toMatch(/^4\d\d -\d+$/);
      expect(outcome({ apiKey: TEST_API_KEY, timestamp, signature }, 'TRADE')).toMatch(/^4\d\d -\d+$/);
      expect(outcome(signed(NOW_MS, { signature }), 'TRADE')).toMatch(/^4\d\d -\d+$/);
    }),
  );
});
