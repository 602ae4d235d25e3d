// A whole exchange on disk: after keys were made, used, misused and sealed again, neither the data folder nor the log says a
// secret; without the key the exchange does not start, or refuses what it cannot verify.
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { ApiKeyKind } from '../../src/domain/accountProfile.ts';
import { addKey, readKeyFile } from '../../src/secrets/keyFile.ts';
import { makeLogger } from '../../src/support/logger.ts';

let dir: string;
let keyFile: string;
let app: App | undefined;
const logged: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-rest-'));
  keyFile = join(dir, 'settings', 'secrets.key');
  logged.length = 0;
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  rmSync(dir, { recursive: true, force: true });
});

async function start(env: Readonly<Record<string, string>> = {}, format: 'json' | 'text' = 'json'): Promise<App> {
  const config = loadConfig({
    env: {
      SEDAX_DATA_DIR: join(dir, 'data'),
      SEDAX_SECRETS_KEY_FILE: keyFile,
      SEDAX_HTTP_PORT: '0',
      SEDAX_DEMO_ENABLED: 'false',
      SEDAX_JOURNAL_DURABILITY: 'none',
      ...env,
    },
  });
  const logger = makeLogger({ level: 'trace', format }, (line) => logged.push(line));
  app = await startApp({ config, logger, onFatal: (stage, error) => logged.push(`${stage} ${error.message}`) });
  return app;
}

async function stop(): Promise<void> {
  await app?.stop();
  app = undefined;
}

interface Key {
  readonly accountId: number;
  readonly apiKey: string;
  readonly secret: string;
}

async function newKey(): Promise<Key> {
  const { accountId } = (await asAdmin('POST', '/accounts', { name: 'alice' })).body as { accountId: number };
  return (await asAdmin('POST', `/accounts/${accountId}/api-keys`, { label: 'bot' })).body as Key;
}

async function asAdmin(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const { url, adminToken } = app as App;
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const reply = await fetch(`${url}/admin/v1${path}`, { method, headers, ...json });
  return { status: reply.status, body: await reply.json() };
}

/** The HTTP status of a signed request, native and Binance. */
async function signed({ apiKey, secret }: Key, over: Readonly<Record<string, string>> = {}): Promise<[number, number]> {
  const { url } = app as App;
  const now = String(Date.now());
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('hex');
  const path = '/api/spot/user/account';
  const signature = sign(`${now}GET${path}`);
  const native = await fetch(url + path, {
    headers: { 'x-sedax-apikey': apiKey, 'x-sedax-timestamp': now, 'x-sedax-signature': signature, ...over },
  });
  const query = `timestamp=${now}`;
  const binance = await fetch(`${url}/api/v3/account?${query}&signature=${over['x-sedax-signature'] ?? sign(query)}`, {
    headers: { 'x-mbx-apikey': over['x-sedax-apikey'] ?? apiKey },
  });
  return [native.status, binance.status];
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}

/** Files of the data folder with the secret in them, as text or as the bytes it stands for. */
function filesWith(secret: string): string[] {
  const shapes = [Buffer.from(secret), Buffer.from(secret, 'hex'), Buffer.from(Buffer.from(secret).toString('base64'))];
  return filesOf(join(dir, 'data')).filter((file) => {
    const bytes = readFileSync(file);
    return shapes.some((shape) => shape.length > 0 && bytes.includes(shape));
  });
}

it.each(['json', 'text'] as const)('nothing on the disk and nothing in the %s log says a secret', async (format) => {
  await start({}, format);
  const key = await newKey();
  expect(key.secret).toMatch(/^[0-9a-f]{64}$/);
  expect(await signed(key)).toEqual([200, 200]);
  // Every way to be refused, and an admin's own mistakes.
  expect(await signed(key, { 'x-sedax-signature': '0'.repeat(64) })).toEqual([400, 400]);
  expect(await signed(key, { 'x-sedax-apikey': 'B'.repeat(64) })).toEqual([401, 401]);
  expect(await signed({ ...key, secret: `${key.secret}0` })).toEqual([400, 400]);
  expect((await asAdmin('POST', `/accounts/${key.accountId}/api-keys`, { kind: 'RSA', publicKey: 'none' })).status).toBe(400);
  expect((await asAdmin('POST', '/accounts/999999/api-keys', {})).status).toBe(404);
  const shown = await asAdmin('GET', `/accounts/${key.accountId}`);
  expect(JSON.stringify(shown.body)).not.toContain(key.secret);
  expect(JSON.stringify(shown.body)).not.toContain('sealed:');
  const logger = makeLogger({ level: 'trace', format }, (line) => logged.push(line));
  const row = (app as App).exchange.registry.apiKey(key.apiKey);
  logger.debug({ key: row, secret: key.secret, err: Object.assign(new Error('failed'), { key: row }) }, 'an error with a key in it');
  logger
    .child({ token: key.secret })
    .error(Object.assign(new Error('failed', { cause: Object.assign(new Error('why'), { row }) }), { a: [{ row }] }));
  const { adminToken } = app as App;
  // With a snapshot of every stage; then again, from the snapshots.
  await stop();
  expect(filesWith(key.secret)).toEqual([]);
  await start({}, format);
  expect(await signed(key)).toEqual([200, 200]);
  expect((await asAdmin('DELETE', `/accounts/${key.accountId}/api-keys/${key.apiKey}`)).status).toBe(200);
  expect(await signed(key)).toEqual([401, 401]);
  await stop();
  expect(filesWith(key.secret)).toEqual([]);
  expect(logged.filter((line) => line.includes('[hidden]')).length).toBeGreaterThan(0);
  for (const line of logged) for (const hidden of [key.secret, adminToken]) expect(line).not.toContain(hidden);
});

it('a public key stays what it is', async () => {
  await start();
  const { accountId } = await newKey();
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { body } = await asAdmin('POST', `/accounts/${accountId}/api-keys`, { kind: 'ED25519', publicKey });
  expect(body).toMatchObject({ publicKey });
  const { exchange } = app as App;
  expect(exchange.registry.apiKey((body as Key).apiKey)).toMatchObject({ kind: ApiKeyKind.ED25519, secret: publicKey });
});

it('does not start without the key that sealed, says which, and refuses the API keys when told to go on', async () => {
  await start();
  const key = await newKey();
  await stop();
  const [first] = readKeyFile(keyFile);
  const text = readFileSync(keyFile, 'utf8');

  rmSync(keyFile);
  const missing = new RegExp(`1 of 1 HMAC API keys cannot be opened: .* ${first?.id}, which is not in ${keyFile}.*SEDAX_SECRETS_KEY`);
  await expect(start()).rejects.toThrow(missing);
  expect(filesOf(dir).filter((file) => file.endsWith('.key'))).toEqual([]);
  await expect(start({ SEDAX_SECRETS_KEY: 'f'.repeat(64) })).rejects.toThrow(/which is not in secrets\.key/);
  await expect(start({ SEDAX_SECRETS_KEY: 'nonsense' })).rejects.toThrow(/32 bytes/);

  await start({ SEDAX_SECRETS_KEY: 'f'.repeat(64), SEDAX_SECRETS_UNREADABLE: 'refuse' });
  expect(await signed(key)).toEqual([400, 400]);
  // Nor does the empty secret, or the sealed one, sign for it.
  const sealed = (app as App).pipeline.registry.apiKey(key.apiKey)?.secret as string;
  expect(sealed).toMatch(/^sealed:/);
  for (const secret of ['', sealed]) expect(await signed({ ...key, secret })).toEqual([400, 400]);
  expect((await asAdmin('GET', '/secrets')).body).toMatchObject({ plain: 0, unreadable: 1 });
  expect(await signed(await newKey())).toEqual([200, 200]);
  expect((await asAdmin('DELETE', `/accounts/${key.accountId}/api-keys/${key.apiKey}`)).status).toBe(200);
  await stop();

  // Revoked keys are nobody's trouble any more; the others want their key.
  writeFileSync(keyFile, text);
  await expect(start()).rejects.toThrow(/1 of 1 HMAC API keys/);
  await start({ SEDAX_SECRETS_KEY: 'f'.repeat(64) });
});

it('seals everything again with a new key, while it runs, after which the old key is not needed', async () => {
  await start();
  const keys = [await newKey(), await newKey(), await newKey()];
  const [before] = readKeyFile(keyFile);
  expect((await asAdmin('GET', '/secrets')).body).toEqual({
    keyId: before?.id,
    sealedWith: { [before?.id as string]: 3 },
    plain: 0,
    unreadable: 0,
  });
  const after = addKey(keyFile);
  const { status, body } = await asAdmin('POST', '/secrets/rotate');
  expect([status, body]).toEqual([200, { keyId: after.id, sealedWith: { [after.id]: 3 }, plain: 0, unreadable: 0 }]);
  for (const key of keys) expect(await signed(key)).toEqual([200, 200]);
  await stop();
  for (const key of keys) expect(filesWith(key.secret)).toEqual([]);

  writeFileSync(keyFile, after.bytes.toString('hex'));
  await start();
  for (const key of keys) expect(await signed(key)).toEqual([200, 200]);
  writeFileSync(keyFile, 'nonsense');
  const refused = await asAdmin('POST', '/secrets/rotate');
  expect(refused).toMatchObject({ status: 400, body: { code: -4108 } });
  expect(await signed(keys[0] as Key)).toEqual([200, 200]);
});
