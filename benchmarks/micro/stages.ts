// What an order costs in each stage when nothing lies between them: the reducers and folds called one after the other on
// batches, no actors, no log, no journal. The difference to the pipeline's figure is what carries the entries. Run:
//   npm run --silent bench:build && node .cache/bench/benchmarks/micro/stages.js [orders] [accounts] [batch]
// Checks that every account's reservations add up at the end.
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunContext } from '../../src/actors/behaviour.ts';
import { KLineBehaviour, type KLineInput } from '../../src/actors/kline/klineBehaviour.ts';
import { MarketBehaviour, type MarketInput } from '../../src/actors/match/marketBehaviour.ts';
import { PushHub } from '../../src/actors/push/pushHub.ts';
import { type AccountAnswer, AccountBehaviour, type AccountInput } from '../../src/actors/settlement/accountBehaviour.ts';
import { encodeStep } from '../../src/codec/stepCodec.ts';
import type { Account } from '../../src/domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import type { ChangeLogEntry } from '../../src/domain/changeLogEntry.ts';
import type { KLineBuilder } from '../../src/domain/kline/klineBuilder.ts';
import type { Market } from '../../src/domain/market/market.ts';
import { openHistory } from '../../src/history/openHistory.ts';
import type { Registry } from '../../src/ports/exchangePort.ts';
import { makeInstrument, makeProfile } from '../../tests/fixtures/fakeExchange.ts';
import { order } from '../../tests/pipeline/venue.ts';

const ORDERS = Number(process.argv[2] ?? 300_000);
const ACCOUNTS = Number(process.argv[3] ?? 100);
const BATCH = Number(process.argv[4] ?? 1_000);

const instrument = makeInstrument();
const profiles = new Map<number, ReturnType<typeof makeProfile>>();
for (let i = 0; i < ACCOUNTS; i++) profiles.set(1000 + i, makeProfile({ accountId: 1000 + i }));
const registry = {
  instrument: () => instrument,
  profile: (id: number) => profiles.get(id),
  assetScale: () => 8,
} as unknown as Registry;

const settlement = new AccountBehaviour({
  partition: 0,
  accountPartitions: 1,
  marketPartitions: 1,
  registry,
  limits: NO_ACCOUNT_LIMITS,
  onPoison: () => {},
});
const match = new MarketBehaviour({ partition: 0, accountPartitions: 1, marketPartitions: 1, registry, onPoison: () => {} });
const kline = new KLineBehaviour({ partition: 0, onPoison: () => {} });
const hub = new PushHub({ instruments: () => instrument });
const dir = mkdtempSync(join(tmpdir(), 'sedax-stages-'));
const history = openHistory({ dir });

const accounts = new Map<number, Account>();
const account = (id: number): Account => {
  const known = accounts.get(id) ?? (settlement.create(id) as Account);
  accounts.set(id, known);
  return known;
};
const market = match.create('BTCUSDT') as Market;
const builder = kline.create('BTCUSDT') as KLineBuilder;

const spent = new Map<string, number>();
function timed<T>(stage: string, work: () => T): T {
  const from = performance.now();
  const result = work();
  spent.set(stage, (spent.get(stage) ?? 0) + performance.now() - from);
  return result;
}

let nowUs = 1_700_000_000_000_000;
let replies = 0;
const asker = { answered: (answer: AccountAnswer): void => void ('ok' in answer && answer.ok && replies++) };
let forwarded: [number, AccountInput][] = [];
const contextOf = (out: ChangeLogEntry[], later: (() => void)[]): RunContext => ({
  nowUs,
  out,
  afterPersisted: (asker, answer) => later.push(() => asker.answered(answer)),
  forward: (key, input) => forwarded.push([key as number, input as AccountInput]),
});

const sequences = { accounts: 0, markets: 0, klines: 0 };
const steps = { accounts: 0, markets: 0, klines: 0 };
function publish(stream: 'accounts' | 'markets' | 'klines', out: ChangeLogEntry[]): void {
  if (out.length === 0) return;
  for (const entry of out) entry.sequence = ++sequences[stream];
  const encoded = timed(`encode ${stream}`, () => encodeStep(out));
  bytes += encoded.length;
  const step = ++steps[stream];
  timed('push', () => {
    if (stream === 'accounts') hub.onAccounts(out, nowUs);
    else if (stream === 'markets') hub.onMarket(out, nowUs);
    else hub.onKlines(out, nowUs);
  });
  timed('history', () => history.apply(`${stream}-0`, step, encoded));
}

let bytes = 0;
let commandId = 0;
let seed = 42;
const next = (bound: number): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed % bound;
};

function runAccounts(inputs: readonly [number, AccountInput][], stage: string): ChangeLogEntry[] {
  const out: ChangeLogEntry[] = [];
  const later: (() => void)[] = [];
  timed(stage, () => {
    const context = contextOf(out, later);
    for (const [id, input] of inputs) settlement.run(account(id), input, context);
    const fees = forwarded;
    forwarded = [];
    if (fees.length > 0)
      settlement.run(
        account(0),
        fees.map(([, input]) => input).reduce((a, b) => settlement.merge(a, b)),
        context,
      );
  });
  for (const action of later) action();
  return out;
}

for (const id of profiles.keys()) {
  for (const asset of ['BTC', 'USDT']) {
    const command = {
      kind: 'Deposit',
      commandId: ++commandId,
      accountId: id,
      requestId: `r${commandId}`,
      asset,
      units: 10n ** 14n,
    } as const;
    publish('accounts', runAccounts([[id, { kind: 'command', command, asker: { answered: () => {} } }]], 'deposit'));
  }
}
spent.clear();
const cpu = process.cpuUsage();
for (let sent = 0; sent < ORDERS; sent += BATCH) {
  nowUs += 10_000;
  const inputs = timed('commands', () => {
    const made: [number, AccountInput][] = [];
    for (let i = 0; i < BATCH; i++) {
      const accountId = 1000 + next(ACCOUNTS);
      const terms = order(next(2) === 0 ? 'BUY' : 'SELL', 5_000_000 + next(200) - 100, 100 + next(1000), {
        timeInForce: next(4) === 0 ? 1 : 2,
      });
      const command = { kind: 'PlaceOrder', commandId: ++commandId, accountId, symbol: 'BTCUSDT', order: terms } as const;
      made.push([accountId, { kind: 'command', command, asker }]);
    }
    return made;
  });
  const placed = runAccounts(inputs, 'reserve');
  publish('accounts', placed);
  const toMatch: MarketInput[] = [];
  timed('route to match', () => match.route('accounts-0', placed, (_key, input) => toMatch.push(input)));
  const matched: ChangeLogEntry[] = [];
  timed('match', () => {
    const context = contextOf(matched, []);
    for (const input of toMatch) match.run(market, input, context);
  });
  publish('markets', matched);
  const toSettle: [number, AccountInput][] = [];
  timed('route to settle', () => settlement.route('markets-0', matched, (key, input) => toSettle.push([key as number, input])));
  publish('accounts', runAccounts(toSettle, 'settle'));
  const toKline: KLineInput[] = [];
  const klines: ChangeLogEntry[] = [];
  timed('kline', () => {
    kline.route('markets-0', matched, (_key, input) => toKline.push(input));
    for (const input of toKline) kline.run(builder, input, contextOf(klines, []));
  });
  publish('klines', klines);
  if (history.unflushedBytes > 16 * 2 ** 20) {
    const from = performance.now();
    await history.flush();
    spent.set('history flush', (spent.get('history flush') ?? 0) + performance.now() - from);
  }
}
const used = process.cpuUsage(cpu);
for (const each of accounts.values()) each.checkInvariants({ instrument: () => instrument });
market.checkInvariants();
assert.ok(replies > 0);
await history.close();
rmSync(dir, { recursive: true });
let total = 0;
for (const [stage, ms] of spent) {
  total += ms;
  process.stdout.write(`${stage.padEnd(20)} ${((ms / ORDERS) * 1000).toFixed(2).padStart(8)} us an order\n`);
}
process.stdout.write(
  `${'all'.padEnd(20)} ${((total / ORDERS) * 1000).toFixed(2).padStart(8)} us an order; cpu ${((used.user + used.system) / ORDERS).toFixed(2)} us; ${(bytes / ORDERS).toFixed(0)} bytes an order; replies ${replies}\n`,
);
