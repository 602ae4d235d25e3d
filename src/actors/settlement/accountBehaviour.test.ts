import { expect, test } from 'vitest';
import { makeInstrument, makeProfile } from '../../../tests/fixtures/fakeExchange.ts';
import { order } from '../../../tests/pipeline/venue.ts';
import type { Account } from '../../domain/account/account.ts';
import { NO_ACCOUNT_LIMITS } from '../../domain/account/limits.ts';
import { type ChangeLogEntry, EntityType, updated } from '../../domain/changeLogEntry.ts';
import type { AccountCommand } from '../../domain/command.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import { CancelRestriction, RequestKind } from '../../domain/orderTerms.ts';
import { OrderField } from '../../domain/spotOrder.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import { Batch } from '../batch.ts';
import { AccountBehaviour, type AccountInput } from './accountBehaviour.ts';

const ACCOUNT = 1000;
const NOW_US = 1_700_000_000_000_000;

function settlement(): AccountBehaviour {
  const instrument = makeInstrument();
  const registry = {
    instrument: () => instrument,
    profile: () => makeProfile({ accountId: ACCOUNT }),
    assetScale: () => 8,
  } as unknown as Registry;
  return new AccountBehaviour({
    partition: 0,
    accountPartitions: 1,
    marketPartitions: 1,
    registry,
    limits: NO_ACCOUNT_LIMITS,
    onPoison: () => {},
  });
}

test('an account that was rebuilt after a crash gets what the market log says of its orders, its broken state nothing', () => {
  const behaviour = settlement();
  const log: ChangeLogEntry[] = [];
  const run = (account: Account, input: AccountInput): ChangeLogEntry[] => {
    const batch = new Batch<AccountInput>(NOW_US);
    behaviour.run(account, input, batch);
    return batch.out;
  };
  const execute = (account: Account, command: object): ChangeLogEntry[] =>
    run(account, { kind: 'command', command: { accountId: ACCOUNT, ...command } as AccountCommand, asker: { answered: () => {} } });

  const broken = behaviour.create(ACCOUNT) as Account;
  log.push(...execute(broken, { kind: 'Deposit', commandId: 1, requestId: 'r1', asset: 'USDT', units: 10n ** 14n }));
  const place = (commandId: number): object => ({ kind: 'PlaceOrder', commandId, symbol: 'BTCUSDT', order: order('BUY', 5_000_000, 100) });
  log.push(...execute(broken, place(2)));
  const [orderId] = [...broken.openIds()] as [number];
  // What it did as it crashed is not in the log.
  execute(broken, place(3));
  const [, lostId] = [...broken.openIds()] as [number, number];

  const fresh = behaviour.fresh();
  const rebuilt = fresh.create(ACCOUNT) as Account;
  for (const entry of log) {
    expect(fresh.keyOf(entry)).toBe(ACCOUNT);
    rebuilt.apply(entry);
  }
  behaviour.replace(broken, rebuilt);

  const ended = (id: number): ChangeLogEntry =>
    updated(EntityType.SpotOrder, id, [OrderField.status, OrderStatus.Pending, OrderStatus.Cancelled], NOW_US);
  const inputs: AccountInput[] = [];
  behaviour.route('markets-0', [ended(orderId), ended(lostId)], (_key, input) => inputs.push(input));
  expect(inputs).toEqual([{ kind: 'settle', entries: [ended(orderId)] }]);
  expect(run(rebuilt, inputs[0] as AccountInput).map(({ entityId }) => entityId)).toEqual([orderId, `${ACCOUNT}-USDT`]);
  expect([...rebuilt.openIds()]).toEqual([]);
  expect(rebuilt.hash()).not.toBe(broken.hash());
});

test('it does not rest while a cancel-replace waits for what the market makes of its cancel', () => {
  const behaviour = settlement();
  const account = behaviour.create(ACCOUNT) as Account;
  const answers: unknown[] = [];
  const run = (input: AccountInput): void => {
    const batch = new Batch<AccountInput>(NOW_US);
    behaviour.run(account, input, batch);
    batch.persisted();
  };
  const execute = (command: object): void =>
    run({
      kind: 'command',
      command: { accountId: ACCOUNT, ...command } as AccountCommand,
      asker: { answered: (answer) => answers.push(answer) },
    });
  execute({ kind: 'Deposit', commandId: 1, requestId: 'r1', asset: 'USDT', units: 10n ** 14n });
  execute({ kind: 'PlaceOrder', commandId: 2, symbol: 'BTCUSDT', order: order('BUY', 5_000_000, 100) });
  const [orderId] = [...account.openIds()] as [number];
  expect(behaviour.restMs).toBeGreaterThan(0);
  execute({
    kind: 'CancelReplace',
    commandId: 3,
    symbol: 'BTCUSDT',
    orderId,
    origClientOrderId: '',
    cancelClientOrderId: '',
    restriction: CancelRestriction.NONE,
    allowFailure: false,
    order: order('BUY', 5_000_000, 200),
  });
  expect([answers.length, behaviour.restMs]).toEqual([2, 0]);
  const outcome = { commandId: 3, kind: RequestKind.CANCEL, code: 0, clientOrderId: '' };
  const ended = updated(
    EntityType.SpotOrder,
    orderId,
    [OrderField.status, OrderStatus.Pending, OrderStatus.Cancelled, OrderField.outcome, null, outcome],
    NOW_US,
  );
  behaviour.route('markets-0', [ended], (_key, input) => run(input));
  expect(answers).toHaveLength(3);
  expect(behaviour.restMs).toBeGreaterThan(0);
});
