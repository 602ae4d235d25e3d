import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { arbitraryNewOrder, arbitraryRow } from '../../tests/arbitraryEntries.ts';
import type { AccountCommand, CommandReply } from '../domain/command.ts';
import { EngineReject } from '../domain/rejectReason.ts';
import { CodecError } from './codecError.ts';
import { decodeCommand, decodeReply, encodeCommand, encodeReply } from './commandCodec.ts';
import { balanceSchema, orderListSchema, orderSchema } from './schema.ts';

const int = fc.maxSafeInteger();
const text = fc.string({ unit: 'grapheme', maxLength: 36 });
const base = { commandId: int, accountId: int };
const onSymbol = { ...base, symbol: text };
const orderRef = { orderId: int, origClientOrderId: text };
const cancel = { cancelClientOrderId: text, restriction: fc.nat(2) };
const transfer = { ...base, requestId: text, asset: text, units: fc.bigInt({ min: 0n, max: 2n ** 62n }) };
const command = (kind: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<AccountCommand>;

const commands: Readonly<Record<AccountCommand['kind'], fc.Arbitrary<AccountCommand>>> = {
  PlaceOrder: command('PlaceOrder', { ...onSymbol, order: arbitraryNewOrder }),
  PlaceOrderList: command('PlaceOrderList', {
    ...onSymbol,
    contingencyType: int,
    listClientOrderId: text,
    orders: fc.array(arbitraryNewOrder, { maxLength: 3 }),
  }),
  CancelOrder: command('CancelOrder', { ...onSymbol, ...orderRef, ...cancel }),
  CancelOrderList: command('CancelOrderList', {
    ...onSymbol,
    orderListId: int,
    listClientOrderId: text,
    cancelClientOrderId: text,
  }),
  CancelAllOrders: command('CancelAllOrders', onSymbol),
  CancelReplace: command('CancelReplace', {
    ...onSymbol,
    ...orderRef,
    ...cancel,
    allowFailure: fc.boolean(),
    order: arbitraryNewOrder,
  }),
  AmendOrder: command('AmendOrder', { ...onSymbol, ...orderRef, newLots: int, newClientOrderId: text }),
  Deposit: command('Deposit', transfer),
  Withdraw: command('Withdraw', transfer),
};
const ids = fc.array(int, { maxLength: 5 });
const reply = fc.oneof(
  fc.record(
    {
      ok: fc.constant(true),
      orders: fc.array(arbitraryRow(orderSchema), { maxLength: 3 }),
      list: fc.option(arbitraryRow(orderListSchema)),
      requestedOrderIds: ids,
      balance: arbitraryRow(balanceSchema),
      duplicate: fc.boolean(),
      closedOrderIds: ids,
    },
    { requiredKeys: ['ok', 'orders', 'list', 'requestedOrderIds'], noNullPrototype: true },
  ),
  fc.record({ ok: fc.constant(false), reason: fc.constantFrom(...Object.values(EngineReject)) }),
) as unknown as fc.Arbitrary<CommandReply>;

describe('commands and replies', () => {
  test.each(Object.entries(commands))('%s comes back as it was', (_kind, any) => {
    fc.assert(
      fc.property(any, (one) => {
        expect(decodeCommand(encodeCommand(one))).toEqual(one);
      }),
    );
  });

  test('replies come back as they were, a reason as the one of the table', () => {
    fc.assert(
      fc.property(reply, (one) => {
        expect(decodeReply(encodeReply(one))).toEqual(one);
      }),
    );
    const refused = decodeReply(encodeReply({ ok: false, reason: EngineReject.WOULD_MATCH }));
    expect(!refused.ok && refused.reason).toBe(EngineReject.WOULD_MATCH);
  });

  test('fields may come in any order, from any library', () => {
    const bytes = new Packr({ useRecords: false }).pack({
      kind: 'CancelAllOrders',
      symbol: 'BTCUSDT',
      accountId: 1001,
      commandId: 900_000_000_000,
    });
    expect(decodeCommand(bytes)).toEqual({
      kind: 'CancelAllOrders',
      commandId: 900_000_000_000,
      accountId: 1001,
      symbol: 'BTCUSDT',
    });
  });

  const pack = (value: unknown): Uint8Array => new Packr({ useRecords: false }).pack(value);
  test.each<[string, () => unknown, RegExp]>([
    ['no kind', () => decodeCommand(pack({ a: 1 })), /starts with its kind/],
    ['an unknown kind', () => decodeCommand(pack({ kind: 'toString' })), /no such command: toString/],
    ['a missing field', () => decodeCommand(pack({ kind: 'CancelAllOrders', commandId: 1 })), /1 fields, not 3/],
    [
      'an unknown field',
      () => decodeCommand(pack({ kind: 'CancelAllOrders', commandId: 1, accountId: 1, what: 1 })),
      /no such field: what/,
    ],
    [
      'a field of another kind',
      () => decodeCommand(pack({ kind: 'CancelAllOrders', commandId: 1, accountId: 1, symbol: 1 })),
      /symbol: expected a string/,
    ],
    ['an unknown refusal', () => decodeReply(pack({ ok: false, reason: 9999 })), /no such refusal: 9999/],
    ['a reply without its orders', () => decodeReply(pack({ ok: true })), /lacks its orders/],
    ['an unknown field of a reply', () => decodeReply(pack({ ok: true, constructor: 1 })), /no field constructor/],
    ['a value no field may have', () => encodeReply({ ok: true, orders: [{}] } as never), /expected an integer/],
  ])('%s is refused', (_name, act, message) => {
    expect(act).toThrow(message);
    expect(act).toThrow(CodecError);
  });

  test('fuzz: a CodecError or a valid result', () => {
    const bytesOf = fc.oneof(fc.oneof(...Object.values(commands)).map(encodeCommand), reply.map(encodeReply));
    fc.assert(
      fc.property(bytesOf, fc.nat(), fc.nat(255), fc.boolean(), (valid, at, byte, cut) => {
        let bytes = Buffer.from(valid);
        if (cut) bytes = bytes.subarray(0, at % bytes.length);
        else bytes[at % bytes.length] = byte;
        for (const decode of [decodeCommand, decodeReply]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(CodecError);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
