// `sedax cluster`: the whole topology comes up on this machine, with TLS and a user per role, serves, and goes without a trace.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adminRequest } from './nativeClient.ts';
import { cli } from './sedaxProcess.ts';

const BIN = fileURLToPath(new URL('../../bin/sedax.js', import.meta.url));
const ROLES = ['acquiring-1', 'admin-1', 'settlement-1', 'match-1', 'match-2', 'kline-1'];

let dir: string;
let child: ChildProcess | undefined;
let output = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-cluster-'));
  output = '';
});
afterEach(() => {
  for (const pid of pids()) if (isThere(pid)) process.kill(pid, 'SIGKILL');
  if (child?.exitCode === null) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** Of everything it said it started. */
const pids = (): number[] => [...output.matchAll(/\bpid (\d+)/g)].map(([, pid]) => Number(pid));

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 150_000;
  while (!holds()) {
    if (Date.now() > end || (child?.exitCode ?? null) !== null) throw new Error(`not ${what}:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('comes up, serves, and ends at Ctrl-C with nothing left behind', { timeout: 240_000 }, async () => {
  const counts = ['--match', '2', '--push', '0', '--history', '0'];
  const settings = ['pipeline.accountPartitions=2', 'pipeline.marketPartitions=2'].flatMap((one) => ['--set', one]);
  child = spawn(process.execPath, [BIN, 'cluster', '--dir', dir, '--port', '0', ...counts, ...settings], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child?.once('exit', resolve));
  const note = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', note);
  for (const name of ROLES) await until(() => new RegExp(`^${name} +\\| sedax is ready`, 'm').test(output), `ready: ${name}`);

  const url = /^acquiring-1 +\| sedax is ready at (\S+)/m.exec(output)![1]!;
  const token = /SEDAX_ADMIN_TOKEN=(.*)/.exec(readFileSync(join(dir, 'keys', 'acquiring.env'), 'utf8'))![1]!;
  const { status, body } = await adminRequest(url, token, 'POST', '/accounts', { name: 'alice' });
  expect([status, body]).toMatchObject([200, { accountId: expect.any(Number) }]);
  const deposit = { requestId: 'd1', asset: 'USDT', amount: '100' };
  expect((await adminRequest(url, token, 'POST', `/accounts/${body.accountId}/deposits`, deposit)).status).toBeLessThan(300);
  expect((await fetch(`${url}/api/spot/health`)).status).toBe(200);

  // Pages and symbols are announced by who has them.
  const saying = (what: string): (string | undefined)[] =>
    output.split('\n').flatMap((line) => (line.includes(what) ? [line.split(' ', 1)[0]] : []));
  expect(saying('  API ')).toEqual(['acquiring-1']);
  expect(saying('  registry    7 symbols, 0 accounts')).toEqual(['admin-1']);

  expect(pids()).toHaveLength(3 + ROLES.length);
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(output).toContain(`stopped; the data is in ${dir}`);
  for (const name of ROLES) expect(output).toMatch(new RegExp(`^${name} +\\| stopped`, 'm'));
  expect(pids().filter(isThere)).toEqual([]);
});

test('says in a line that a port is taken', async () => {
  const taken = createServer();
  // Every address, as the nats-servers of the cluster listen.
  await new Promise<void>((resolve) => taken.listen(0, '0.0.0.0', resolve));
  const { port } = taken.address() as AddressInfo;
  try {
    const { code, output: said } = await cli(['cluster', '--dir', dir, '--nats-port', String(port)]);
    expect(code).toBe(1);
    expect(said.trim()).toMatch(/^sedax cluster could not start: nats-server: Error listening on port: .*address already in use"?$/);
  } finally {
    taken.close();
  }
});
