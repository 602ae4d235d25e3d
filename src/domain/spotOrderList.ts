// A list of orders tied by a contingency: OCO, OTO, OTOCO and the one-pays-other variants OPO, OPOCO.
import type { ContingencyType, ListOrderStatus, ListStatusType } from './orderTerms.ts';

export interface SpotOrderList {
  /** From the same ascending sequence as orderId. */
  readonly orderListId: number;
  readonly accountId: number;
  readonly symbol: string;
  readonly listClientOrderId: string;
  readonly contingencyType: ContingencyType;
  /** OCO: [above, below]. OTO, OPO: [working, pending]. OTOCO, OPOCO: [working, pendingAbove, pendingBelow]. */
  readonly orderIds: readonly number[];
  readonly commandId: number;
  readonly createdUs: number;
  statusType: ListStatusType;
  orderStatus: ListOrderStatus;
  updateUs: number;
}

/** Positions in a Created row and in changedFields. On the wire: append only. */
export const OrderListField = {
  orderListId: 0,
  accountId: 1,
  symbol: 2,
  listClientOrderId: 3,
  contingencyType: 4,
  orderIds: 5,
  commandId: 6,
  createdUs: 7,
  statusType: 8,
  orderStatus: 9,
  updateUs: 10,
} as const satisfies Record<keyof SpotOrderList, number>;
