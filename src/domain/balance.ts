// One account's holding of one asset.

/** Why a balance changed when no order did. */
export const BalanceCause = { TRADING: 0, DEPOSIT: 1, WITHDRAWAL: 2, FEES: 3 } as const;
export type BalanceCause = (typeof BalanceCause)[keyof typeof BalanceCause];

export interface Balance {
  readonly accountId: number;
  readonly asset: string;
  /** Smallest units, never negative. */
  free: bigint;
  /** The sum of the account's open reservations in this asset, exactly. */
  locked: bigint;
  updateUs: number;
  cause: BalanceCause;
  /** Deposits and withdrawals: the operator's id of the request, which takes effect once; '' otherwise. */
  requestId: string;
}

/** Positions in a Created row and in changedFields. On the wire: append only. */
export const BalanceField = {
  accountId: 0,
  asset: 1,
  free: 2,
  locked: 3,
  updateUs: 4,
  cause: 5,
  requestId: 6,
} as const satisfies Record<keyof Balance, number>;

/** The new values of a Balance entry taken into the row; fields that no change has are passed over. */
export function applyBalanceChanges(balance: Balance, changed: readonly unknown[]): void {
  for (let i = 0; i < changed.length; i += 3) {
    const value = changed[i + 2];
    switch (changed[i]) {
      case BalanceField.free:
        balance.free = value as bigint;
        break;
      case BalanceField.locked:
        balance.locked = value as bigint;
        break;
      case BalanceField.updateUs:
        balance.updateUs = value as number;
        break;
      case BalanceField.cause:
        balance.cause = value as BalanceCause;
        break;
      case BalanceField.requestId:
        balance.requestId = value as string;
    }
  }
}
