// Signatures of requests: HMAC-SHA256 (hex), Ed25519 and RSASSA-PKCS1-v1_5 with SHA-256 (base64).
// In: the kind of a key, its secret or public key, the bytes that were signed, the signature as sent.
// Out: yes or no. Knows nothing of headers, replay windows or accounts: every edge builds its own payload.
import {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { ApiKeyKind } from '../../domain/accountProfile.ts';
import { assertNever } from '../../domain/assert.ts';

/** Smallest RSA modulus accepted, in bits; the largest bounds what one verification may cost. */
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;
/** Longest public key text looked at; an RSA-4096 key in PEM takes about 800 characters. */
const PUBLIC_KEY_LENGTH_MAX = 4096;
/** Parsed keys kept, so that a request does not pay for parsing its key; the oldest goes first. */
const PARSED_KEYS_MAX = 4096;

const HMAC_HEX = /^[0-9a-fA-F]{64}$/;
const ED25519_BYTES = 64;

export class PublicKeyError extends Error {
  override name = 'PublicKeyError';
}

/** Keeps what parsing a key gave, for the keys in use. */
class KeyCache {
  readonly #parse: (text: string) => KeyObject;
  readonly #keys = new Map<string, KeyObject>();

  constructor(parse: (text: string) => KeyObject) {
    this.#parse = parse;
  }

  get(text: string): KeyObject {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = this.#parse(text);
      if (this.#keys.size >= PARSED_KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value as string);
      this.#keys.set(text, key);
    }
    return key;
  }
}

const secretKeys = new KeyCache((secret) => createSecretKey(secret, 'utf8'));
const publicKeys = new KeyCache((pem) => createPublicKey(pem));

/**
 * The one spelling of a signature, or undefined when the text cannot be one. Exact replays are recognised by it: HMAC
 * signatures may come in either case, base64 only in its canonical form.
 */
export function canonicalSignature(kind: ApiKeyKind, signature: string): string | undefined {
  if (kind === ApiKeyKind.HMAC) return HMAC_HEX.test(signature) ? signature.toLowerCase() : undefined;
  const bytes = Buffer.from(signature, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === signature ? signature : undefined;
}

/**
 * True when `signature` is the signature of `payload`. `key` is the secret of an HMAC key and the public key (PEM) of the
 * other kinds. Never throws on what a client sent; compares in constant time.
 */
export function verifySignature(kind: ApiKeyKind, key: string, payload: string | Uint8Array, signature: string): boolean {
  return verifiedSignature(kind, key, payload, signature) !== undefined;
}

/** The canonical spelling of a signature that verifies; undefined when it does not. */
export function verifiedSignature(kind: ApiKeyKind, key: string, payload: string | Uint8Array, signature: string): string | undefined {
  const canonical = canonicalSignature(kind, signature);
  if (canonical === undefined) return undefined;
  const data = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  return isSignature(kind, key, data, canonical) ? canonical : undefined;
}

function isSignature(kind: ApiKeyKind, key: string, data: Uint8Array, signature: string): boolean {
  switch (kind) {
    case ApiKeyKind.HMAC:
      return timingSafeEqual(hmac(key, data), Buffer.from(signature, 'hex'));
    case ApiKeyKind.ED25519: {
      const bytes = Buffer.from(signature, 'base64');
      return bytes.length === ED25519_BYTES && verify(null, data, publicKeys.get(key), bytes);
    }
    case ApiKeyKind.RSA:
      return verify('sha256', data, publicKeys.get(key), Buffer.from(signature, 'base64'));
    default:
      return assertNever(kind);
  }
}

function hmac(secret: string, data: Uint8Array): Buffer {
  return createHmac('sha256', secretKeys.get(secret)).update(data).digest();
}

/** Hex HMAC-SHA256: what a client puts into its signature header. */
export function signHmac(secret: string, payload: string | Uint8Array): string {
  return hmac(secret, typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload).toString('hex');
}

/** Equality of two secrets in constant time, whatever their lengths. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** An unguessable token of 64 letters and digits: an API key or an HMAC secret. */
export function randomToken(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let token = '';
  while (token.length < 64) {
    // 248 is the largest multiple of 62 below 256: dropping the rest keeps every character equally likely.
    for (const byte of randomBytes(80)) if (byte < 248 && token.length < 64) token += alphabet[byte % 62];
  }
  return token;
}

/**
 * A public key as an operator pastes it (PEM, or the base64 of its SPKI DER; for Ed25519 also of the 32 raw bytes), as
 * canonical SPKI PEM. Throws PublicKeyError when it is not a key of that kind.
 */
export function canonicalPublicKey(kind: ApiKeyKind, text: string): string {
  if (kind === ApiKeyKind.HMAC) throw new PublicKeyError('an HMAC key has no public key');
  if (text.length > PUBLIC_KEY_LENGTH_MAX) throw new PublicKeyError('the public key is too long');
  const key = parsePublicKey(kind, text.trim());
  const wanted = kind === ApiKeyKind.ED25519 ? 'ed25519' : 'rsa';
  if (key.asymmetricKeyType !== wanted) throw new PublicKeyError(`the public key is not an ${wanted} key`);
  if (kind === ApiKeyKind.RSA) {
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
      throw new PublicKeyError(`an RSA key has ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits, this one ${bits}`);
    }
  }
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** The SPKI DER of an Ed25519 key is this prefix and the 32 bytes of the key (RFC 8410). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function parsePublicKey(kind: ApiKeyKind, text: string): KeyObject {
  try {
    if (text.startsWith('-----BEGIN')) {
      // createPublicKey would derive the public half from it; a private key has no business here.
      if (text.includes('PRIVATE')) throw new PublicKeyError('this is a private key: keep it and send the public one');
      return createPublicKey(text);
    }
    const compact = text.replace(/\s+/g, '');
    const der = Buffer.from(compact, 'base64');
    if (der.toString('base64') !== compact) throw new PublicKeyError('the public key is neither PEM nor base64');
    const raw = kind === ApiKeyKind.ED25519 && der.length === 32;
    return createPublicKey({
      key: raw ? Buffer.concat([ED25519_SPKI_PREFIX, der]) : der,
      format: 'der',
      type: 'spki',
    });
  } catch (error) {
    if (error instanceof PublicKeyError) throw error;
    throw new PublicKeyError('the public key cannot be read', { cause: error });
  }
}
