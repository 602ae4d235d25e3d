// A certificate makes everything TLS: REST, streams and WebSocket API, for clients that check it; plain HTTP ends.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';
import { hasOpenssl, selfSigned } from '../fixtures/selfSigned.ts';

const CLIENTS = fileURLToPath(new URL('tlsClients.mjs', import.meta.url));

// Skipped where the openssl command is not installed: it makes the certificate.
describe.skipIf(!hasOpenssl)('with a certificate', () => {
  let folder: string;
  let sedax: SedaxProcess;
  let certificate: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sedax-tls-'));
    const { tlsCertFile, tlsKeyFile } = selfSigned(folder);
    certificate = tlsCertFile;
    sedax = await SedaxProcess.start(join(folder, 'data'), {
      SEDAX_JOURNAL_DURABILITY: 'none',
      SEDAX_HTTP_TLS_CERT_FILE: tlsCertFile,
      SEDAX_HTTP_TLS_KEY_FILE: tlsKeyFile,
    });
  });
  afterAll(async () => {
    await sedax.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('ccxt and @binance/spot trade over https and wss', async () => {
    expect(sedax.url).toMatch(/^https:/);
    const [alice, bob] = demoKeys(join(folder, 'data'));
    const { stdout } = await promisify(execFile)(process.execPath, [CLIENTS], {
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: certificate,
        SEDAX_URL: sedax.url,
        ALICE: JSON.stringify(alice),
        BOB: JSON.stringify(bob),
      },
      timeout: 60_000,
    });
    expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toEqual({
      streamAsk: [50_000, 0.5],
      rest: { status: 'closed', average: 50_000, fee: { cost: 0.0001, currency: 'BTC' } },
      userData: true,
      wsApi: { status: 'open', price: 40_000 },
      restUid: alice?.accountId,
      wsApiOpen: ['40000.00000000'],
      streamBids: [['40000.00000000', '0.10000000']],
    });
  }, 90_000);

  test('who does not trust it, or speaks plain HTTP, gets nothing', async () => {
    await expect(fetch(`${sedax.url}/api/v3/ping`)).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    await expect(fetch(`${sedax.url.replace('https', 'http')}/api/v3/ping`)).rejects.toThrow('fetch failed');
    const untrusted = new WebSocket(`${sedax.url.replace('https', 'wss')}/ws`);
    expect((await once(untrusted, 'error'))[0]).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });
});
