// One account's writer on one core: an order placed and an order filled, with 1 to 100 orders open. Run:
//   npm run --silent bench:build && node --expose-gc .cache/bench/benchmarks/micro/account.js
// Every case checks what the accounts hold at the end.
import { strict as assert } from 'node:assert';
import { pathToFileURL } from 'node:url';
import { Account, type AccountContext } from '../../src/domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import { type ChangeLogEntry, created, EntityType, entityIds, updated } from '../../src/domain/changeLogEntry.ts';
import type { NewOrder } from '../../src/domain/command.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { OrderField } from '../../src/domain/spotOrder.ts';
import { makeInstrument } from '../../tests/fixtures/fakeExchange.ts';
import { type Measurement, measure, printMeasurements } from './measure.ts';

const ACCOUNTS = 100;
const FUNDS = 10n ** 15n;
const NOW_US = 1_700_000_000_000_000;

const order: NewOrder = {
  clientOrderId: '',
  side: 1,
  type: 2,
  timeInForce: 1,
  priceTicks: 6_000_000,
  lots: 5,
  quoteUnits: 0n,
  stopPriceTicks: 0,
  trailingDelta: 0,
  icebergLots: 0,
  stpMode: 0,
  expireUs: 0,
  strategyId: null,
  strategyType: null,
  pegPriceType: 0,
  pegOffsetType: 0,
  pegOffsetValue: 0,
  estimateUnits: 0n,
};

class Venue implements AccountContext {
  readonly nowUs = NOW_US;
  readonly limits = NO_ACCOUNT_LIMITS;
  readonly #instrument = makeInstrument();
  readonly #profile = {
    accountId: 1000,
    name: 'bench',
    createdUs: NOW_US,
    rates: { makerRate: 100_000, takerRate: 100_000 },
    symbolRates: {},
    canTrade: true,
    canDeposit: true,
    canWithdraw: true,
    frozen: false,
    updateUs: NOW_US,
    tradeGroupId: -1,
  };
  lastId = 0;
  instrument = () => this.#instrument;
  profile = () => this.#profile;
  knowsAsset = () => true;
  nextOrderId = () => ++this.lastId;
}

/** Each account places `open` orders, then all of them are filled below their limit. */
export function benchmarkAccounts(open: number, calls: number): Measurement {
  const venue = new Venue();
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => {
    const account = new Account(1000 + i);
    const deposit = { kind: 'Deposit', commandId: 1, accountId: account.accountId, requestId: 'd', asset: 'USDT', units: FUNDS } as const;
    account.execute(deposit, venue, []);
    return account;
  });
  let commandId = 1;
  let filled = 0;
  const fill = (account: Account, out: ChangeLogEntry[]): void => {
    for (const orderId of [...account.openIds()]) {
      filled += 1;
      const trade = {
        tradeId: filled,
        symbol: 'BTCUSDT',
        priceTicks: 5_999_999,
        lots: 5,
        quoteUnits: 299_999_950n,
        buyerIsMaker: false,
        buyerOrderId: orderId,
        sellerOrderId: 0,
        buyerAccountId: account.accountId,
        sellerAccountId: 0,
        buyerFeeUnits: 5n,
        sellerFeeUnits: 0n,
        tradeUs: NOW_US,
      };
      const done = [OrderField.status, OrderStatus.Pending, OrderStatus.Filled, OrderField.executedLots, 0, 5];
      const entries = [
        created(EntityType.SpotTrade, entityIds.trade('BTCUSDT', filled), trade, NOW_US),
        updated(EntityType.SpotOrder, orderId, done, NOW_US),
      ];
      account.settle(entries, venue, out);
    }
  };
  const row = measure(`account, place a limit order and fill it, ${open} open`, ACCOUNTS * open, calls, () => {
    let out: ChangeLogEntry[] = [];
    for (let i = 0; i < open; i++) {
      for (const account of accounts) {
        commandId += 1;
        const command = {
          accountId: account.accountId,
          commandId,
          symbol: 'BTCUSDT',
          order: { ...order, clientOrderId: `c${commandId}` },
        };
        account.execute({ kind: 'PlaceOrder', ...command }, venue, out);
      }
      out = [];
    }
    for (const account of accounts) {
      fill(account, out);
      out = [];
    }
  });
  let spent = 0n;
  for (const account of accounts) {
    assert.equal(account.openOrderCount, 0);
    spent += FUNDS - (account.balance('USDT')?.free ?? 0n);
  }
  assert.equal(spent, BigInt(filled) * 299_999_950n);
  return row;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const open of [1, 10, 100]) printMeasurements([benchmarkAccounts(open, Math.ceil(2000 / open))]);
}
