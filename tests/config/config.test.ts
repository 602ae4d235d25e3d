// Settings: where they come from, which wins, and that a wrong one is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeSettings, envName, loadConfig, settings } from '../../src/config/config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(content: unknown): string {
  const path = join(dir, 'own.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('loadConfig', () => {
  test('gives the embedded defaults of the README', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({
      mode: 'embedded',
      dataDir: './data',
      http: { host: '127.0.0.1', port: 3001 },
      journal: { durability: 'always' },
      demo: { enabled: true },
    });
    expect(Object.isFrozen(config.http.limits)).toBe(true);
  });

  test('environment wins over the file, the command line over both', () => {
    const own = file({ http: { port: 4000 }, log: { level: 'warn' } });
    expect(loadConfig({ env: {}, file: own }).http.port).toBe(4000);
    expect(loadConfig({ env: { SEDAX_HTTP_PORT: '4001' }, file: own })).toMatchObject({ http: { port: 4001 }, log: { level: 'warn' } });
    expect(loadConfig({ env: { SEDAX_HTTP_PORT: '4001' }, file: own, overrides: { 'http.port': 4002 } }).http.port).toBe(4002);
    expect(loadConfig({ env: { SEDAX_CONFIG: own } }).http.port).toBe(4000);
  });

  test.each([
    [{ SEDAX_HTTP_PORT: 'many' }, /SEDAX_HTTP_PORT: must be a whole number, not "many"/],
    [{ SEDAX_HTTP_PORT: '70000' }, /SEDAX_HTTP_PORT: http\.port: must be <= 65535/],
    [{ SEDAX_DEMO_ENABLED: 'maybe' }, /SEDAX_DEMO_ENABLED: must be true or false/],
    [{ SEDAX_JOURNAL_DURABILITY: 'sometimes' }, /journal\.durability: .*always, interval, none/],
    [{ SEDAX_HTP_PORT: '1' }, /SEDAX_HTP_PORT: no such setting/],
    [{ SEDAX_HTTP_TLS_CERT_FILE: '/nowhere.pem' }, /both or neither/],
    [{ SEDAX_MODE: 'distributed', SEDAX_DEMO_ENABLED: 'true' }, /demo\.enabled: must be false in distributed mode/],
    [{ SEDAX_FEES_MAKER: '1.5' }, /fees\.maker/],
  ])('names what is wrong: %j', (env, message) => {
    expect(() => loadConfig({ env: env as Record<string, string> })).toThrow(message);
  });

  test.each([
    [{ http: { prot: 1 } }, /own\.json: http\.prot: no such setting/],
    [{ http: { port: '3001' } }, /own\.json: http\.port: must be integer, not "3001"/],
    ['{ "http": ', /own\.json: /],
    ['[]', /own\.json: must be a JSON object/],
    ['{"__proto__": {"polluted": true}}', /no such setting/],
  ])('names the file and the key: %j', (content, message) => {
    expect(() => loadConfig({ env: {}, file: file(content) })).toThrow(message);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test('every setting has a variable of its own and stands in the help', () => {
  const names = settings().map(({ env }) => env);
  expect(new Set(names).size).toBe(names.length);
  expect(envName('http.limits.bodyBytesMax')).toBe('SEDAX_HTTP_LIMITS_BODY_BYTES_MAX');
  for (const wanted of ['SEDAX_HTTP_PORT', 'SEDAX_HTTP_HOST', 'SEDAX_DATA_DIR', 'SEDAX_ADMIN_TOKEN']) expect(names).toContain(wanted);
  for (const name of names) expect(describeSettings()).toContain(name);
});
