// The secrets keys as configured: where they are, what is there, and whether they open what the log carries.
import { type ApiKey, ApiKeyKind } from '../domain/accountProfile.ts';
import { type SecretBox, SecretBoxError } from '../ports/secretBox.ts';
import { AesSecretBox, sealingKey } from './aesSecretBox.ts';
import { createKeyFile, defaultKeyFile, isReadByOthers, readKeyFile } from './keyFile.ts';

export interface SecretSettings {
  /** Keys separated by commas; wins over the file. */
  readonly key: string;
  /** '' = the file in the user's settings folder. */
  readonly keyFile: string;
  /** What the start does about secrets that no key opens. */
  readonly unreadable: 'fail' | 'refuse';
}

/** The file the keys are in; undefined when they are given by the setting itself. */
export function keyFileOf(settings: SecretSettings, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (settings.key !== '') return undefined;
  return settings.keyFile === '' ? defaultKeyFile(env) : settings.keyFile;
}

/** Throws SecretBoxError on keys that are none. No file is no error yet: there may be nothing to open. */
export function secretBoxOf(settings: SecretSettings, env: NodeJS.ProcessEnv = process.env): SecretBox {
  const file = keyFileOf(settings, env);
  if (file !== undefined) return new AesSecretBox(file, () => readKeyFile(file));
  const keys = settings.key
    .split(',')
    .filter((text) => text.trim() !== '')
    .map((text) => sealingKey(text.trim()));
  return new AesSecretBox('secrets.key', () => keys);
}

export interface StoredSecrets {
  readonly settings: SecretSettings;
  readonly box: SecretBox;
  /** The keys of the log, their secrets as stored there. */
  readonly apiKeys: readonly ApiKey[];
  /** Whether a missing key is made: one process alone may, several need the same one. */
  readonly mayCreate: boolean;
  readonly warn: (facts: object, message: string) => void;
}

/**
 * To be called once the log is read and before anything is sealed. Makes the key file when there is none and nothing needs
 * one; throws SecretBoxError when secrets of the log cannot be opened. Returns where the keys are, for people.
 */
export function prepareSecrets({ settings, box, apiKeys, mayCreate, warn }: StoredSecrets, env: NodeJS.ProcessEnv = process.env): string {
  const file = keyFileOf(settings, env);
  const hmac = apiKeys.filter(({ kind, revoked }) => kind === ApiKeyKind.HMAC && !revoked);
  const problems = hmac.flatMap((key) => problemOf(box, key) ?? []);
  if (problems.length > 0) {
    const what = `the secrets of ${problems.length} of ${hmac.length} HMAC API keys cannot be opened: ${problems[0]}`;
    if (settings.unreadable === 'fail') {
      throw new SecretBoxError(
        `${what}. Bring the key back (secrets.keyFile, SEDAX_SECRETS_KEY_FILE; or SEDAX_SECRETS_KEY), or start with ` +
          'SEDAX_SECRETS_UNREADABLE=refuse and replace these API keys',
      );
    }
    warn({}, `${what}; requests under them are refused`);
  }
  const plain = hmac.filter(({ secret }) => box.keyIdOf(secret) === undefined).length;
  if (plain > 0) warn({}, `${plain} HMAC API keys were stored before secrets were sealed: replace them, the log keeps what it has`);
  if (box.keyId === undefined && mayCreate && file !== undefined) {
    createKeyFile(file);
    box.reload();
  }
  if (box.keyId === undefined) return 'no key: no HMAC API key can be made';
  if (file === undefined) return `key ${box.keyId}`;
  if (isReadByOthers(file)) warn({ file }, 'the file of the secrets keys may be read by others than its owner');
  return `key ${box.keyId} in ${file}`;
}

function problemOf(box: SecretBox, { apiKey, secret }: ApiKey): string | undefined {
  try {
    box.open(secret, apiKey);
    return undefined;
  } catch (error) {
    if (error instanceof SecretBoxError) return error.message;
    throw error;
  }
}
