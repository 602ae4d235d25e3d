// Secrets of API keys between the log, which has them sealed, and the edges, which verify signatures with them.
import { randomBytes } from 'node:crypto';
import { type ApiKey, ApiKeyKind } from '../../domain/accountProfile.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Registry, SecretsReport } from '../../ports/exchangePort.ts';
import { type SecretBox, SecretBoxError } from '../../ports/secretBox.ts';

/** Pause between two looks for keys that were added while the process runs. */
const RELOAD_EVERY_US = 5_000_000;
/** Changes under way at once while everything is sealed again. */
const ROTATED_AT_ONCE = 64;

export class KeySecrets {
  readonly #box: SecretBox;
  readonly #clock: Clock;
  /** Rows of the registry are immutable, so each is opened once. */
  readonly #opened = new WeakMap<ApiKey, ApiKey>();
  #reloadedUs = 0;

  constructor(box: SecretBox, clock: Clock) {
    this.#box = box;
    this.#clock = clock;
  }

  /** Throws SecretBoxError when there is no key to seal with. */
  seal(secret: string, apiKey: string): string {
    return this.#box.seal(secret, apiKey);
  }

  /** The row with the secret that requests are signed with. When it cannot be opened: one that nobody knows. */
  opened(key: ApiKey): ApiKey {
    if (key.kind !== ApiKeyKind.HMAC) return key;
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const secret = this.#open(key);
    const row = { ...key, secret: secret ?? randomBytes(32).toString('hex') };
    // A key that may be brought back is tried again.
    if (secret !== undefined) this.#opened.set(key, row);
    return row;
  }

  report(keys: readonly ApiKey[]): SecretsReport {
    const sealedWith: Record<string, number> = {};
    let plain = 0;
    let unreadable = 0;
    for (const key of keys) {
      if (key.kind !== ApiKeyKind.HMAC) continue;
      const id = this.#box.keyIdOf(key.secret);
      if (id === undefined) plain++;
      else sealedWith[id] = (sealedWith[id] ?? 0) + 1;
      if (this.#open(key) === undefined) unreadable++;
    }
    return { keyId: this.#box.keyId ?? null, sealedWith, plain, unreadable };
  }

  /** Seals with the key that seals now what another one sealed, or none; what cannot be opened stays as it is. */
  async rotate(keys: readonly ApiKey[], store: (apiKey: string, secret: string) => Promise<unknown>): Promise<void> {
    this.#box.reload();
    const { keyId } = this.#box;
    const due = keys.filter(({ kind, secret }) => kind === ApiKeyKind.HMAC && this.#box.keyIdOf(secret) !== keyId);
    for (let at = 0; at < due.length; at += ROTATED_AT_ONCE) {
      const stores = due.slice(at, at + ROTATED_AT_ONCE).map((key) => {
        const secret = this.#open(key);
        return secret === undefined ? undefined : store(key.apiKey, this.#box.seal(secret, key.apiKey));
      });
      await Promise.all(stores);
    }
  }

  #open({ apiKey, secret }: ApiKey): string | undefined {
    try {
      return this.#box.open(secret, apiKey);
    } catch (error) {
      if (!(error instanceof SecretBoxError)) throw error;
    }
    const nowUs = this.#clock.nowUs();
    if (nowUs - this.#reloadedUs < RELOAD_EVERY_US) return undefined;
    this.#reloadedUs = nowUs;
    try {
      this.#box.reload();
      return this.#box.open(secret, apiKey);
    } catch (error) {
      if (error instanceof SecretBoxError) return undefined;
      throw error;
    }
  }
}

/** A registry whose keys can be verified with: their secrets are open. Lists of an account's keys keep them sealed. */
export function withOpenSecrets(registry: Registry, secrets: KeySecrets): Registry {
  return {
    instrument: (symbol) => registry.instrument(symbol),
    instruments: () => registry.instruments(),
    profile: (accountId) => registry.profile(accountId),
    apiKey: (apiKey) => {
      const key = registry.apiKey(apiKey);
      return key === undefined ? undefined : secrets.opened(key);
    },
    apiKeysOf: (accountId) => registry.apiKeysOf(accountId),
    feeRates: (accountId, symbol) => registry.feeRates(accountId, symbol),
    assetScale: (asset) => registry.assetScale(asset),
    assets: () => registry.assets(),
  };
}
