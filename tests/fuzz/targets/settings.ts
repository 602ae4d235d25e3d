// What an operator writes: configuration files, environment variables, the list of instruments.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, PACKAGE_DIR, settings } from '../../../src/config/config.ts';
import { InstrumentTextError, parseInstruments } from '../../../src/config/instrumentText.ts';
import { ACCEPTED, type FuzzTarget } from '../fuzzTarget.ts';

const all = settings();
const configs = [
  {},
  { mode: 'embedded', dataDir: './x', http: { port: 3001, limits: { bodyBytesMax: 65536 } } },
  { journal: { durability: 'interval', intervalMs: 50 }, pipeline: { acquiring: { admission: { maxPending: 100, minPending: 10 } } } },
  { log: { level: 'warn', format: 'json' }, fees: { maker: '0.001', taker: '0.002' }, http: { trustedProxies: ['10.0.0.0/8'] } },
];

/** Of the problem, without what was written. */
function kindOf(error: ConfigError): string {
  return (error.message.split('\n')[0] ?? '')
    .replace(/^.*?: /, '')
    .replace(/not .*$|"[^"]*"|\d+/g, '')
    .slice(0, 50);
}

export const configFileTarget: FuzzTarget = {
  name: 'config-file',
  form: 'json',
  seeds: configs.map((config) => Buffer.from(JSON.stringify(config))),
  words: [...new Set(all.flatMap(({ key }) => key.split('.')))],
  open: () => {
    const dir = mkdtempSync(join(tmpdir(), 'sedax-fuzz-'));
    const file = join(dir, 'config.json');
    const asBefore = JSON.stringify(loadConfig({ env: {} }));
    let count = 0;
    return {
      run: (input) => {
        writeFileSync(file, input);
        // Nothing a file says may stay behind for the next reading.
        if (++count % 500 === 0 && JSON.stringify(loadConfig({ env: {} })) !== asBefore) throw new Error('the defaults have changed');
        try {
          loadConfig({ env: {}, file });
          return ACCEPTED;
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          return kindOf(error);
        }
      },
      close: async () => rmSync(dir, { recursive: true, force: true }),
    };
  },
};

export const configEnvTarget: FuzzTarget = {
  name: 'config-env',
  form: 'text',
  seeds: [
    'SEDAX_HTTP_PORT=0\nSEDAX_LOG_LEVEL=warn',
    'SEDAX_HTTP_TRUSTED_PROXIES=10.0.0.0/8, 127.0.0.1\nSEDAX_DEMO_ENABLED=off',
    ...all.map(({ env, setting }) => `${env}=${String(setting.default)}`),
  ].map((text) => Buffer.from(text)),
  open: () => ({
    run: (input) => {
      const env: Record<string, string> = {};
      for (const line of input.toString().split('\n')) {
        const at = line.indexOf('=');
        // A NUL ends a variable for the system; SEDAX_CONFIG names a file, which is the other target's business.
        if (at > 0 && !line.includes('\0') && !line.startsWith('SEDAX_CONFIG=')) env[line.slice(0, at)] = line.slice(at + 1);
      }
      try {
        loadConfig({ env });
        return ACCEPTED;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return kindOf(error);
      }
    },
  }),
};

const instruments = JSON.parse(readFileSync(`${PACKAGE_DIR}config/instruments.json`, 'utf8')) as readonly Record<string, unknown>[];

export const instrumentsTarget: FuzzTarget = {
  name: 'instruments',
  form: 'json',
  seeds: [
    instruments.slice(0, 1),
    instruments.slice(0, 2),
    [{ symbol: 'AB', baseAsset: 'A', quoteAsset: 'B', tickSize: '1', stepSize: '1' }],
  ].map((json) => Buffer.from(JSON.stringify(json))),
  words: [...Object.keys(instruments[0]!), ...Object.keys(instruments[0]!.filters as object)],
  open: () => ({
    run: (input) => {
      let json: unknown;
      try {
        json = JSON.parse(input.toString());
      } catch {
        return 'no JSON';
      }
      try {
        parseInstruments(json);
        return ACCEPTED;
      } catch (error) {
        if (!(error instanceof InstrumentTextError)) throw error;
        return error.message
          .replace(/^.*: /, '')
          .replace(/\d+|"[^"]*"/g, '')
          .slice(0, 50);
      }
    },
  }),
};
