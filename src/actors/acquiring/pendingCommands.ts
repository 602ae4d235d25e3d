// Commands on their way: each waits for its account's writer's answer and for what the market log says, in any order,
// and ends once, by answer or by time-out.

import { IdMap } from '../../domain/idMap.ts';
import type { RequestOutcome } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { type OrderReport, OutcomeUnknownError } from '../../ports/exchangePort.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';
import type { ReportListener } from './marketReports.ts';

/** Everything the logs said about one command so far. */
export interface Collected {
  readonly answer: AccountAnswer | undefined;
  readonly placed: readonly OrderReport[];
  readonly requested: readonly Requested[];
  readonly ended: readonly OrderReport[];
  /** Lists it placed or ended, by id, as last said. */
  readonly lists: ReadonlyMap<number, SpotOrderList>;
}

export interface Requested {
  readonly orderId: number;
  readonly outcome: RequestOutcome;
  readonly report: OrderReport | undefined;
}

// Most commands place one order and collect nothing else: what they do not need is not made.
const NO_REPORTS: readonly OrderReport[] = Object.freeze([]);
const NO_REQUESTS: readonly Requested[] = Object.freeze([]);
const NO_LISTS: ReadonlyMap<number, SpotOrderList> = new Map();

class Pending implements Collected {
  answer: AccountAnswer | undefined = undefined;
  placed: readonly OrderReport[] = NO_REPORTS;
  requested: readonly Requested[] = NO_REQUESTS;
  ended: readonly OrderReport[] = NO_REPORTS;
  lists: ReadonlyMap<number, SpotOrderList> = NO_LISTS;
  /** The command's result once all of it is there; undefined = wait on. */
  readonly conclude: (collected: Collected) => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly startedMs: number;
  readonly needsAnswer: boolean;

  constructor(
    conclude: (collected: Collected) => unknown,
    resolve: (result: never) => void,
    reject: (error: Error) => void,
    startedMs: number,
    needsAnswer: boolean,
  ) {
    this.conclude = conclude;
    this.resolve = resolve;
    this.reject = reject;
    this.startedMs = startedMs;
    this.needsAnswer = needsAnswer;
  }
}

export interface PendingOptions {
  readonly timeoutMs: number;
  /** Hears of every command that got its result, with the time it was submitted at. */
  readonly onConcluded: (startedMs: number) => void;
}

export class PendingCommands implements ReportListener {
  readonly #pending = new IdMap<Pending>();
  readonly #options: PendingOptions;
  /** Nothing expires before: all waits are equally long, and none began before the oldest that was there. */
  #nextExpiryMs = 0;

  constructor(options: PendingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Resolves with what `conclude` makes of what the logs say, with `needsAnswer` not before its account's answer is there;
   * OutcomeUnknownError after the time-out.
   */
  await<T>(commandId: number, startedMs: number, needsAnswer: boolean, conclude: (collected: Collected) => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(commandId, new Pending(conclude, resolve, reject, startedMs, needsAnswer));
    });
  }

  answered(commandId: number, answer: AccountAnswer): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.answer = answer;
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
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.placed = pending.placed.length === 0 ? [report] : [...pending.placed, report];
    this.#check(commandId, pending);
  }

  listed(commandId: number, list: SpotOrderList): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.lists = new Map(pending.lists).set(list.orderListId, list);
    this.#check(commandId, pending);
  }

  requested(commandId: number, orderId: number, outcome: RequestOutcome, report: OrderReport | undefined): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.requested = [...pending.requested, { orderId, outcome, report }];
    this.#check(commandId, pending);
  }

  ended(commandId: number, report: OrderReport): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.ended = [...pending.ended, report];
    this.#check(commandId, pending);
  }

  /** Ends what waited too long. Neither done nor undone as far as this process knows. */
  expire(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    let oldestMs = nowMs;
    const late: [number, Pending][] = [];
    this.#pending.forEach((pending, commandId) => {
      if (pending.startedMs + this.#options.timeoutMs <= nowMs) late.push([commandId, pending]);
      else if (pending.startedMs < oldestMs) oldestMs = pending.startedMs;
    });
    this.#nextExpiryMs = oldestMs + this.#options.timeoutMs;
    for (const [commandId, pending] of late) {
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

  #check(commandId: number, pending: Pending): void {
    if (pending.needsAnswer && pending.answer === undefined) return;
    const result = pending.conclude(pending);
    if (result === undefined) return;
    this.#pending.delete(commandId);
    this.#options.onConcluded(pending.startedMs);
    pending.resolve(result as never);
  }
}
