// Commands on their way: each waits for its account's writer's answer and for what the market log says, in any order,
// and ends once, by answer or by time-out.

import { IdMap } from '../../domain/idMap.ts';
import type { RequestOutcome } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import { type OrderReport, OutcomeUnknownError } from '../../ports/exchangePort.ts';
import type { Asker } from '../behaviour.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';
import type { PlacingListener, ReportListener } from './marketReports.ts';

/** Waits for the answer of a command's account. */
export interface CommandAsker extends Asker<AccountAnswer> {
  /** OverloadShedError when nothing happened, OutcomeUnknownError when nobody can tell. */
  failed(error: Error): void;
}

/** Everything the logs said about one command so far. */
export interface Collected {
  readonly answer: AccountAnswer | undefined;
  /** Of the orders it placed. */
  readonly reports: readonly OrderReport[];
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

/** What the promise that is being made is settled by: one function that hears of both, instead of one for each promise. */
let resolver: (result: never) => void;
let rejecter: (error: Error) => void;
const keepBoth = (resolve: (result: never) => void, reject: (error: Error) => void): void => {
  resolver = resolve;
  rejecter = reject;
};

class Pending implements Collected, CommandAsker, PlacingListener {
  readonly #owner: PendingCommands;
  readonly commandId: number;
  answer: AccountAnswer | undefined = undefined;
  reports: readonly OrderReport[] = NO_REPORTS;
  requested: readonly Requested[] = NO_REQUESTS;
  ended: readonly OrderReport[] = NO_REPORTS;
  lists: ReadonlyMap<number, SpotOrderList> = NO_LISTS;
  /** The command's result once all of it is there; undefined = wait on. */
  readonly conclude: (collected: Collected) => unknown;
  readonly result: Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly startedMs: number;
  readonly needsAnswer: boolean;
  /** Nobody waits any more. */
  over = false;

  constructor(
    owner: PendingCommands,
    commandId: number,
    startedMs: number,
    needsAnswer: boolean,
    conclude: (collected: Collected) => unknown,
  ) {
    this.#owner = owner;
    this.commandId = commandId;
    this.conclude = conclude;
    this.result = new Promise<never>(keepBoth);
    this.resolve = resolver;
    this.reject = rejecter;
    this.startedMs = startedMs;
    this.needsAnswer = needsAnswer;
  }

  answered(answer: AccountAnswer): void {
    if (this.over) return;
    this.answer = answer;
    // What is not refused is told by the market log.
    if (this.needsAnswer || !('ok' in answer) || !answer.ok) this.#owner.check(this);
  }

  placed(report: OrderReport): void {
    if (this.over) return;
    this.reports = this.reports.length === 0 ? [report] : [...this.reports, report];
    this.#owner.check(this);
  }

  failed(error: Error): void {
    if (!this.over) this.#owner.end(this, error);
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
   * Its result resolves with what `conclude` makes of what the logs say, with `needsAnswer` not before its account's answer is
   * there; it rejects with OutcomeUnknownError after the time-out.
   */
  add(
    commandId: number,
    startedMs: number,
    needsAnswer: boolean,
    conclude: (collected: Collected) => unknown,
  ): CommandAsker & { readonly result: Promise<unknown> } {
    const pending = new Pending(this, commandId, startedMs, needsAnswer, conclude);
    this.#pending.set(commandId, pending);
    return pending;
  }

  /** Ends one command without an answer. */
  end(pending: Pending, error: Error): void {
    pending.over = true;
    this.#pending.delete(pending.commandId);
    pending.reject(error);
  }

  awaits(commandId: number): boolean {
    return this.#pending.has(commandId);
  }

  placing(commandId: number): PlacingListener | undefined {
    return this.#pending.get(commandId);
  }

  listed(commandId: number, list: SpotOrderList): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.lists = new Map(pending.lists).set(list.orderListId, list);
    this.check(pending);
  }

  requested(commandId: number, orderId: number, outcome: RequestOutcome, report: OrderReport | undefined): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.requested = [...pending.requested, { orderId, outcome, report }];
    this.check(pending);
  }

  ended(commandId: number, report: OrderReport): void {
    const pending = this.#pending.get(commandId);
    if (pending === undefined) return;
    pending.ended = [...pending.ended, report];
    this.check(pending);
  }

  /** Ends what waited too long. Neither done nor undone as far as this process knows. */
  expire(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    let oldestMs = nowMs;
    const late: Pending[] = [];
    this.#pending.forEach((pending) => {
      if (pending.startedMs + this.#options.timeoutMs <= nowMs) late.push(pending);
      else if (pending.startedMs < oldestMs) oldestMs = pending.startedMs;
    });
    this.#nextExpiryMs = oldestMs + this.#options.timeoutMs;
    for (const pending of late) {
      this.end(
        pending,
        new OutcomeUnknownError('Timeout waiting for response from backend server. Send status unknown; execution status unknown.'),
      );
    }
  }

  /** Ends everything: the process stops. */
  failAll(error: Error): void {
    for (const pending of [...this.#pending.values()]) this.end(pending, error);
  }

  /** Something was said about it: perhaps the last thing that it waits for. */
  check(pending: Pending): void {
    if (pending.needsAnswer && pending.answer === undefined) return;
    const result = pending.conclude(pending);
    if (result === undefined) return;
    pending.over = true;
    this.#pending.delete(pending.commandId);
    this.#options.onConcluded(pending.startedMs);
    pending.resolve(result as never);
  }
}
