// The fold of an account's own log: what execute, settle and collectFees wrote takes effect again, exactly.
import { InvariantError } from '../assert.ts';
import { type Balance, BalanceCause, BalanceField } from '../balance.ts';
import { type ChangedFields, ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../changeLogEntry.ts';
import { isTerminal } from '../orderStatus.ts';
import { OrderField, type OrderRequest, type RequestOutcome, type SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { AccountState } from './accountState.ts';

export function fold(state: AccountState, entry: ChangeLogEntry): void {
  const { entityType, entityId, changeType } = entry;
  const { kind } = changeType;
  if (entityType === EntityType.SpotOrder) {
    if (kind === ChangeKind.Created) state.openOrder(changeType.fields as SpotOrder);
    else if (kind === ChangeKind.Updated) foldOrder(state, entityId as number, changeType.changedFields);
  } else if (entityType === EntityType.Balance) {
    if (kind === ChangeKind.Created) foldNewBalance(state, changeType.fields as Balance);
    else if (kind === ChangeKind.Updated) foldBalance(state, entityId as string, changeType.changedFields);
  } else if (entityType === EntityType.SpotOrderList && kind === ChangeKind.Created) {
    // A list ends with its last leg; its Updated says no more than that.
    state.openList(changeType.fields as SpotOrderList);
  }
}

function foldOrder(state: AccountState, orderId: number, changed: ChangedFields): void {
  const order = state.orders.get(orderId);
  if (order === undefined) throw new InvariantError(`account ${state.accountId}: the log changes order ${orderId}, which is not open`);
  for (let i = 0; i < changed.length; i += 3) {
    const field = changed[i] as number;
    const value = changed[i + 2];
    if (field === OrderField.request) {
      if (value !== null) state.noteRequest(orderId, value as OrderRequest);
    } else if (field === OrderField.outcome) {
      if (value !== null) state.answered((value as RequestOutcome).commandId);
    } else state.write(order, field, value);
  }
  if (isTerminal(order.status)) state.closeOrder(order);
}

function foldNewBalance(state: AccountState, balance: Readonly<Balance>): void {
  const holding = state.holdingOf(balance.asset);
  holding.applyCreated(balance);
  if (balance.requestId !== '') state.noteTransfer(holding, balance.free);
}

function foldBalance(state: AccountState, entityId: string, changed: ChangedFields): void {
  const asset = entityId.slice(entityId.indexOf('-') + 1);
  const holding = state.holding(asset);
  if (holding === undefined) throw new InvariantError(`account ${state.accountId}: the log changes ${asset}, which it never held`);
  const before = holding.free;
  holding.applyChanged(changed);
  if (holding.cause !== BalanceCause.DEPOSIT && holding.cause !== BalanceCause.WITHDRAWAL) return;
  if (newValue(changed, BalanceField.requestId) !== undefined) state.noteTransfer(holding, holding.free - before);
}
