// The life of an order: its seven states, their fixed wire codes and the only moves between them.

/** Order states; the codes are on the wire and in every log, and never change. 3 to 6 are terminal. */
export const OrderStatus = {
  /** Waits for a trigger price or for another order of its list. */
  ConditionalPending: 0,
  /** Live with nothing executed yet (Binance: NEW). */
  Pending: 1,
  PartiallyFilled: 2,
  Filled: 3,
  Cancelled: 4,
  Rejected: 5,
  Expired: 6,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

const legalNext: readonly (readonly OrderStatus[])[] = [
  [OrderStatus.Pending, OrderStatus.PartiallyFilled, OrderStatus.Filled, OrderStatus.Cancelled, OrderStatus.Rejected, OrderStatus.Expired],
  [OrderStatus.PartiallyFilled, OrderStatus.Filled, OrderStatus.Cancelled, OrderStatus.Rejected, OrderStatus.Expired],
  [OrderStatus.Filled, OrderStatus.Cancelled, OrderStatus.Expired],
  [],
  [],
  [],
  [],
];

export function isTerminal(status: OrderStatus): boolean {
  return status >= OrderStatus.Filled;
}

/** True when an order may move from one state to the other; staying in a non-terminal state is always legal. */
export function isLegalTransition(from: OrderStatus, to: OrderStatus): boolean {
  if (from === to) return !isTerminal(from);
  return legalNext[from]?.includes(to) ?? false;
}
