// `sedax tail` on NATS: what is in the streams, and what comes, without a member or a lease more.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { subjects, subjectsOf } from '../../src/bus/subjects.ts';
import { runCli } from '../../src/cli/cli.ts';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import { BalanceCause } from '../../src/domain/balance.ts';
import { created, EntityType } from '../../src/domain/changeLogEntry.ts';
import { NatsServer } from '../../src/support/natsServer.ts';

let server: NatsServer;
let bus: JetStreamBus;
let written = 0;
beforeAll(async () => {
  server = await NatsServer.start();
  bus = await JetStreamBus.connect({ servers: [server.url], name: 'tail', replicas: 1 });
  for (const stream of ['accounts-0', 'accounts-10', 'markets-0']) await bus.ensureStream(stream, subjectsOf(stream));
  for (let i = 0; i < 600; i++) await write();
}, 600_000);
afterAll(async () => {
  await bus?.close();
  await server?.stop();
});

async function write(): Promise<void> {
  const balance = {
    accountId: 7,
    asset: 'USDT',
    free: BigInt(written),
    locked: 0n,
    updateUs: 1,
    cause: BalanceCause.DEPOSIT,
    requestId: '',
  };
  const entry = created(EntityType.Balance, '7-USDT', balance, 1_700_000_000_000_000 + written);
  entry.sequence = written + 1;
  await bus.append({
    stream: 'accounts-0',
    subject: subjects.balanceSettlement(0, '7'),
    headers: {},
    payload: encodeStep([entry]),
    expectedLastSequence: written++,
  });
}

interface Line {
  readonly stream: string;
  readonly message: number;
  readonly subject: string;
  readonly fields: { readonly free: string };
}

async function tail(argv: readonly string[], env: Record<string, string> = {}, onLine?: (lines: number) => void) {
  let out = '';
  const errors: string[] = [];
  const code = await runCli(['tail', ...argv], {
    env,
    stdin: (async function* () {})(),
    write: (text: string) => {
      out += text;
      onLine?.(out.split('\n').length - 1);
    },
    complain: (line) => errors.push(line),
  });
  const lines = out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  return { code, errors, lines };
}

test('shows the newest, or everything, by stream and subject', async () => {
  const newest = await tail(['--nats', server.url]);
  expect(newest).toMatchObject({ code: 0, errors: [] });
  expect(newest.lines.map(({ message }) => message)).toEqual(Array.from({ length: 10 }, (_, i) => 591 + i));
  expect(newest.lines.at(-1)).toMatchObject({ stream: 'accounts-0', subject: 'spot.balance.settlement.0.7', fields: { free: '599' } });
  const all = await tail(['accounts-0', '--from', '1', '--nats', server.url]);
  expect(all.lines.map(({ message }) => message)).toEqual(Array.from({ length: written }, (_, i) => i + 1));
  expect((await tail(['--nats', server.url, '--subject', 'spot.order.>'])).lines).toEqual([]);
  // As `sedax cluster` writes it for operators.
  const env = { SEDAX_MODE: 'distributed', SEDAX_NATS_SERVERS: server.url };
  expect((await tail(['-n', '3'], env)).lines).toHaveLength(3);
});

test('says what there is when the stream is not, and where it found nobody', async () => {
  expect(await tail(['nowhere-1', '--nats', server.url])).toEqual({
    code: 2,
    errors: ['no such stream; there are: accounts-0, accounts-10, markets-0'],
    lines: [],
  });
  const nobody = await tail(['--nats', '127.0.0.1:1']);
  expect(nobody).toEqual({ code: 2, errors: [expect.stringContaining('no connection to NATS at 127.0.0.1:1: ')], lines: [] });
});
