// Signatures of requests: HMAC-SHA256 (hex), Ed25519 and RSASSA-PKCS1-v1_5 with SHA-256 (base64).
// In: the kind of a key, its secret or public key, the bytes that were signed, the signature as sent.
// Out: yes or no. Knows nothing of headers, replay windows or accounts: every edge builds its own payload.
import { createHash, createHmac, createPublicKey, hash, type KeyObject, randomBytes, timingSafeEqual, verify } from 'node:crypto';
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
class KeyCache<Parsed> {
  readonly #parse: (text: string) => Parsed;
  readonly #keys = new Map<string, Parsed>();

  constructor(parse: (text: string) => Parsed) {
    this.#parse = parse;
  }

  get(text: string): Parsed {
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = this.#parse(text);
      if (this.#keys.size >= PARSED_KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value as string);
      this.#keys.set(text, key);
    }
    return key;
  }
}

const publicKeys = new KeyCache((pem) => createPublicKey(pem));
const hmacPads = new KeyCache(padsOf);

/** SHA-256's block: what a secret is padded to, and its digest. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** A longer payload is hashed the plain way. */
const PAYLOAD_BYTES_MAX = 4096;

interface HmacPads {
  readonly inner: Uint8Array;
  readonly outer: Uint8Array;
}

function padsOf(secret: string): HmacPads {
  const bytes = Buffer.from(secret, 'utf8');
  const key = bytes.length > BLOCK_BYTES ? createHash('sha256').update(bytes).digest() : bytes;
  const padded = (pad: number): Uint8Array => Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (key[i] ?? 0) ^ pad);
  return { inner: padded(0x36), outer: padded(0x5c) };
}

// Reused by every signature: a request pays for two hashes and no objects.
const innerScratch = Buffer.alloc(BLOCK_BYTES + PAYLOAD_BYTES_MAX);
const outerScratch = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
const computedDigest = Buffer.alloc(DIGEST_BYTES);
const givenDigest = Buffer.alloc(DIGEST_BYTES);

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
  return isSignature(kind, key, payload, canonical) ? canonical : undefined;
}

function isSignature(kind: ApiKeyKind, key: string, payload: string | Uint8Array, signature: string): boolean {
  if (kind === ApiKeyKind.HMAC) {
    computedDigest.write(signHmac(key, payload), 'hex');
    givenDigest.write(signature, 'hex');
    return timingSafeEqual(computedDigest, givenDigest);
  }
  const data = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload;
  switch (kind) {
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

/**
 * Hex HMAC-SHA256: what a client puts into its signature header. Made of one-shot hashes (RFC 2104): the objects of createHmac
 * cost more than the hashing of a payload this short.
 */
export function signHmac(secret: string, payload: string | Uint8Array): string {
  // A character takes three bytes at most.
  const isShort = payload.length * (typeof payload === 'string' ? 3 : 1) <= PAYLOAD_BYTES_MAX;
  if (!isShort) return createHmac('sha256', secret).update(payload).digest('hex');
  const { inner, outer } = hmacPads.get(secret);
  innerScratch.set(inner);
  let end = BLOCK_BYTES + payload.length;
  if (typeof payload === 'string') end = BLOCK_BYTES + innerScratch.write(payload, BLOCK_BYTES, 'utf8');
  else innerScratch.set(payload, BLOCK_BYTES);
  outerScratch.set(outer);
  outerScratch.write(hash('sha256', innerScratch.subarray(0, end), 'hex'), BLOCK_BYTES, 'hex');
  return hash('sha256', outerScratch, 'hex');
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
