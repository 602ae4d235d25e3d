// A server that others than this machine reach without TLS says so, and no other does.
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { serveEdges } from '../../src/edges.ts';
import { fakeExchange } from '../fixtures/fakeExchange.ts';

it.each<[string, Record<string, string>, boolean]>([
  ['0.0.0.0', {}, true],
  ['::', {}, true],
  ['192.0.2.1', {}, true],
  ['127.0.0.1', {}, false],
  ['127.0.0.2', {}, false],
  ['::1', {}, false],
  ['localhost', {}, false],
  ['0.0.0.0', { SEDAX_HTTP_TRUSTED_PROXIES: '10.0.0.0/8' }, false],
])('%s %j', async (host, env, warns) => {
  const lines: string[] = [];
  const config = loadConfig({ env: { ...env, SEDAX_HTTP_HOST: host } });
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
  const server = await serveEdges({ exchange: fakeExchange(), config, adminToken: 'x', logger, forClients: true });
  await server.close();
  expect(lines.some((line) => line.includes('plain HTTP'))).toBe(warns);
});
