// PENDING_NEW on the user data stream: an OTOCO's stop legs look like an OCO's, and only the list tells them apart.
import { expect, it } from 'vitest';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { ContingencyType, ListLeg, ListOrderStatus, ListStatusType, OrderType } from '../../src/domain/orderTerms.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';
import { UserDataHub } from '../../src/http/binance/userData/userDataHub.ts';
import type { AccountEvent } from '../../src/ports/accountEvents.ts';
import { fakeExchange, makeOrder, TEST_ACCOUNT_ID, TEST_NOW_US } from '../fixtures/fakeExchange.ts';

const stop = { type: OrderType.STOP_LOSS, status: OrderStatus.ConditionalPending, workingUs: 0, orderListId: 20 };

function executed(order: SpotOrder): AccountEvent {
  const ids = { requestClientOrderId: '', origClientOrderId: '', executionId: 1 };
  return { kind: 'execution', executionType: 'NEW', order, trade: null, isMaker: false, preventedMatch: null, ...ids, timeUs: TEST_NOW_US };
}

function placed(contingencyType: ContingencyType, orders: readonly SpotOrder[]): AccountEvent {
  const list = {
    orderListId: 20,
    accountId: TEST_ACCOUNT_ID,
    symbol: 'BTCUSDT',
    listClientOrderId: 'list',
    contingencyType,
    orderIds: orders.map(({ orderId }) => orderId),
    commandId: 1,
    createdUs: TEST_NOW_US,
    statusType: ListStatusType.EXEC_STARTED,
    orderStatus: ListOrderStatus.EXECUTING,
    updateUs: TEST_NOW_US,
  };
  return { kind: 'list', timeUs: TEST_NOW_US, list, orders };
}

it.each([
  ['OCO', ContingencyType.OCO, ['NEW', 'NEW', 'NEW']],
  ['OTOCO', ContingencyType.OTOCO, ['NEW', 'PENDING_NEW', 'PENDING_NEW']],
])('%s legs are told as %j', (_name, contingencyType, expected) => {
  const exchange = fakeExchange();
  const told: { e: string; X?: string }[] = [];
  new UserDataHub(exchange).subscribe(TEST_ACCOUNT_ID, {
    timeUnit: 'MILLISECOND',
    onEvents: (texts) => told.push(...texts.map((text) => JSON.parse(text) as { e: string })),
  });
  const legs = [
    makeOrder({ orderId: 21, orderListId: 20, listLeg: ListLeg.WORKING }),
    makeOrder({ ...stop, orderId: 22, listLeg: ListLeg.ABOVE }),
    makeOrder({ ...stop, orderId: 23, listLeg: ListLeg.BELOW }),
  ];
  exchange.emitAccount(TEST_ACCOUNT_ID, [...legs.map(executed), placed(contingencyType, legs)]);
  expect(told.filter(({ e }) => e === 'executionReport').map(({ X }) => X)).toEqual(expected);
  // Later, when the pair works, the same row says NEW.
  told.length = 0;
  exchange.emitAccount(TEST_ACCOUNT_ID, [executed(legs[2] as SpotOrder)]);
  expect(told.map(({ X }) => X)).toEqual(['NEW']);
});
