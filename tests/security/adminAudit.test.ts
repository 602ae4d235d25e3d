// Tokens and the record of admin actions in a whole exchange: in the log, over restarts, in pages, and without anybody's token.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, startApp } from '../../src/app.ts';
import { runCli } from '../../src/cli/cli.ts';
import { loadConfig } from '../../src/config/config.ts';
import { makeLogger } from '../../src/support/logger.ts';

const dir = mkdtempSync(join(tmpdir(), 'sedax-audit-'));
let app: App;
const logged: string[] = [];

async function start(): Promise<void> {
  const env = { SEDAX_DATA_DIR: dir, SEDAX_HTTP_PORT: '0', SEDAX_DEMO_ENABLED: 'false', SEDAX_JOURNAL_DURABILITY: 'none' };
  const logger = makeLogger({ level: 'trace', format: 'json' }, (line) => logged.push(line));
  app = await startApp({ config: loadConfig({ env }), logger, onFatal: (stage, error) => logged.push(`${stage} ${error.message}`) });
}
beforeAll(start);
afterAll(async () => {
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON of every shape.
async function ask(method: string, path: string, body?: unknown, token = app.adminToken): Promise<{ status: number; body: any }> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const reply = await fetch(`${app.url}/admin/v1${path}`, { method, headers, ...json });
  return { status: reply.status, body: await reply.json() };
}

const tokens: Record<string, string> = {};

it('who did what stands in the log, after a restart too', async () => {
  for (const role of ['VIEWER', 'OPERATOR', 'TREASURER', 'ADMIN']) {
    tokens[role] = (await ask('POST', '/tokens', { name: role.toLowerCase(), role })).body.token;
  }
  const again = await ask('POST', '/tokens', { name: 'viewer', role: 'ADMIN' });
  expect([again.status, again.body.code]).toEqual([409, -4106]);
  const { accountId } = (await ask('POST', '/accounts', { name: 'alice' }, tokens.ADMIN)).body;
  const money = { requestId: 'wire-1', asset: 'BTC', amount: '2' };
  expect((await ask('POST', `/accounts/${accountId}/deposits`, money, tokens.TREASURER)).status).toBe(200);
  expect(
    (await ask('POST', `/accounts/${accountId}/withdrawals`, { ...money, requestId: 'w-1', amount: '3' }, tokens.TREASURER)).status,
  ).toBe(400);
  expect((await ask('POST', `/accounts/${accountId}/deposits`, money, tokens.OPERATOR)).status).toBe(403);
  expect((await ask('POST', '/symbols/BTCUSDT/halt', { reason: 'a test' }, tokens.OPERATOR)).status).toBe(200);
  expect((await ask('POST', '/symbols/BTCUSDT/resume', undefined, tokens.VIEWER)).status).toBe(403);

  const told = async () => (await ask('GET', '/audit', undefined, tokens.VIEWER)).body as Record<string, unknown>[];
  const before = await told();
  expect(before.map(({ id, actor, action, outcome, code }) => [id, actor, action, outcome, code])).toEqual([
    [1, 'bootstrap', 'POST /tokens', 'DONE', 0],
    [2, 'bootstrap', 'POST /tokens', 'DONE', 0],
    [3, 'bootstrap', 'POST /tokens', 'DONE', 0],
    [4, 'bootstrap', 'POST /tokens', 'DONE', 0],
    [5, 'bootstrap', 'POST /tokens', 'REFUSED', -4106],
    [6, 'admin', 'POST /accounts', 'DONE', 0],
    [7, 'treasurer', 'POST /accounts/:accountId/deposits', 'DONE', 0],
    [8, 'treasurer', 'POST /accounts/:accountId/withdrawals', 'REFUSED', -2010],
    [9, 'operator', 'POST /accounts/:accountId/deposits', 'REFUSED', -4109],
    [10, 'operator', 'POST /symbols/:symbol/halt', 'DONE', 0],
    [11, 'viewer', 'POST /symbols/:symbol/resume', 'REFUSED', -4109],
  ]);
  // The deposit's entry in the accounts' log and the action of who made it have the requestId in common.
  expect(before.filter(({ result }) => result === 'wire-1').map(({ actor }) => actor)).toEqual(['treasurer']);
  expect(before[6]).toMatchObject({ target: `/accounts/${accountId}/deposits`, details: JSON.stringify(money), role: 'TREASURER' });
  expect(before[5]).toMatchObject({ result: String(accountId), address: '127.0.0.1' });

  await app.stop();
  await start();
  expect(await told()).toEqual(before);
  expect((await ask('POST', '/symbols/BTCUSDT/resume', undefined, tokens.OPERATOR)).status).toBe(200);
  expect((await told()).at(-1)).toMatchObject({ id: 12, actor: 'operator', outcome: 'DONE' });
});

it('a repeated deposit moves nothing and is not said to', async () => {
  const { accountId } = (await ask('POST', '/accounts', { name: 'bob' })).body;
  const deposit = { requestId: 'wire-2', asset: 'BTC', amount: '1' };
  for (const token of [tokens.TREASURER, tokens.ADMIN]) {
    expect((await ask('POST', `/accounts/${accountId}/deposits`, deposit, token)).status).toBe(200);
  }
  const actions = ((await ask('GET', '/audit?limit=2')).body as Record<string, unknown>[]).map(({ actor, outcome, result }) => [
    actor,
    outcome,
    result,
  ]);
  expect(actions).toEqual([
    ['treasurer', 'DONE', 'wire-2'],
    ['admin', 'DONE', ''],
  ]);
  const entries: string[] = [];
  const io = {
    env: {},
    stdin: (async function* () {})(),
    write: (text: string) => entries.push(text),
    complain: (text: string) => entries.push(text),
  };
  expect(await runCli(['tail', 'balance', '--from', '1', '-d', dir], io)).toBe(0);
  expect(entries.join('').match(/"requestId":"wire-2"/g)).toHaveLength(1);
});

it('a revoked token is out at once, and after a restart', async () => {
  const { tokenId } = (await ask('GET', '/tokens')).body.find(({ name }: { name: string }) => name === 'viewer');
  expect((await ask('DELETE', `/tokens/${tokenId}`, undefined, tokens.ADMIN)).body).toMatchObject({ revoked: true });
  expect((await ask('GET', '/tokens', undefined, tokens.VIEWER)).status).toBe(401);
  expect((await ask('DELETE', '/tokens/000000000000')).body).toMatchObject({ code: -4107 });
  await app.stop();
  await start();
  expect((await ask('GET', '/tokens', undefined, tokens.VIEWER)).status).toBe(401);
  // The name is free again.
  expect((await ask('POST', '/tokens', { name: 'viewer', role: 'VIEWER' })).status).toBe(200);
});

it('pages reach back over everything, many requests at once among them', async () => {
  const first = ((await ask('GET', '/audit')).body as unknown[]).length + 1;
  await Promise.all(
    Array.from({ length: 300 }, (_, i) => ask('POST', '/symbols/BTCUSDT/halt', { reason: `number ${i}` }, tokens.OPERATOR)),
  );
  const seen: Record<string, unknown>[] = [];
  for (let fromId = 1; ; ) {
    const { body } = await ask('GET', `/audit?fromId=${fromId}&limit=37`);
    if (body.length === 0) break;
    seen.push(...body);
    fromId = (seen.at(-1)?.id as number) + 1;
  }
  expect(seen.map(({ id }) => id)).toEqual(Array.from({ length: first + 299 }, (_, i) => i + 1));
  expect(new Set(seen.slice(-300).map(({ outcome, actor }) => `${String(outcome)} ${String(actor)}`))).toEqual(new Set(['DONE operator']));
  const reasons = seen.slice(-300).map(({ details }) => JSON.parse(String(details)).reason);
  expect(new Set(reasons).size).toBe(300);
  expect((await ask('GET', '/audit?limit=2')).body).toEqual(seen.slice(-2));
});

it('no token is on the disk, in the log of the process or in what the log tells people', async () => {
  await app.stop();
  const filesOf = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) =>
      statSync(join(folder, name)).isDirectory() ? filesOf(join(folder, name)) : [join(folder, name)],
    );
  for (const token of Object.values(tokens)) {
    const secret = token.slice(19);
    expect(secret).toHaveLength(43);
    for (const file of filesOf(dir)) expect(readFileSync(file).includes(secret)).toBe(false);
    for (const line of logged) expect(line).not.toContain(secret);
  }
  let out = '';
  const io = {
    env: {},
    stdin: (async function* () {})(),
    write: (text: string) => (out += text),
    complain: (text: string) => (out += text),
  };
  expect(await runCli(['tail', 'admin', '--from', '1', '-d', dir], io)).toBe(0);
  expect(out).toContain('"entity":"AdminToken"');
  expect(out).toContain('"action":"POST /accounts/:accountId/deposits"');
  expect(out).toContain('"hash":"[hidden]"');
  expect(await runCli(['verify', '-d', dir], io)).toBe(0);
  await start();
});
