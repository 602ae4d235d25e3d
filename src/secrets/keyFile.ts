// The file of the secrets keys: one key a line in base64 or hex, the first one seals, all of them open. Empty lines and lines
// that begin with # mean nothing. Made with mode 0600, and on the disk before anything is sealed with it.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SecretBoxError } from '../ports/secretBox.ts';
import { KEY_BYTES, type SealingKey, sealingKey } from './aesSecretBox.ts';

const HEADER =
  '# Secrets keys of sedax: the first one seals, all of them open. Without them no HMAC API key works any more:\n# keep a copy, and not beside the backups of the data folder.\n';

/** The folder of the user's own settings: not the data folder, so that a copy of that gives no secret away. */
export function defaultKeyFile(env: Readonly<Record<string, string | undefined>>): string {
  const folder = process.platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME;
  return join(folder === undefined || folder === '' ? join(homedir(), '.config') : folder, 'sedax', 'secrets.key');
}

/** The keys in the order of the lines; none when there is no such file. Throws SecretBoxError. */
export function readKeyFile(file: string): SealingKey[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new SecretBoxError(`the secrets keys cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const keys: SealingKey[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) continue;
    try {
      keys.push(sealingKey(key));
    } catch (error) {
      if (!(error instanceof SecretBoxError)) throw error;
      throw new SecretBoxError(`${file}, line ${i + 1}: ${error.message}`);
    }
  }
  if (keys.length === 0) throw new SecretBoxError(`${file}: holds no key`);
  return keys;
}

/** Whether others than its owner may read the file; never known on Windows. */
export function isReadByOthers(file: string): boolean {
  return process.platform !== 'win32' && (statSync(file).mode & 0o044) !== 0;
}

/** A new key in a new file. False when the file exists: somebody else was faster, and nothing was changed. */
export function createKeyFile(file: string): boolean {
  const made = writeBeside(file, `${HEADER}${newKey()}\n`);
  try {
    // Unlike a rename, a link never replaces what is there.
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw failed(file, error);
    return false;
  } finally {
    unlinkSync(made);
  }
  syncFolder(file);
  return true;
}

/** A new key before the others, which stay to open what they sealed. Makes the file when there is none. */
export function addKey(file: string): SealingKey {
  const isNew = readKeyFile(file).length === 0;
  const key = newKey();
  try {
    renameSync(writeBeside(file, isNew ? `${HEADER}${key}\n` : `${key}\n${readFileSync(file, 'utf8')}`), file);
  } catch (error) {
    throw error instanceof SecretBoxError ? error : failed(file, error);
  }
  syncFolder(file);
  return sealingKey(key);
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

/** The text on the disk, under another name in the same folder. */
function writeBeside(file: string, text: string): string {
  const path = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const handle = openSync(path, 'wx', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw failed(file, error);
  }
  return path;
}

/** The name of the file is as durable as its bytes; Windows does not open folders. */
function syncFolder(file: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(dirname(file), 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function failed(file: string, error: unknown): SecretBoxError {
  const why = `the secrets keys cannot be written to ${file}: ${(error as Error).message}`;
  return new SecretBoxError(`${why}. Name another file (secrets.keyFile, SEDAX_SECRETS_KEY_FILE) or give the key (SEDAX_SECRETS_KEY)`, {
    cause: error,
  });
}
