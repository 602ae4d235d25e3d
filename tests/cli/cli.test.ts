// The command line: what it prints, where, and with which exit code.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS, runCli } from '../../src/cli/cli.ts';
import { type CliArgs, type CliIo, configOf, UsageError } from '../../src/cli/command.ts';
import { type LogSource, show, type TailOptions } from '../../src/cli/tail.ts';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { settings } from '../../src/config/config.ts';
import { ApiKeyField, ApiKeyKind } from '../../src/domain/accountProfile.ts';
import { created, EntityType, updated } from '../../src/domain/changeLogEntry.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import { LogWriter, START_US } from '../push/logWriter.ts';

async function run(argv: readonly string[], stdin: readonly Uint8Array[] = [], env: Record<string, string> = {}) {
  let out = '';
  const errors: string[] = [];
  const io: CliIo = {
    env,
    stdin: (async function* () {
      yield* stdin;
    })(),
    write: (text) => {
      out += text;
    },
    complain: (line) => errors.push(line),
  };
  return { code: await runCli(argv, io), out, errors };
}

/** A step with a resting order, a trade and the maker's change. */
function step(): Uint8Array {
  const log = new LogWriter();
  log.place({ orderId: 1, side: Side.SELL, bookLots: 10 }).place({ orderId: 2, accountId: 1001, origLots: 4 }).fill(1, 2, 4);
  return encodeStep(log.message());
}

describe('sedax', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, errors: [] });
  });

  it('lists every command and every setting', async () => {
    for (const argv of [[], ['--help'], ['-h'], ['help']]) {
      const { code, out } = await run(argv);
      expect(code).toBe(0);
      for (const { name, summary } of COMMANDS) expect(out).toContain(`${name.padEnd(15)}  ${summary}`);
      for (const { key, env } of settings()) expect(out).toMatch(new RegExp(`${env}\\n +${key} = `));
    }
  });

  it('explains each command', async () => {
    for (const { name, summary, options } of COMMANDS) {
      const { code, out } = await run([...name.split(' '), '--help']);
      expect([code, out.split('\n')[0]?.startsWith(`usage: sedax ${name} [options]`)]).toEqual([0, true]);
      expect(out).toContain(summary);
      for (const [option, { help }] of Object.entries(options)) expect(out).toMatch(new RegExp(`--${option}\\b.*${help.slice(0, 9)}`));
    }
  });

  it.each([
    [['dance'], 'sedax: no such command: dance (sedax --help lists the commands and every setting)'],
    [['history', 'burn'], 'sedax: no such command: history burn (sedax --help lists the commands and every setting)'],
    [['decode', '--nonsense'], /^sedax decode: .*--nonsense/],
    [['decode', 'file'], /^sedax decode: .*file/],
    [['start', '--port'], /^sedax start: .*--port/],
    [['verify', '--set', 'http.port'], 'sedax verify: --set http.port: write key=value'],
    [['start', '--port', 'x'], 'sedax start: SEDAX_HTTP_PORT: must be a whole number, not "x"'],
    [['verify', '--set', 'http.prot=1'], 'sedax verify: SEDAX_HTTP_PROT: no such setting (sedax --help lists all)'],
  ])('refuses %j', async (argv, problem) => {
    const { code, out, errors } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(errors[0]).toMatch(problem);
  });

  it('names a data folder without a journal', async () => {
    for (const argv of [['verify'], ['history', 'rebuild'], ['tail']]) {
      const { code, out, errors } = await run([...argv, '-d', '/nonexistent']);
      expect([code, out + errors.join('')]).toEqual([2, expect.stringMatching(/^no journal in \/nonexistent\n?$/)]);
    }
  });
});

describe('settings of the command line', () => {
  const io = { env: { SEDAX_HTTP_PORT: '1111', SEDAX_DATA_DIR: '/from/env' } } as unknown as CliIo;
  const args = (options: CliArgs['options']): CliArgs => ({ options, positionals: [] });

  it('win over the environment, --set over the short options', () => {
    expect(configOf(args({}), io)).toMatchObject({ dataDir: '/from/env', http: { port: 1111 } });
    const set = ['http.port=2222', 'pipeline.tickMs=50', 'log.level=silent'];
    const config = configOf(args({ set, 'data-dir': '/from/line' }), io);
    expect(config).toMatchObject({ dataDir: '/from/line', http: { port: 2222 }, log: { level: 'silent' } });
    expect(config.pipeline.tickMs).toBe(50);
    expect(configOf(args({ set }), io, { 'http.port': '3333' }).http.port).toBe(2222);
  });

  it('leaves the environment alone', () => {
    configOf(args({ set: ['http.port=2222'] }), io);
    expect(io.env.SEDAX_HTTP_PORT).toBe('1111');
    expect(() => configOf(args({ set: ['=x'] }), io)).toThrow(UsageError);
  });
});

describe('sedax decode', () => {
  it('prints one line of JSON an entry, with words and times', async () => {
    const bytes = step();
    // In two chunks, as a pipe may bring it.
    const { code, out, errors } = await run(['decode'], [bytes.subarray(0, 7), bytes.subarray(7)]);
    expect([code, errors]).toEqual([0, []]);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ sequence, entity, id, change }) => [sequence, entity, id, change])).toEqual([
      [1, 'SpotOrder', 1, 'Created'],
      [2, 'SpotOrder', 2, 'Created'],
      [3, 'SpotTrade', 'BTCUSDT-1', 'Created'],
      [4, 'SpotOrder', 1, 'Updated'],
    ]);
    expect(lines[0].fields).toMatchObject({ side: 'SELL', status: 'Pending', bookLots: 10 });
    expect(lines[3].changed).toMatchObject({ status: { old: 'Pending', new: 'PartiallyFilled' }, bookLots: { old: 10, new: 6 } });
  });

  it('keeps secrets to itself', async () => {
    const key = {
      apiKey: 'k',
      accountId: 1000,
      kind: ApiKeyKind.HMAC,
      secret: 'hush',
      label: '',
      createdUs: 0,
      canTrade: true,
      ipAllowList: [],
      revoked: false,
      updateUs: 0,
    };
    const changed = [ApiKeyField.secret, 'hush', 'hushhush'];
    const entries = [created(EntityType.ApiKey, 'k', key, START_US), updated(EntityType.ApiKey, 'k', changed, START_US)];
    const { code, out } = await run(['decode'], [encodeStep(entries)]);
    expect(code).toBe(0);
    expect(out).not.toContain('hush');
    expect(out.match(/\[hidden\]/g)).toHaveLength(3);
  });

  it('says it briefly', async () => {
    const { out } = await run(['decode', '-b'], [step()]);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^SpotTrade BTCUSDT-1 Created: tradeId 1, symbol BTCUSDT, priceTicks 100, lots 4, quoteUnits 400, /);
    expect(lines[3]).toBe(
      'SpotOrder 1: status Pending -> PartiallyFilled, executedLots 4, cumQuoteUnits 400, bookLots 10 -> 6, updateId 1 -> 2',
    );
  });

  it('reads base64, one step a line, and goes on after a bad one', async () => {
    const text = Buffer.from(step()).toString('base64');
    const { code, out, errors } = await run(['decode', '--base64'], [Buffer.from(`${text}\n!!!!\n\n${text}\n`)]);
    expect(code).toBe(1);
    expect(out.split('\n')).toHaveLength(9);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^decode: step 2: /);
  });

  it('says what is wrong with bytes that are no step', async () => {
    const { code, out, errors } = await run(['decode'], [Buffer.from('hello')]);
    expect([code, out, errors.length]).toEqual([1, '', 1]);
    expect(await run(['decode'])).toEqual({ code: 2, out: '', errors: ['decode: nothing on stdin'] });
  });
});

describe('sedax tail', () => {
  /** Streams that grow while they are shown. */
  function source(streams: Map<string, Uint8Array[]>): LogSource {
    return {
      streams: () => new Map([...streams].map(([name, messages]) => [name, { first: 1, last: messages.length }])),
      read: (stream, from, limit) =>
        (streams.get(stream) ?? []).slice(from - 1, from - 1 + limit).map((payload, i) => {
          const subject = `spot.trade.match.0.${i === 0 ? 'BTCUSDT' : 'ETHUSDT'}`;
          return { stream, sequence: from + i, subject, headers: {}, payload };
        }),
      close: () => Promise.resolve(),
    };
  }
  const log = (): Map<string, Uint8Array[]> =>
    new Map([
      ['accounts-0', [step()]],
      ['markets-0', [step(), step(), step()]],
    ]);

  async function shown(streams: Map<string, Uint8Array[]>, options: Partial<TailOptions>, more: () => Promise<boolean>) {
    let out = '';
    const errors: string[] = [];
    const io = { write: (text: string) => (out += text), complain: (line: string) => errors.push(line) } as unknown as CliIo;
    const all = { streams: [], subject: undefined, steps: 10, from: undefined, brief: false, ...options };
    const code = await show(source(streams), all, io, more);
    const lines = out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const steps = [...new Set(lines.map(({ stream, message }) => `${stream}@${message}`))];
    return { code, errors, lines, steps };
  }
  const once = (): Promise<boolean> => Promise.resolve(false);

  it('prints the newest steps of every stream, entry by entry', async () => {
    const { code, lines, steps } = await shown(log(), { steps: 2 }, once);
    expect([code, steps]).toEqual([0, ['accounts-0@1', 'markets-0@2', 'markets-0@3']]);
    expect(lines).toHaveLength(12);
    expect(lines[0]).toMatchObject({ stream: 'accounts-0', message: 1, entity: 'SpotOrder', change: 'Created' });
  });

  it('takes streams, a position and a subject', async () => {
    expect((await shown(log(), { streams: ['markets-*'], from: 2 }, once)).steps).toEqual(['markets-0@2', 'markets-0@3']);
    const subject = 'spot.*.*.*.BTCUSDT';
    expect((await shown(log(), { streams: ['markets-0'], subject }, once)).steps).toEqual(['markets-0@1']);
    const { code, errors } = await shown(log(), { streams: ['klines-0'] }, once);
    expect([code, errors]).toEqual([2, ['no such stream; there are: accounts-0, markets-0']]);
  });

  it('follows what comes, in known and in new streams, each step once', async () => {
    const streams = log();
    let polls = 0;
    const more = (): Promise<boolean> => {
      polls++;
      if (polls === 2) streams.get('markets-0')?.push(step());
      if (polls === 3) streams.set('klines-0', [step(), step()]);
      return Promise.resolve(polls < 5);
    };
    const { steps, lines } = await shown(streams, { steps: 1 }, more);
    expect(steps).toEqual(['accounts-0@1', 'markets-0@3', 'markets-0@4', 'klines-0@1', 'klines-0@2']);
    expect(lines).toHaveLength(5 * 4);
  });
});
