// What keeps secrets that have to be stored and read back: those of HMAC keys, which the log carries only sealed.

/** A sealed secret that cannot be opened, or one that cannot be sealed; says which key it would take. */
export class SecretBoxError extends Error {
  override name = 'SecretBoxError';
}

export interface SecretBox {
  /** Id of the key that seals; undefined while there is none. */
  readonly keyId: string | undefined;
  /** `owner`: what the secret belongs to; it opens for nothing else. Throws SecretBoxError when there is no key. */
  seal(secret: string, owner: string): string;
  /** What was stored before secrets were sealed comes back as it is. Throws SecretBoxError. */
  open(stored: string, owner: string): string;
  /** Id of the key it was sealed with; undefined for what was never sealed. */
  keyIdOf(stored: string): string | undefined;
  /** Takes in keys that were added where they are kept. Throws SecretBoxError when they cannot be read. */
  reload(): void;
}
