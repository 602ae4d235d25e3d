// Commands over the data folder of an exchange that traded and stopped: tail, verify, history rebuild; and replay, which
// brings an exchange of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { CliIo } from '../../src/cli/command.ts';
import { openHistory } from '../../src/history/openHistory.ts';
import { order, Venue } from '../pipeline/venue.ts';

const dir = mkdtempSync(join(tmpdir(), 'sedax-cli-'));
let accountId: number;

beforeAll(async () => {
  const venue = await Venue.open({ dir });
  accountId = await venue.fundedAccount('alice');
  const other = await venue.fundedAccount('bob');
  const symbol = 'BTCUSDT';
  await venue.exchange.placeOrder({ accountId, symbol, order: order('SELL', 5_000_000, 100) });
  await venue.exchange.placeOrder({ accountId: other, symbol, order: order('BUY', 5_000_000, 60) });
  await venue.pipeline.barrier();
  await venue.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; errors: string[] }> {
  let out = '';
  const errors: string[] = [];
  const io: CliIo = {
    env: {},
    stdin: (async function* () {})(),
    write: (text) => {
      out += text;
    },
    complain: (line) => errors.push(line),
  };
  return { code: await runCli(argv, io), out, errors };
}

describe('over a data folder', () => {
  it('tail shows the life of an order', async () => {
    const { code, out, errors } = await run('tail', 'markets-0', 'accounts-0', '-d', dir, '--from', '1', '-s', 'spot.*.match.0.*');
    expect([code, errors]).toEqual([0, []]);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ subject, entity, change }) => `${subject} ${entity} ${change}`)).toEqual([
      'spot.order.match.0.BTCUSDT SpotOrder Created',
      'spot.trade.match.0.BTCUSDT SpotOrder Created',
      'spot.trade.match.0.BTCUSDT SpotTrade Created',
      'spot.trade.match.0.BTCUSDT SpotOrder Updated',
      'spot.trade.match.0.BTCUSDT SpotOrder Updated',
    ]);
  });

  it('tail follows a topic and a symbol', async () => {
    const trades = await run('tail', 'trade', '-d', dir, '--from', '1', '--symbol', 'btcusdt');
    expect(
      trades.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).subject),
    ).toEqual(Array(4).fill('spot.trade.match.0.BTCUSDT'));
    expect((await run('tail', 'trade', '-d', dir, '--from', '1', '--symbol', 'ETHUSDT')).out).toBe('');
  });

  it('verify finds every invariant held, and an acknowledged order that is not there', async () => {
    const { code, out } = await run('verify', '-d', dir);
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([0, expect.stringMatching(/2 orders, 1 trades: every invariant holds$/)]);
    const file = join(dir, 'told.json');
    writeFileSync(file, JSON.stringify({ orders: [4711] }));
    const told = await run('verify', '-d', dir, '--acknowledged', file);
    expect(told.code).toBe(1);
    expect(told.out).toContain('PROBLEM order 4711 was acknowledged and is not in the log');
  });

  it('history copy makes another that is as far', async () => {
    const to = join(dir, 'copy', 'history');
    expect(await run('history', 'copy', to, '-d', dir)).toMatchObject({ code: 0, out: expect.stringContaining(`copied to ${to}`) });
    const positions = async (at: string): Promise<number[]> => {
      const history = openHistory({ dir: at });
      const reached = ['accounts-0', 'markets-0', 'klines-0'].map((stream) => history.position(stream));
      await history.close();
      return reached;
    };
    const copied = await positions(to);
    expect(Math.min(...copied)).toBeGreaterThan(0);
    expect(copied).toEqual(await positions(join(dir, 'history')));
    expect(await run('history', 'copy', to, '-d', dir)).toMatchObject({ code: 2, out: `${to} is not empty\n` });
    expect(await run('history', 'copy', '-d', dir)).toMatchObject({
      code: 2,
      errors: [expect.stringContaining('name one folder'), expect.anything()],
    });
  });

  it('history rebuild brings the same answers back', async () => {
    const answers = async (): Promise<unknown> => {
      const history = openHistory({ dir: join(dir, 'history') });
      try {
        return {
          orders: history.orders(accountId, 'BTCUSDT', { limit: 10 }),
          trades: history.trades('BTCUSDT', { limit: 10 }),
          mine: history.accountTrades(accountId, 'BTCUSDT', { limit: 10 }),
          balances: history.balanceChanges(accountId, undefined, { limit: 100 }),
          klines: history.klines('BTCUSDT', '1m', { limit: 10, nowUs: Date.now() * 1000 }),
          positions: ['accounts-0', 'markets-0', 'klines-0'].map((stream) => history.position(stream)),
        };
      } finally {
        await history.close();
      }
    };
    const before = await answers();
    expect(before).toMatchObject({ orders: [{ executedLots: 60 }], trades: [{ lots: 60 }] });
    rmSync(join(dir, 'history'), { recursive: true });
    const { code, out } = await run('history', 'rebuild', '-d', dir);
    expect([code, out]).toEqual([0, expect.stringMatching(/^accounts-0: \d+ steps\nmarkets-0: \d+ steps\nklines-0: \d+ steps\n$/)]);
    expect(await answers()).toEqual(before);
  });
});

describe('replay', () => {
  const line = (message: object): string => `2016-03-12 00:08:51,403 ${JSON.stringify(message)}`;
  const received = (orderId: string, side: string, price: string, size: string): object => ({
    type: 'received',
    order_id: orderId,
    order_type: 'limit',
    side,
    price,
    size,
    time: '2016-03-12T05:08:36.803603Z',
  });
  const recording = (matchSize: string): string => {
    const file = join(dir, `recording-${matchSize}.txt`);
    const lines = [
      { type: 'open', order_id: 'a', side: 'sell', price: '413.00', remaining_size: '2', time: '' },
      received('b', 'buy', '413.00', '0.5'),
      { type: 'match', maker_order_id: 'a', taker_order_id: 'b', side: 'sell', price: '413.00', size: matchSize, time: 'x' },
      { type: 'done', order_id: 'b', reason: 'filled', time: 'x' },
    ];
    writeFileSync(file, `${lines.map(line).join('\n')}\n`);
    return file;
  };

  it('agrees with a venue that matched as we do, and says where one did not', async () => {
    const alike = await run('replay', '--format', 'coinbase-full', recording('0.5'));
    expect(alike.errors).toEqual([]);
    expect([alike.code, alike.out.trimEnd().split('\n').at(-1)]).toEqual([0, 'exactly as at the venue']);
    const unlike = await run('replay', recording('0.4'));
    expect(unlike.code).toBe(1);
    expect(unlike.out).toContain('DIFFERENCE trade 1: ours a b 41300 50000000, the venue');
    expect((await run('replay', join(dir, 'absent'))).code).toBe(2);
    expect((await run('replay')).code).toBe(2);
    expect((await run('replay', '--format', 'other', recording('0.5'))).code).toBe(2);
  });
});
