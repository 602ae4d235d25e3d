import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiKeyKind } from '../../domain/accountProfile.ts';
import {
  canonicalPublicKey,
  canonicalSignature,
  equalSecrets,
  PublicKeyError,
  randomToken,
  signHmac,
  verifySignature,
} from './signature.ts';

const spki = { type: 'spki', format: 'pem' } as const;
const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const signers = [
  {
    name: 'HMAC',
    kind: ApiKeyKind.HMAC,
    key: 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j',
    sign: (data: string) =>
      createHmac('sha256', 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j').update(data).digest('hex'),
  },
  {
    name: 'ED25519',
    kind: ApiKeyKind.ED25519,
    key: ed25519.publicKey.export(spki).toString(),
    sign: (data: string) => sign(null, Buffer.from(data), ed25519.privateKey).toString('base64'),
  },
  {
    name: 'RSA',
    kind: ApiKeyKind.RSA,
    key: rsa.publicKey.export(spki).toString(),
    sign: (data: string) => sign('sha256', Buffer.from(data), rsa.privateKey).toString('base64'),
  },
] as const;

describe.each(signers)('$name', ({ kind, key, sign: signText }) => {
  const payload = '1700000000000POST/api/spot/v2/{"symbol":"BTCUSDT","note":"Ünïcode"}';

  it('accepts the signature of the payload, as text and as bytes', () => {
    expect(verifySignature(kind, key, payload, signText(payload))).toBe(true);
    expect(verifySignature(kind, key, Buffer.from(payload), signText(payload))).toBe(true);
  });

  it('refuses it for any other payload', () => {
    expect(verifySignature(kind, key, `${payload} `, signText(payload))).toBe(false);
    expect(verifySignature(kind, key, '', signText(payload))).toBe(false);
  });

  it('refuses every changed character of the signature', () => {
    const good = signText(payload);
    for (let i = 0; i < good.length; i += 3) {
      const changed = good.slice(0, i) + (good[i] === 'A' || good[i] === 'a' ? 'b' : 'a') + good.slice(i + 1);
      if (changed.toLowerCase() !== good) expect(verifySignature(kind, key, payload, changed)).toBe(false);
    }
  });

  it('refuses any text that is not a signature, without throwing', () => {
    for (const text of ['', ' ', '00', 'ü'.repeat(64), '='.repeat(88), signText(payload).slice(1), `${signText(payload)}\n`]) {
      expect(verifySignature(kind, key, payload, text)).toBe(false);
    }
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => !verifySignature(kind, key, payload, text)));
  });

  it('refuses the signatures of the other kinds', () => {
    for (const other of signers) {
      if (other.kind !== kind) expect(verifySignature(kind, key, payload, other.sign(payload))).toBe(false);
    }
  });
});

it("agrees with the documented example of Binance's REST API", () => {
  const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
  const payload = 'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
  const signature = 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71';
  expect(signHmac(secret, payload)).toBe(signature);
  expect(verifySignature(ApiKeyKind.HMAC, secret, payload, signature.toUpperCase())).toBe(true);
});

it('signs as createHmac does, whatever the lengths of secret and payload', () => {
  const sameAsPlain = (secret: string, payload: string): void => {
    const plain = createHmac('sha256', secret).update(payload).digest('hex');
    expect(signHmac(secret, payload)).toBe(plain);
    expect(signHmac(secret, Buffer.from(payload))).toBe(plain);
    expect(verifySignature(ApiKeyKind.HMAC, secret, payload, plain)).toBe(true);
  };
  for (const length of [0, 1, 63, 64, 65, 1365, 1366, 4096, 4097, 20_000]) {
    sameAsPlain('k'.repeat(64), 'p'.repeat(length));
    sameAsPlain('k'.repeat(length), '€'.repeat(length));
  }
  // A long payload leaves nothing behind for a shorter one.
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 300 }), sameAsPlain));
});

describe('canonicalSignature', () => {
  it('gives one spelling for every spelling that verifies', () => {
    const hex = 'AB'.repeat(32);
    expect(canonicalSignature(ApiKeyKind.HMAC, hex)).toBe(hex.toLowerCase());
    expect(canonicalSignature(ApiKeyKind.ED25519, 'AAEC')).toBe('AAEC');
  });

  it('knows no second spelling of base64: url-safe, unpadded, spaced, trailing bits', () => {
    const bytes = Buffer.from([0xfb, 0xff, 0xfe, 0x01]);
    const good = bytes.toString('base64');
    expect(canonicalSignature(ApiKeyKind.RSA, good)).toBe(good);
    for (const text of [bytes.toString('base64url'), good.slice(0, -1), ` ${good}`, `${good}\n`, 'AB==']) {
      expect(canonicalSignature(ApiKeyKind.RSA, text)).toBeUndefined();
    }
  });
});

describe('canonicalPublicKey', () => {
  it.each([
    ['ED25519', ApiKeyKind.ED25519, ed25519],
    ['RSA', ApiKeyKind.RSA, rsa],
  ] as const)('reads %s as PEM and as base64 of its DER', (_name, kind, pair) => {
    const pem = pair.publicKey.export(spki).toString();
    const der = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(canonicalPublicKey(kind, pem)).toBe(pem);
    expect(canonicalPublicKey(kind, `\n${pem}\n`)).toBe(pem);
    expect(canonicalPublicKey(kind, der)).toBe(pem);
    const message = '1700000000000GET/api/spot/user/account';
    const signature = sign(kind === ApiKeyKind.RSA ? 'sha256' : null, Buffer.from(message), pair.privateKey);
    expect(verifySignature(kind, canonicalPublicKey(kind, der), message, signature.toString('base64'))).toBe(true);
  });

  it('reads the 32 raw bytes of an Ed25519 key', () => {
    const raw = ed25519.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
    expect(canonicalPublicKey(ApiKeyKind.ED25519, raw)).toBe(ed25519.publicKey.export(spki).toString());
  });

  it('refuses keys of another kind, weak ones, private ones and noise', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(spki).toString();
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(spki).toString();
    const cases: [ApiKeyKind, string][] = [
      [ApiKeyKind.ED25519, rsa.publicKey.export(spki).toString()],
      [ApiKeyKind.RSA, ed25519.publicKey.export(spki).toString()],
      [ApiKeyKind.RSA, weak],
      [ApiKeyKind.RSA, ec],
      [ApiKeyKind.ED25519, ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      [ApiKeyKind.ED25519, ''],
      [ApiKeyKind.ED25519, 'not a key'],
      [ApiKeyKind.RSA, '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
      [ApiKeyKind.RSA, 'A'.repeat(10_000)],
      [ApiKeyKind.HMAC, rsa.publicKey.export(spki).toString()],
    ];
    for (const [kind, text] of cases) expect(() => canonicalPublicKey(kind, text)).toThrow(PublicKeyError);
  });
});

it('compares secrets of any length', () => {
  expect(equalSecrets('token', 'token')).toBe(true);
  expect(equalSecrets('token', 'token2')).toBe(false);
  expect(equalSecrets('', 'x')).toBe(false);
});

it('makes tokens of 64 letters and digits, never twice', () => {
  const tokens = Array.from({ length: 200 }, randomToken);
  for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9]{64}$/);
  expect(new Set(tokens).size).toBe(tokens.length);
});
