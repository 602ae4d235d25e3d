// Commands on their way: each waits for its account's writer's answer and for what the market log says, in any order,
// and ends once, by answer or by time-out.

import type { RequestOutcome } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { type OrderReport, OutcomeUnknownError } from '../../ports/exchangePort.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';
import type { ReportListener } from './marketReports.ts';

/** Everything the logs said about one command so far. */
export interface Collected {
  answer: AccountAnswer | undefined;
  readonly placed: OrderReport[];
  readonly requested: {
    readonly orderId: number;
    readonly outcome: RequestOutcome;
    readonly report: OrderReport | undefined;
  }[];
  readonly ended: OrderReport[];
  /** Lists it placed or ended, by id, as last said. */
  readonly lists: Map<number, SpotOrderList>;
}

interface Pending {
  readonly collected: Collected;
  /** The command's result once all of it is there; undefined = wait on. */
  readonly conclude: (collected: Collected) => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly deadlineMs: number;
}

export class PendingCommands implements ReportListener {
  readonly #pending = new Map<number, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  /** Resolves with what `conclude` makes of what the logs say; OutcomeUnknownError after the deadline. */
  await<T>(commandId: number, deadlineMs: number, conclude: (collected: Collected) => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const collected: Collected = { answer: undefined, placed: [], requested: [], ended: [], lists: new Map() };
      this.#pending.set(commandId, { collected, conclude, resolve, reject, deadlineMs });
    });
  }

  answered(commandId: number, answer: AccountAnswer): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.collected.answer = answer;
    this.#check(commandId, pending);
  }

  /** Ends one command without an answer. */
  fail(commandId: number, error: Error): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    this.#pending.delete(commandId);
    pending.reject(error);
  }

  awaits(commandId: number): boolean {
    return this.#pending.has(commandId);
  }

  placed(commandId: number, report: OrderReport): void {
    this.#add(commandId, (collected) => collected.placed.push(report));
  }

  listed(commandId: number, list: SpotOrderList): void {
    this.#add(commandId, (collected) => {
      collected.lists.set(list.orderListId, list);
    });
  }

  requested(commandId: number, orderId: number, outcome: RequestOutcome, report: OrderReport | undefined): void {
    this.#add(commandId, (collected) => collected.requested.push({ orderId, outcome, report }));
  }

  ended(commandId: number, report: OrderReport): void {
    this.#add(commandId, (collected) => collected.ended.push(report));
  }

  /** Ends what waited too long. Neither done nor undone as far as this process knows. */
  expire(nowMs: number): void {
    for (const [commandId, pending] of this.#pending) {
      // In the order of their deadlines, for all waits are equally long.
      if (pending.deadlineMs > nowMs) return;
      this.#pending.delete(commandId);
      pending.reject(
        new OutcomeUnknownError('Timeout waiting for response from backend server. Send status unknown; execution status unknown.'),
      );
    }
  }

  /** Ends everything: the process stops. */
  failAll(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #add(commandId: number, add: (collected: Collected) => unknown): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    add(pending.collected);
    this.#check(commandId, pending);
  }

  #check(commandId: number, pending: Pending): void {
    const result = pending.conclude(pending.collected);
    if (result === undefined) return;
    this.#pending.delete(commandId);
    pending.resolve(result as never);
  }
}
