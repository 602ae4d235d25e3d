// Secrets sealed with AES-256-GCM. A sealed secret is `sealed:1:<key id>:<base64url of nonce, ciphertext, tag>`; its owner (the
// API key it signs for) is authenticated with it, so that nobody who can write the log can move it to another key.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { type SecretBox, SecretBoxError } from '../ports/secretBox.ts';

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'sealed:1:';
const CIPHER = 'aes-256-gcm';

export interface SealingKey {
  /** The first 8 hex digits of a hash of the key: says which it is and nothing about it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** 32 bytes as 64 hex digits or as base64. Throws SecretBoxError, which does not repeat the text. */
export function sealingKey(text: string): SealingKey {
  const bytes = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) {
    throw new SecretBoxError(`a secrets key has ${KEY_BYTES} bytes, as 64 hex digits or as base64; this one has ${bytes.length}`);
  }
  const id = createHash('sha256').update('sedax secrets key').update(bytes).digest('hex').slice(0, 8);
  return { id, bytes };
}

export class AesSecretBox implements SecretBox {
  readonly #load: () => readonly SealingKey[];
  readonly #where: string;
  #keys: readonly SealingKey[];

  /** `load` gives the keys, the one that seals first; `where` names their place in errors. */
  constructor(where: string, load: () => readonly SealingKey[]) {
    this.#where = where;
    this.#load = load;
    this.#keys = load();
  }

  get keyId(): string | undefined {
    return this.#keys[0]?.id;
  }

  reload(): void {
    this.#keys = this.#load();
  }

  seal(secret: string, owner: string): string {
    const key = this.#keys[0];
    if (key === undefined) throw new SecretBoxError(`there is no secrets key to seal with in ${this.#where}`);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key.bytes, nonce);
    cipher.setAAD(Buffer.from(owner, 'utf8'));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${key.id}:${sealed.toString('base64url')}`;
  }

  open(stored: string, owner: string): string {
    const id = this.keyIdOf(stored);
    if (id === undefined) return stored;
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (key === undefined) throw new SecretBoxError(`it was sealed with the secrets key ${id}, which is not in ${this.#where}`);
    const sealed = Buffer.from(stored.slice(PREFIX.length + id.length + 1), 'base64url');
    if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new SecretBoxError('the sealed secret is too short');
    const decipher = createDecipheriv(CIPHER, key.bytes, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(owner, 'utf8'));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      const text = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES), undefined, 'utf8');
      return text + decipher.final('utf8');
    } catch (cause) {
      throw new SecretBoxError('the sealed secret was altered, or belongs to another key', { cause });
    }
  }

  keyIdOf(stored: string): string | undefined {
    if (!stored.startsWith(PREFIX)) return undefined;
    return stored.slice(PREFIX.length, stored.indexOf(':', PREFIX.length));
  }
}
