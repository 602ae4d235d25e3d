// An order list as the API tells it, alone or with the reports of its orders.
import type { SpotOrderList } from '../../../domain/spotOrderList.ts';
import type { TimePrinter } from '../timeUnit.ts';
import type { Report } from './orderFields.ts';
import { contingencyWord, listOrderStatusWord, listStatusTypeWord } from './words.ts';

/** `clientOrderIdOf`: of each order of the list. */
export function listFields(
  list: Readonly<SpotOrderList>,
  clientOrderIdOf: (orderId: number) => string,
  timeUs: number,
  time: TimePrinter,
): Report {
  return {
    orderListId: list.orderListId,
    contingencyType: contingencyWord(list.contingencyType),
    listStatusType: listStatusTypeWord(list.statusType),
    listOrderStatus: listOrderStatusWord(list.orderStatus),
    listClientOrderId: list.listClientOrderId,
    transactionTime: time(timeUs),
    symbol: list.symbol,
    orders: listOrders(list, clientOrderIdOf),
  };
}

export function listOrders(list: Readonly<SpotOrderList>, clientOrderIdOf: (orderId: number) => string): Report[] {
  return list.orderIds.map((orderId) => ({ symbol: list.symbol, orderId, clientOrderId: clientOrderIdOf(orderId) }));
}

/** The listStatus of an amended order: without status type and time, as documented. */
export function amendedListFields(list: Readonly<SpotOrderList>, clientOrderIdOf: (orderId: number) => string): Report {
  return {
    orderListId: list.orderListId,
    contingencyType: contingencyWord(list.contingencyType),
    listOrderStatus: listOrderStatusWord(list.orderStatus),
    listClientOrderId: list.listClientOrderId,
    symbol: list.symbol,
    orders: listOrders(list, clientOrderIdOf),
  };
}
