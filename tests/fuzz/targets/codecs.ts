// Messages between processes and on the log: steps, commands, replies, snapshots. What is refused is refused with a CodecError.
import fc from 'fast-check';
import { CodecError } from '../../../src/codec/codecError.ts';
import { decodeCommand, decodeReply, encodeCommand, encodeReply } from '../../../src/codec/commandCodec.ts';
import { decodeSnapshot, encodeSnapshot } from '../../../src/codec/snapshotCodec.ts';
import { decodeStep, encodeStep } from '../../../src/codec/stepCodec.ts';
import { Account, type AccountContext } from '../../../src/domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../../../src/domain/account/limits.ts';
import type { AccountCommand, NewOrder } from '../../../src/domain/command.ts';
import { EngineReject } from '../../../src/domain/rejectReason.ts';
import { arbitraryStep } from '../../arbitraryEntries.ts';
import { makeBalance, makeInstrument, makeOrder, makeProfile, TEST_ACCOUNT_ID, TEST_NOW_US } from '../../fixtures/fakeExchange.ts';
import { ACCEPTED, type FuzzParser, type FuzzTarget } from '../fuzzTarget.ts';

/** A parser that throws CodecError and nothing else. */
function decoder(decode: (bytes: Buffer) => unknown): FuzzParser {
  return {
    run: (input) => {
      try {
        decode(input);
        return ACCEPTED;
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
        // Positions, names and numbers are in the text; its kind is what is counted.
        return error.message.replace(/\d+|'[^']*'|: .*$/g, '').slice(0, 60);
      }
    },
  };
}

const steps = fc.sample(arbitraryStep, { numRuns: 120, seed: 1 });

export const stepTarget: FuzzTarget = {
  name: 'step',
  form: 'msgpack',
  seeds: steps.map((entries) => Buffer.from(encodeStep(entries))),
  open: () => decoder(decodeStep),
};

const order: NewOrder = {
  clientOrderId: 'a',
  side: 1,
  type: 1,
  timeInForce: 1,
  priceTicks: 5_000_000,
  lots: 1000,
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
const onSymbol = { accountId: TEST_ACCOUNT_ID, symbol: 'BTCUSDT' };
const reference = { orderId: 1, origClientOrderId: '' };
const commands: readonly AccountCommand[] = [
  { kind: 'PlaceOrder', commandId: 11, ...onSymbol, order },
  { kind: 'PlaceOrder', commandId: 12, ...onSymbol, order: { ...order, type: 2, priceTicks: 0, quoteUnits: 5_000_000_000n, lots: 0 } },
  {
    kind: 'PlaceOrderList',
    commandId: 13,
    ...onSymbol,
    contingencyType: 1,
    listClientOrderId: 'l',
    orders: [order, { ...order, clientOrderId: 'b' }],
  },
  { kind: 'CancelOrder', commandId: 14, ...onSymbol, ...reference, cancelClientOrderId: 'c', restriction: 0 },
  { kind: 'CancelOrderList', commandId: 15, ...onSymbol, orderListId: 1, listClientOrderId: 'l', cancelClientOrderId: 'c' },
  { kind: 'CancelAllOrders', commandId: 16, ...onSymbol },
  { kind: 'CancelReplace', commandId: 17, ...onSymbol, ...reference, cancelClientOrderId: 'c', restriction: 0, allowFailure: false, order },
  { kind: 'AmendOrder', commandId: 18, ...onSymbol, ...reference, newLots: 500, newClientOrderId: 'd' },
  { kind: 'Deposit', commandId: 19, accountId: TEST_ACCOUNT_ID, requestId: 'r1', asset: 'USDT', units: 100n },
  { kind: 'Withdraw', commandId: 20, accountId: TEST_ACCOUNT_ID, requestId: 'r2', asset: 'USDT', units: 1n },
];

/**
 * What the decoder lets through goes to a real account: it may be refused there, and then the account is as it was. An account
 * trusts what the door checked (ticks, lots and terms in range), so a command that is not asks nothing of it here.
 */
export const commandTarget: FuzzTarget = {
  name: 'command',
  form: 'msgpack',
  seeds: commands.map((command) => Buffer.from(encodeCommand(command))),
  words: [...commands.map(({ kind }) => kind), 'BTCUSDT', 'USDT', 'order', 'lots', 'side', 'units'],
  open: () => {
    const instrument = makeInstrument();
    let account = new Account(TEST_ACCOUNT_ID);
    let orderId = 0;
    const context: AccountContext = {
      nowUs: TEST_NOW_US,
      limits: NO_ACCOUNT_LIMITS,
      instrument: (symbol) => (symbol === 'BTCUSDT' ? instrument : undefined),
      profile: (accountId) => (accountId === TEST_ACCOUNT_ID ? makeProfile() : undefined),
      knowsAsset: (asset) => asset === 'USDT' || asset === 'BTC',
      nextOrderId: () => ++orderId,
    };
    const fund = (): void => {
      account = new Account(TEST_ACCOUNT_ID);
      for (const [asset, units] of [
        ['USDT', 10n ** 15n],
        ['BTC', 10n ** 12n],
      ] as const) {
        account.execute(
          { kind: 'Deposit', commandId: 1, accountId: TEST_ACCOUNT_ID, requestId: `fund-${asset}`, asset, units },
          context,
          [],
        );
      }
    };
    fund();
    return {
      run: (input) => {
        const command = decodeCommand2(input);
        if (typeof command === 'string') return command;
        // Its writer is found by the account's id, so no other account's comes here.
        if (command.accountId !== TEST_ACCOUNT_ID) return 'of another account';
        if (account.openOrderCount > 50) fund();
        if (!fits(command)) return 'out of range at the door';
        const reply = account.execute(command, context, []);
        if (reply === 'deferred' || !('ok' in reply)) return ACCEPTED;
        return reply.ok ? ACCEPTED : `refused: ${reply.reason.code}`;
      },
      state: () => account.hash(),
    };
  },
};

function decodeCommand2(input: Buffer): AccountCommand | string {
  try {
    return decodeCommand(input);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return error.message.replace(/\d+|'[^']*'|: .*$/g, '').slice(0, 60);
  }
}

/** As Acquiring and the edges leave it: quantities and prices positive and below their bounds, codes of the tables. */
function fits(command: AccountCommand): boolean {
  const good = (terms: NewOrder): boolean =>
    [1, 2].includes(terms.side) &&
    terms.type >= 1 &&
    terms.type <= 7 &&
    [terms.priceTicks, terms.lots, terms.stopPriceTicks, terms.icebergLots].every((n) => n >= 0 && n <= 2 ** 40) &&
    terms.lots + Number(terms.quoteUnits) > 0 &&
    terms.quoteUnits >= 0n &&
    terms.estimateUnits >= 0n;
  if ('order' in command) return good(command.order);
  if ('orders' in command)
    return (
      command.orders.length >= 2 &&
      command.orders.length <= 3 &&
      command.orders.every(good) &&
      [1, 2, 3, 4, 5].includes(command.contingencyType)
    );
  if ('units' in command) return command.units > 0n;
  if ('newLots' in command) return command.newLots > 0;
  return true;
}

export const replyTarget: FuzzTarget = {
  name: 'reply',
  form: 'msgpack',
  seeds: [
    { ok: true, orders: [makeOrder()], list: null, requestedOrderIds: [] } as const,
    { ok: true, orders: [], list: null, requestedOrderIds: [1, 2], balance: makeBalance(), duplicate: true } as const,
    { ok: false, reason: EngineReject.UNKNOWN_ORDER } as const,
  ].map((reply) => Buffer.from(encodeReply(reply))),
  words: ['ok', 'orders', 'list', 'reason', 'balance', 'duplicate'],
  open: () => decoder(decodeReply),
};

export const snapshotTarget: FuzzTarget = {
  name: 'snapshot',
  form: 'msgpack',
  seeds: [
    [['BTCUSDT', { version: 2, symbol: 'BTCUSDT', lastTradeId: 7, resting: [1, 2, 3], list: [makeOrder()] }]],
    [[1000, { accountId: 1000, holdings: [{ asset: 'USDT', free: 10n ** 30n, locked: 5n }], orders: [] }]],
    { big: -(2n ** 70n), bytes: new Uint8Array([1, 2, 3]), nested: [[[[[1.5]]]]] },
  ].map((data) => Buffer.from(encodeSnapshot(data))),
  open: () => decoder(decodeSnapshot),
};
