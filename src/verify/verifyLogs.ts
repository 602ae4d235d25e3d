// `sedax verify`: reads every log from its start, checks the invariants with an audit of its own, and compares the state
// folded from the log with the state restored from the snapshot and its tail.

import { AdminBehaviour } from '../actors/admin/adminBehaviour.ts';
import { RegistryReader } from '../actors/admin/registryReader.ts';
import type { Behaviour } from '../actors/behaviour.ts';
import { KLineBehaviour } from '../actors/kline/klineBehaviour.ts';
import { MarketBehaviour } from '../actors/match/marketBehaviour.ts';
import { combineHashes, type Recovered, recoverPartition } from '../actors/recovery.ts';
import { AccountBehaviour } from '../actors/settlement/accountBehaviour.ts';
import { reconcile, sumAccounts } from '../actors/settlement/reconciliation.ts';
import { entriesOf } from '../actors/step.ts';
import type { Bus } from '../bus/bus.ts';
import { streams } from '../bus/subjects.ts';
import type { Account, InstrumentLookup } from '../domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../domain/account/limits.ts';
import { houseAccountId } from '../domain/accountProfile.ts';
import { ChangeKind, EntityType } from '../domain/changeLogEntry.ts';
import type { KLineBuilder } from '../domain/kline/klineBuilder.ts';
import { KLineBuilder as Builder } from '../domain/kline/klineBuilder.ts';
import type { Market } from '../domain/market/market.ts';
import { OrderStatus } from '../domain/orderStatus.ts';
import type { SpotTrade } from '../domain/spotTrade.ts';
import { MarketAudit, type TradeTotals } from './marketAudit.ts';

export interface VerifyOptions {
  readonly bus: Bus;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  /** Orders a client was told of: each must be in the log. */
  readonly acknowledgedOrderIds?: readonly number[];
  /** Orders a client was told are cancelled: none may be open or executed further. */
  readonly cancelledOrderIds?: readonly number[];
  readonly onProgress?: (line: string) => void;
}

export interface VerifyReport {
  readonly problems: readonly string[];
  readonly messages: number;
  readonly orders: number;
  readonly trades: number;
  /** One hash a partition, by stream. */
  readonly hashes: Readonly<Record<string, string>>;
}

export async function verifyLogs(options: VerifyOptions): Promise<VerifyReport> {
  const { bus, accountPartitions, marketPartitions } = options;
  const progress = options.onProgress ?? (() => undefined);
  const problems: string[] = [];
  const hashes: Record<string, string> = {};
  const registry = new RegistryReader(bus);
  await registry.start((error) => problems.push(`admin: ${error.message}`));
  const shared = { accountPartitions, marketPartitions, registry, onPoison: () => undefined };

  await compare(bus, new AdminBehaviour(), problems, hashes);
  const accounts: { readonly partition: number; readonly recovered: Recovered<Account> }[] = [];
  for (let partition = 0; partition < accountPartitions; partition++) {
    accounts.push({
      partition,
      recovered: await compare(bus, new AccountBehaviour({ ...shared, limits: NO_ACCOUNT_LIMITS, partition }), problems, hashes),
    });
    progress(`${streams.accounts(partition)}: folded, ${accounts[partition]?.recovered.children.size ?? 0} accounts`);
  }
  const markets: Recovered<Market>[] = [];
  const klines: Recovered<KLineBuilder>[] = [];
  for (let partition = 0; partition < marketPartitions; partition++) {
    markets.push(await compare(bus, new MarketBehaviour({ ...shared, partition }), problems, hashes));
    klines.push(await compare(bus, new KLineBehaviour({ partition, onPoison: () => undefined }), problems, hashes));
    progress(`${streams.markets(partition)}: folded, ${markets[partition]?.children.size ?? 0} symbols`);
  }

  check(
    'account',
    accounts.flatMap(({ recovered }) => [...recovered.children]),
    registry,
    problems,
  );
  check(
    'symbol',
    markets.flatMap((recovered) => [...recovered.children]),
    registry,
    problems,
  );

  const audit = new MarketAudit((symbol) => registry.instrument(symbol));
  let messages = 0;
  // Settlement may lag behind the market logs: per account partition only the trades it has consumed count.
  const totals = accounts.map((): TradeTotals => new Map());
  for (let partition = 0; partition < marketPartitions; partition++) {
    const stream = streams.markets(partition);
    const trades: SpotTrade[] = [];
    const klinePosition = klines[partition]?.positions.get(stream) ?? 0;
    await scan(bus, stream, (sequence, entries) => {
      messages++;
      for (const entry of entries) {
        const ofMessage: TradeTotals = new Map();
        audit.entry(entry, `${stream}@${sequence}`, ofMessage);
        for (const { partition: p, recovered } of accounts) {
          if (sequence <= (recovered.positions.get(stream) ?? 0)) addTotals(totals[p] as TradeTotals, ofMessage);
        }
        if (entry.entityType === EntityType.SpotTrade && entry.changeType.kind === ChangeKind.Created && sequence <= klinePosition)
          trades.push(entry.changeType.fields);
      }
    });
    compareKlines(trades, klines[partition] as Recovered<KLineBuilder>, problems);
    progress(`${stream}: audited`);
  }
  audit.finish();
  problems.push(...audit.problems);
  checkBalances(accounts, totals, accountPartitions, registry, problems);
  for (const orderId of options.acknowledgedOrderIds ?? []) {
    if (!audit.knows(orderId)) problems.push(`order ${orderId} was acknowledged and is not in the log`);
  }
  for (const orderId of options.cancelledOrderIds ?? []) {
    if (audit.statusOf(orderId) !== OrderStatus.Cancelled) problems.push(`order ${orderId} was acknowledged as cancelled and is not`);
  }
  registry.stop();
  return { problems, messages, orders: audit.orders, trades: audit.trades, hashes };
}

/** hash(folded from the first message) = hash(snapshot + tail) = the hash the snapshot was stored with, at its position. */
async function compare<State, Input>(
  bus: Bus,
  behaviour: Behaviour<State, Input>,
  problems: string[],
  hashes: Record<string, string>,
): Promise<Recovered<State>> {
  const { output } = behaviour;
  const hashOf = (recovered: Recovered<State>): string =>
    combineHashes([...recovered.children].map(([key, state]) => [behaviour.label(key), behaviour.hash(state)] as const));
  const { firstSequence } = await bus.streamInfo(output);
  const restored = await recoverPartition(bus, behaviour.fresh());
  hashes[output] = hashOf(restored);
  // Trimmed logs start at a snapshot: then there is no other way to the state.
  if (firstSequence > 1) return restored;
  const folded = await recoverPartition(bus, behaviour.fresh(), { useSnapshot: false });
  const hash = hashOf(folded);
  if (hash !== hashes[output])
    problems.push(`${output}: the state folded from the log is ${hash}, restored from the snapshot it is ${hashes[output]}`);
  return folded;
}

function check(
  what: string,
  states: readonly (readonly [string | number, { checkInvariants(instruments: InstrumentLookup): void }])[],
  instruments: InstrumentLookup,
  problems: string[],
): void {
  for (const [key, state] of states) {
    try {
      state.checkInvariants(instruments);
    } catch (error) {
      problems.push(`${what} ${key}: ${(error as Error).message}`);
    }
  }
}

async function scan(bus: Bus, stream: string, take: (sequence: number, entries: ReturnType<typeof entriesOf>) => void): Promise<void> {
  const { firstSequence, lastSequence } = await bus.streamInfo(stream);
  if (lastSequence < firstSequence) return;
  const reader = bus.read(stream, { fromSequence: firstSequence });
  for (let at = firstSequence - 1; at < lastSequence; ) {
    const batch = await reader.next();
    if (batch.length === 0) break;
    for (const message of batch) {
      take(message.sequence, entriesOf(message));
      at = message.sequence;
    }
  }
  reader.close();
}

function addTotals(into: TradeTotals, from: TradeTotals): void {
  for (const [accountId, assets] of from) {
    const known = into.get(accountId) ?? new Map<string, bigint>();
    into.set(accountId, known);
    for (const [asset, units] of assets) known.set(asset, (known.get(asset) ?? 0n) + units);
  }
}

/** Every trade settled exactly once on both sides: a balance is deposits - withdrawals + what the trades say, to the unit. */
function checkBalances(
  accounts: readonly { readonly partition: number; readonly recovered: Recovered<Account> }[],
  totals: readonly TradeTotals[],
  accountPartitions: number,
  instruments: InstrumentLookup,
  problems: string[],
): void {
  const houses = new Set(Array.from({ length: accountPartitions }, (_, p) => houseAccountId(p)));
  for (const { partition, recovered } of accounts) {
    for (const [key, account] of recovered.children) {
      if (houses.has(key as number)) continue;
      const traded = totals[partition]?.get(key as number) ?? new Map<string, bigint>();
      const deposited = account.deposited();
      const withdrawn = account.withdrawn();
      for (const { asset, free, locked } of account.balances()) {
        const due = (deposited.get(asset) ?? 0n) - (withdrawn.get(asset) ?? 0n) + (traded.get(asset) ?? 0n);
        if (free + locked !== due)
          problems.push(`account ${key}: holds ${free + locked} units of ${asset}, its trades and transfers say ${due}`);
      }
    }
  }
  const everyone = accounts.flatMap(({ recovered }) => [...recovered.children.values()]);
  for (const row of reconcile([sumAccounts(everyone, (accountId) => houses.has(accountId), instruments)])) {
    // Fees of trades whose other side another partition has not consumed yet are not due yet: only whole venues add up.
    const settled = accounts.length === 1;
    if (!row.ok && settled)
      problems.push(
        `${row.asset}: free ${row.freeUnits} + locked ${row.lockedUnits} + fees ${row.feesUnits} != deposits ${row.depositedUnits} - withdrawals ${row.withdrawnUnits}, or locked != reserved ${row.reservedUnits}`,
      );
  }
}

function compareKlines(trades: readonly SpotTrade[], logged: Recovered<KLineBuilder>, problems: string[]): void {
  const builders = new Map<string, Builder>();
  for (const trade of trades) {
    const builder = builders.get(trade.symbol) ?? new Builder(trade.symbol);
    builders.set(trade.symbol, builder);
    builder.trades([trade], trade.tradeUs, []);
  }
  for (const [symbol, builder] of builders) {
    const known = logged.children.get(symbol)?.current('1M');
    const own = builder.current('1M');
    const same =
      known !== undefined &&
      own !== undefined &&
      known.volumeLots === own.volumeLots &&
      known.quoteUnits === own.quoteUnits &&
      known.closeTicks === own.closeTicks &&
      known.trades === own.trades;
    if (!same) problems.push(`${symbol}: the monthly kline is not the fold of the trades`);
  }
}
