// Sealing: what was sealed comes back only under the same key and for the same owner; key files are made once and kept.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newSecretsKey } from '../../src/cli/secrets.ts';
import { loadConfig } from '../../src/config/config.ts';
import { SecretBoxError } from '../../src/ports/secretBox.ts';
import { AesSecretBox, sealingKey } from '../../src/secrets/aesSecretBox.ts';
import { addKey, createKeyFile, defaultKeyFile, isReadByOthers, readKeyFile } from '../../src/secrets/keyFile.ts';
import { secretBoxOf } from '../../src/secrets/secretSettings.ts';

const KEY_A = sealingKey('a'.repeat(64));
const KEY_B = sealingKey(Buffer.alloc(32, 7).toString('base64'));
const box = (...keys: (typeof KEY_A)[]) => new AesSecretBox('the test', () => keys);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-secrets-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a sealed secret', () => {
  it('comes back whole, is never the same twice and shows nothing of the secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 8 }), fc.string(), (secret, owner) => {
        const sealed = box(KEY_A).seal(secret, owner);
        expect(sealed).toMatch(/^sealed:1:[0-9a-f]{8}:[A-Za-z0-9_-]+$/);
        expect(sealed).not.toContain(secret);
        expect(box(KEY_A).seal(secret, owner)).not.toBe(sealed);
        expect(box(KEY_A).open(sealed, owner)).toBe(secret);
      }),
    );
  });

  it('opens for nobody else, under no other key, and not when a single character was changed', () => {
    const sealed = box(KEY_A).seal('hush', 'owner');
    expect(() => box(KEY_A).open(sealed, 'other')).toThrow(SecretBoxError);
    expect(() => box(KEY_B).open(sealed, 'owner')).toThrow(`sealed with the secrets key ${KEY_A.id}, which is not in the test`);
    expect(() => box(KEY_B).open(sealed.replace(KEY_A.id, KEY_B.id), 'owner')).toThrow(/altered/);
    const start = sealed.lastIndexOf(':') + 1;
    // The last character may carry bits that base64 drops.
    for (let at = start; at < sealed.length - 1; at++) {
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      expect(() => box(KEY_A).open(changed, 'owner')).toThrow(SecretBoxError);
    }
    for (const short of ['sealed:1:', `sealed:1:${KEY_A.id}`, `sealed:1:${KEY_A.id}:`, `sealed:1:${KEY_A.id}:AAAA`]) {
      expect(() => box(KEY_A).open(short, 'owner')).toThrow(SecretBoxError);
    }
  });

  it('opens with an older key of several, and is sealed with the first', () => {
    const sealed = box(KEY_A).seal('hush', 'owner');
    const both = box(KEY_B, KEY_A);
    expect(both.open(sealed, 'owner')).toBe('hush');
    expect(both.keyIdOf(both.seal('hush', 'owner'))).toBe(KEY_B.id);
  });

  it('is told from one that never was: that comes back as it is', () => {
    expect(box().open('f'.repeat(64), 'owner')).toBe('f'.repeat(64));
    expect(box().keyIdOf('f'.repeat(64))).toBeUndefined();
    expect(() => box().seal('hush', 'owner')).toThrow(/no secrets key/);
  });
});

describe('a key', () => {
  it.each(['', 'short', 'g'.repeat(64), randomBytes(31).toString('base64'), randomBytes(33).toString('hex')])('is not %j', (text) => {
    expect(() => sealingKey(text)).toThrow(/32 bytes/);
    if (text !== '') expect(() => sealingKey(text)).not.toThrow(text);
  });

  it('of the environment may be several, and wins over the file', () => {
    const keys = [KEY_A, KEY_B].map(({ bytes }) => bytes.toString('hex')).join(', ');
    const config = loadConfig({ env: { SEDAX_SECRETS_KEY: keys, SEDAX_SECRETS_KEY_FILE: join(dir, 'absent') } });
    const both = secretBoxOf(config.secrets);
    expect(both.keyId).toBe(KEY_A.id);
    expect(both.open(box(KEY_B).seal('hush', 'o'), 'o')).toBe('hush');
  });

  it('of a settings file that is no text is refused without being printed', () => {
    const file = join(dir, 'own.json');
    writeFileSync(file, JSON.stringify({ secrets: { key: 4711471147 }, admin: { token: 4711471147 } }));
    expect(() => loadConfig({ env: {}, file })).toThrow(/secrets\.key: must be string, not what was given/);
    expect(() => loadConfig({ env: {}, file })).not.toThrow(/4711/);
  });
});

describe('a key file', () => {
  it('is made once, for its owner alone, and leaves nothing beside it', () => {
    const file = join(dir, 'new', 'secrets.key');
    expect(createKeyFile(file)).toBe(true);
    const text = readFileSync(file, 'utf8');
    expect(createKeyFile(file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(join(dir, 'new'))).toEqual(['secrets.key']);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(isReadByOthers(file)).toBe(false);
    expect(readKeyFile(file)).toHaveLength(1);
  });

  it('takes a new key before the others and keeps what stands there', () => {
    const file = join(dir, 'secrets.key');
    writeFileSync(file, `# mine\n${KEY_A.bytes.toString('hex')}\n\n`);
    const added = addKey(file);
    expect(readKeyFile(file).map(({ id }) => id)).toEqual([added.id, KEY_A.id]);
    expect(readFileSync(file, 'utf8')).toContain('# mine');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['secrets.key']);
  });

  it('that is damaged is named with its line, not with what stands there', () => {
    const file = join(dir, 'secrets.key');
    writeFileSync(file, `${KEY_A.bytes.toString('hex')}\nnonsense\n`);
    expect(() => readKeyFile(file)).toThrow(/secrets\.key, line 2: a secrets key has 32 bytes/);
    expect(() => readKeyFile(file)).not.toThrow(/nonsense/);
    writeFileSync(file, '# nothing\n');
    expect(() => readKeyFile(file)).toThrow(/holds no key/);
    expect(() => addKey(file)).toThrow(/holds no key/);
    expect(readKeyFile(join(dir, 'absent'))).toEqual([]);
  });

  // Root writes wherever it likes.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('that cannot be made says where else it may be', () => {
    chmodSync(dir, 0o500);
    expect(() => createKeyFile(join(dir, 'secrets.key'))).toThrow(/SEDAX_SECRETS_KEY_FILE/);
    chmodSync(dir, 0o700);
  });

  it('lies in the settings folder of the user, not in the data folder', () => {
    if (process.platform === 'win32') return;
    expect(defaultKeyFile({ XDG_CONFIG_HOME: '/x' })).toBe('/x/sedax/secrets.key');
    expect(defaultKeyFile({})).toMatch(/\/\.config\/sedax\/secrets\.key$/);
  });

  it('gets its new key from `sedax secrets new-key`', async () => {
    const file = join(dir, 'secrets.key');
    const written: string[] = [];
    const io = {
      env: { SEDAX_SECRETS_KEY_FILE: file },
      stdin: (async function* () {})(),
      write: (text: string) => written.push(text),
      complain: (text: string) => written.push(text),
    };
    const config = loadConfig({ env: io.env });
    expect(existsSync(file)).toBe(false);
    expect(await newSecretsKey(config, io)).toBe(0);
    expect(await newSecretsKey(config, io)).toBe(0);
    const [first, second] = readKeyFile(file);
    expect(written.join('')).toContain(`key ${first?.id} is the first of 2 in ${file}`);
    for (const key of [first, second]) expect(written.join('')).not.toContain(key?.bytes.toString('base64'));
    writeFileSync(file, 'nonsense');
    expect(await newSecretsKey(config, io)).toBe(1);
    await expect(newSecretsKey(loadConfig({ env: { SEDAX_SECRETS_KEY: 'x' } }), io)).rejects.toThrow(/SEDAX_SECRETS_KEY/);
  });
});
