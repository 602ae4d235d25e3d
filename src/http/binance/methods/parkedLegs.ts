// Which orders wait for the working order of their list: the order's own row does not tell an OTOCO's leg from an OCO's.
import { OrderStatus } from '../../../domain/orderStatus.ts';
import { ContingencyType, isTriggered, ListLeg } from '../../../domain/orderTerms.ts';
import type { SpotOrder } from '../../../domain/spotOrder.ts';
import type { HistoryQueries } from '../../../ports/historyQueries.ts';

/** Limits wait for nothing else; a stop may also wait for its trigger: then the working order, the first of the list, tells. */
export async function isParked(history: HistoryQueries, order: Readonly<SpotOrder>): Promise<boolean> {
  const { status, orderListId, listLeg, accountId } = order;
  if (status !== OrderStatus.ConditionalPending || orderListId === -1 || listLeg === ListLeg.WORKING) return false;
  const list = await history.orderList(accountId, orderListId);
  if (list === undefined || list.contingencyType === ContingencyType.OCO) return false;
  if (!isTriggered(order.type)) return true;
  const working = await history.order(accountId, list.orderIds[0] as number);
  return working !== undefined && working.status !== OrderStatus.Filled;
}
