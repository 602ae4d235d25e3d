// The exchange as its users meet it: a process of its own, real sockets, the API as documented, orders remembered.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { adminRequest, NativeClient } from './nativeClient.ts';
import { adminToken, cli, demoKeys, SedaxProcess } from './sedaxProcess.ts';

let dir: string;
let sedax: SedaxProcess;
let alice: NativeClient;
let bob: NativeClient;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-e2e-'));
  sedax = await SedaxProcess.start(dir);
  clients();
});
afterAll(async () => {
  await sedax.stop();
  rmSync(dir, { recursive: true, force: true });
});

function clients(): void {
  const keys = demoKeys(dir);
  alice = new NativeClient(sedax.url, keys[0] as (typeof keys)[number]);
  bob = new NativeClient(sedax.url, keys[1] as (typeof keys)[number]);
}

async function balance(client: NativeClient, asset: string): Promise<{ free: string; locked: string }> {
  const { body } = await client.request('GET', '/api/spot/user/account');
  return body.balances.find((row: { asset: string }) => row.asset === asset);
}

/** Frames of a native WebSocket, and a wait for the first that fits. */
class Feed {
  readonly frames: Record<string, unknown>[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.frames.push(JSON.parse(String(data)) as Record<string, unknown>));
  }

  static async open(url: string): Promise<Feed> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const feed = new Feed(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return feed;
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  async first(fits: (frame: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    await expect.poll(() => this.frames.some(fits), { timeout: 10_000, interval: 5 }).toBe(true);
    return this.frames.find(fits) as Record<string, unknown>;
  }

  close(): void {
    this.#socket.close();
  }
}

describe('a first start', () => {
  test('says stage by stage what is up, then the URL, and keeps the keys to itself', () => {
    const said = sedax.output.join('');
    for (const stage of ['journal', 'settlement', 'match', 'kline', 'push', 'history', 'acquiring']) expect(said).toContain(`  ${stage}`);
    expect(said).toContain('  registry    7 symbols, 2 accounts');
    expect(said).toMatch(/sedax is ready at http:\/\/127\.0\.0\.1:\d+ after \d+ ms/);
    expect(statSync(join(dir, 'demo-keys.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'admin-token')).mode & 0o777).toBe(0o600);
  });
});

describe('a trade', () => {
  test('from two orders to balances, market data and streams', async () => {
    const feed = await Feed.open(sedax.url);
    feed.send({ op: 'subscribe', channels: ['trades:BTCUSDT', 'depth:BTCUSDT'] });
    await feed.first((frame) => JSON.stringify(frame).includes('snapshot'));

    const sell = await alice.place({ symbol: 'BTCUSDT', side: 'SELL', price: '50000.0', quantity: '1.0' });
    expect(sell).toMatchObject({ status: 200, body: { status: 'Pending', statusCode: 1, executedQuantity: '0.00000000' } });
    const buy = await bob.place({ symbol: 'BTCUSDT', side: 'BUY', price: 50000, quantity: 0.4 });
    expect(buy).toMatchObject({
      status: 200,
      body: {
        status: 'Filled',
        statusCode: 3,
        fills: [{ price: '50000.00000000', quantity: '0.40000000', fee: '0.00040000', feeAsset: 'BTC' }],
      },
    });

    // Read your own writes: what the client was told of is in the next answer.
    expect(await balance(bob, 'BTC')).toMatchObject({ free: '100.39960000', locked: '0.00000000' });
    expect(await balance(alice, 'USDT')).toMatchObject({ free: '1019980.00000000' });
    expect(await balance(alice, 'BTC')).toMatchObject({ free: '99.00000000', locked: '0.60000000' });
    expect((await alice.request('GET', `/api/spot/v2/${sell.body.orderId}?symbol=BTCUSDT`)).body).toMatchObject({
      status: 'PartiallyFilled',
      executedQuantity: '0.40000000',
    });

    const trade = await feed.first((frame) => JSON.stringify(frame).includes('"tradeId":1'));
    expect(JSON.stringify(trade)).toContain('50000.00');
    feed.close();
    // A kline follows its trade by a stage: nobody was told of it yet.
    await vi.waitFor(
      async () => {
        const response = await fetch(`${sedax.url}/api/spot/market/klines?symbol=BTCUSDT&interval=1m`);
        expect(await response.text()).toContain('0.40000000');
      },
      { timeout: 10_000 },
    );
  });

  test('adds up for the operator', async () => {
    const { status, body } = await adminRequest(sedax.url, adminToken(dir), 'GET', '/reconciliation');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('"ok":true');
    expect(JSON.stringify(body)).not.toContain('"ok":false');
    expect((await adminRequest(sedax.url, 'wrong', 'GET', '/reconciliation')).status).toBe(401);
  });
});

describe('a restart', () => {
  test('after SIGTERM and after SIGKILL gives the same orders and balances', async () => {
    const open = async () => (await alice.request('GET', '/api/spot/v2/open?symbol=BTCUSDT')).body;
    const before = [await open(), await balance(alice, 'BTC'), await balance(bob, 'USDT')];
    expect(await sedax.stop()).toBe(0);
    sedax = await SedaxProcess.start(dir);
    clients();
    expect([await open(), await balance(alice, 'BTC'), await balance(bob, 'USDT')]).toEqual(before);
    await sedax.kill();
    sedax = await SedaxProcess.start(dir);
    clients();
    expect([await open(), await balance(alice, 'BTC'), await balance(bob, 'USDT')]).toEqual(before);
    const again = await bob.place({ symbol: 'BTCUSDT', side: 'BUY', price: '50000', quantity: '0.1' });
    expect(again.body).toMatchObject({ status: 'Filled' });
  });

  test('a second process on the same folder is refused with a reason', async () => {
    const { code, output } = await cli(['start', '--data-dir', dir, '--port', '0']);
    expect(code).toBe(1);
    expect(output).toMatch(/could not start: .*/);
    expect(output).toContain(dir);
  });
});

test('--help lists every setting, a wrong one is named', async () => {
  expect((await cli(['--help'])).output).toContain('SEDAX_JOURNAL_DURABILITY');
  const wrong = await cli(['start'], { SEDAX_HTTP_PORT: 'many' });
  expect(wrong.code).toBe(2);
  expect(wrong.output).toContain('SEDAX_HTTP_PORT: must be a whole number, not "many"');
});

test('the first trade of the README works when pasted', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const block = /## A first trade[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  const script = block.replaceAll('http://127.0.0.1:3001', sedax.url).replaceAll("'data/demo-keys.json'", `'${dir}/demo-keys.json'`);
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
  expect(stderr).toBe('');
  const [, filled, account] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(filled).toMatchObject({ status: 'Filled', executedQuantity: '0.40000000' });
  expect(account).toMatchObject({ name: 'demo bob' });
});
