// Deposits and withdrawals: each takes effect once per request id, however often it is sent. In: a command. Out: Balance
// Created or Updated.
import { BalanceCause } from '../balance.ts';
import type { CommandReply, Deposit, Withdraw } from '../command.ts';
import { MAX_UNITS } from '../instrument.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import type { Transfer } from './accountState.ts';
import { refused } from './placing.ts';
import type { Step } from './step.ts';

export function transfer(step: Step, command: Deposit | Withdraw): CommandReply {
  const { state, context } = step;
  const deposit = command.kind === 'Deposit';
  const { asset, requestId, units } = command;
  const profile = context.profile(state.accountId);
  if (profile === undefined) return refused(EngineReject.UNKNOWN_ACCOUNT);
  const done = state.transfers.find((transfer) => transfer.requestId === requestId);
  if (done !== undefined) {
    const same = done.asset === asset && done.units === (deposit ? units : -units);
    return same ? transferred(state.accountId, done, true) : refused(EngineReject.REQUEST_ID_REUSED);
  }
  const reason = refuse(step, command, deposit);
  if (reason !== undefined) return refused(reason);

  const holding = step.holding(asset);
  holding.free += deposit ? units : -units;
  step.closeHoldings(deposit ? BalanceCause.DEPOSIT : BalanceCause.WITHDRAWAL, requestId);
  state.noteTransfer(holding, deposit ? units : -units);
  return transferred(state.accountId, state.transfers.at(-1) as Transfer, false);
}

function refuse(step: Step, command: Deposit | Withdraw, deposit: boolean): EngineReason | undefined {
  const { state, context } = step;
  const { asset, units, requestId } = command;
  const profile = context.profile(state.accountId);
  if (profile?.frozen) return EngineReject.ACCOUNT_FROZEN;
  if (deposit ? !profile?.canDeposit : !profile?.canWithdraw) return EngineReject.ACTION_DISABLED;
  if (!context.knowsAsset(asset)) return EngineReject.UNKNOWN_ASSET;
  // Without an id of its own a retry could not be told from a second transfer.
  if (units <= 0n || requestId === '') return EngineReject.INVALID_AMOUNT;
  if (deposit) {
    const holding = state.holding(asset);
    const total = holding === undefined ? 0n : holding.free + holding.locked;
    return total + units >= MAX_UNITS ? EngineReject.BALANCE_LIMIT : undefined;
  }
  return state.freeOf(asset) < units ? EngineReject.INSUFFICIENT_BALANCE : undefined;
}

function transferred(accountId: number, done: Transfer, duplicate: boolean): CommandReply {
  const { asset, free, locked, updateUs, requestId } = done;
  const cause = done.units > 0n ? BalanceCause.DEPOSIT : BalanceCause.WITHDRAWAL;
  const balance = { accountId, asset, free, locked, updateUs, cause, requestId };
  return { ok: true, orders: [], list: null, requestedOrderIds: [], balance, duplicate };
}
