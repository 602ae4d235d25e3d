// Acquiring: takes commands from the edges, checks them at the door, numbers them, sends each to its account's writer, and
// answers with what the logs say became of it. Holds no money and no book.
import type { AccountCommand, CommandReply, NewOrder, PlaceOrder, TradingCommand } from '../../domain/command.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { baseUnits, notionalUnits } from '../../domain/instrument.ts';
import { checkNewOrder, checkOrderList, type MarketContext } from '../../domain/orderChecks.ts';
import { OrderStatus } from '../../domain/orderStatus.ts';
import { isMarketLike, isTriggered, OrderType, Side, SymbolStatus } from '../../domain/orderTerms.ts';
import { type EngineReason, EngineReject, engineReject } from '../../domain/rejectReason.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type BalanceResult,
  type CancelAllResult,
  type CancelReplaceResult,
  type CommandOf,
  type ListResult,
  type OrderReport,
  OverloadShedError,
  type PlaceResult,
  type Refused,
  type Registry,
} from '../../ports/exchangePort.ts';
import type { MarketData } from '../../ports/marketData.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { CommandIds } from './commandIds.ts';
import { type Collected, type CommandAsker, PendingCommands } from './pendingCommands.ts';

/** Brings a command to the account's writer, wherever it runs; answers at most once. */
export interface CommandRoute {
  send(command: AccountCommand, asker: CommandAsker): void;
}

export interface AcquiringDeps {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly markets: MarketData;
  readonly route: CommandRoute;
  /** Distinguishes this life of the process from every other that may have commands in flight. */
  readonly life: number;
  readonly timeoutMs: number;
  readonly admission: AdmissionOptions;
}

const refused = (reason: EngineReason): Refused => ({ ok: false, reason });
const NO_MARKET: MarketContext = { lastTicks: 0, avgTicks: 0, bidTicks: 0, askTicks: 0 };
/** Average price window of PERCENT_PRICE when the instrument names none. */
const DEFAULT_AVG_MINUTES = 5;

export class Acquiring {
  readonly #deps: AcquiringDeps;
  readonly #ids: CommandIds;
  readonly pending: PendingCommands;
  readonly admission: Admission;
  /** Commands let in so far. */
  accepted = 0;

  constructor(deps: AcquiringDeps) {
    this.#deps = deps;
    this.#ids = new CommandIds(deps.life);
    this.admission = new Admission(deps.admission);
    this.pending = new PendingCommands({
      timeoutMs: deps.timeoutMs,
      onConcluded: (startedMs) => {
        const nowMs = this.#deps.clock.nowUs() / 1000;
        this.admission.observe(nowMs - startedMs, nowMs);
      },
    });
  }

  /** True while the door is shut to a further command. */
  sheds(): boolean {
    return !this.admission.admits(this.pending.size);
  }

  /** The checks that need no account: undefined = the door lets it pass. */
  check(symbol: string, order: NewOrder): EngineReason | undefined {
    return this.#check(symbol, order, this.#deps.clock.nowUs());
  }

  #check(symbol: string, order: NewOrder, nowUs: number): EngineReason | undefined {
    const instrument = this.#deps.registry.instrument(symbol);
    if (instrument === undefined) return EngineReject.UNKNOWN_SYMBOL;
    const closed = closedFor(instrument);
    if (closed !== undefined) return closed;
    return checkNewOrder(instrument, order, this.#marketContext(instrument, nowUs), nowUs);
  }

  placeOrder({ accountId, symbol, order }: CommandOf<'PlaceOrder'>): Promise<PlaceResult> {
    const nowUs = this.#deps.clock.nowUs();
    const problem = this.#check(symbol, order, nowUs);
    if (problem !== undefined) return Promise.resolve(refused(problem));
    const estimated = this.#withEstimate(symbol, order);
    // Field by field: the busiest command there is must not go through a spread, which makes maps of its own.
    const command: PlaceOrder = { kind: 'PlaceOrder', commandId: this.#ids.next(), accountId, symbol, order: estimated };
    return this.#submit<PlaceResult>(command, concludePlaced, nowUs);
  }

  async placeOrderList(command: CommandOf<'PlaceOrderList'>): Promise<ListResult> {
    const instrument = this.#deps.registry.instrument(command.symbol);
    if (instrument === undefined) return refused(EngineReject.UNKNOWN_SYMBOL);
    const nowUs = this.#deps.clock.nowUs();
    const problem =
      closedFor(instrument) ??
      checkOrderList(instrument, command.contingencyType, command.orders, this.#marketContext(instrument, nowUs), nowUs);
    if (problem !== undefined) return refused(problem);
    const orders = command.orders.map((order) => this.#withEstimate(command.symbol, order));
    return this.#submit<ListResult>({ ...command, orders, kind: 'PlaceOrderList', commandId: this.#ids.next() }, (collected) => {
      const reply = collected.answer as CommandReply;
      if (!reply.ok) return reply;
      const [list] = collected.lists.values();
      if (list === undefined || collected.reports.length < orders.length) return undefined;
      const rejected = collected.reports.find((report) => report.order.status === OrderStatus.Rejected);
      if (rejected !== undefined) return refused(engineReject(rejected.order.rejectCode) ?? EngineReject.POISON);
      return { ok: true, list, reports: collected.reports };
    });
  }

  cancelOrder(command: CommandOf<'CancelOrder'>): Promise<PlaceResult> {
    return this.#onKnownSymbol<PlaceResult>({ ...command, kind: 'CancelOrder', commandId: this.#ids.next() }, concludeRequested);
  }

  amendOrder(command: CommandOf<'AmendOrder'>): Promise<PlaceResult> {
    return this.#onKnownSymbol<PlaceResult>({ ...command, kind: 'AmendOrder', commandId: this.#ids.next() }, concludeRequested);
  }

  cancelOrderList(command: CommandOf<'CancelOrderList'>): Promise<ListResult> {
    return this.#onKnownSymbol<ListResult>({ ...command, kind: 'CancelOrderList', commandId: this.#ids.next() }, (collected) => {
      const reply = collected.answer as CommandReply;
      if (!reply.ok) return reply;
      if (collected.requested.length < reply.requestedOrderIds.length) return undefined;
      const [list] = collected.lists.values();
      if (list !== undefined) return { ok: true, list, reports: doneReports(collected) };
      return refused(failureOf(collected) ?? EngineReject.UNKNOWN_ORDER);
    });
  }

  cancelAllOrders(command: CommandOf<'CancelAllOrders'>): Promise<CancelAllResult> {
    return this.#onKnownSymbol<CancelAllResult>({ ...command, kind: 'CancelAllOrders', commandId: this.#ids.next() }, (collected) => {
      const reply = collected.answer as CommandReply;
      if (!reply.ok) return reply;
      if (collected.requested.length < reply.requestedOrderIds.length) return undefined;
      const reports = doneReports(collected);
      if (reports.length === 0) return refused(EngineReject.NOTHING_OPEN);
      return { ok: true, reports, lists: [...collected.lists.values()] };
    });
  }

  async cancelReplace(command: CommandOf<'CancelReplace'>): Promise<CancelReplaceResult> {
    // Filters come before either step: an order that cannot be placed leaves the old one alone.
    const problem = this.check(command.symbol, command.order);
    if (problem !== undefined) return { cancel: refused(problem), place: refused(problem) };
    const order = this.#withEstimate(command.symbol, command.order);
    return this.#submit<CancelReplaceResult>({ ...command, order, kind: 'CancelReplace', commandId: this.#ids.next() }, (collected) => {
      const answer = collected.answer as AccountAnswer;
      // Refused before either half was tried.
      if ('ok' in answer) return answer.ok ? replacedOf(collected, answer) : { cancel: refused(answer.reason), place: null };
      let cancel: PlaceResult;
      if (answer.cancel.code !== 0) cancel = refused(engineReject(answer.cancel.code) ?? EngineReject.UNKNOWN_ORDER);
      else {
        const report = collected.requested[0]?.report;
        if (report === undefined) return undefined;
        cancel = { ok: true, report };
      }
      if (answer.place === null) return { cancel, place: null };
      if (!answer.place.ok) return { cancel, place: refused(answer.place.reason) };
      const place = placedOf(collected);
      return place && { cancel, place };
    });
  }

  moveFunds(command: CommandOf<'Deposit'> | CommandOf<'Withdraw'>, kind: 'Deposit' | 'Withdraw'): Promise<BalanceResult> {
    return this.#submit<BalanceResult>({ ...command, kind, commandId: this.#ids.next() }, (collected) => {
      const reply = collected.answer as CommandReply;
      if (!reply.ok) return reply;
      if (reply.balance === undefined) throw new Error('an account writer answered a transfer without a balance');
      return { ok: true, balance: reply.balance, duplicate: reply.duplicate ?? false };
    });
  }

  #onKnownSymbol<T>(command: TradingCommand, conclude: (collected: Collected) => T | Refused | undefined): Promise<T> {
    if (this.#deps.registry.instrument(command.symbol) === undefined) return Promise.resolve(refused(EngineReject.UNKNOWN_SYMBOL) as T);
    return this.#submit(command, conclude);
  }

  #submit<T>(
    command: AccountCommand,
    conclude: (collected: Collected) => T | Refused | undefined,
    nowUs = this.#deps.clock.nowUs(),
  ): Promise<T> {
    if (this.sheds())
      return Promise.reject(
        new OverloadShedError('Server is currently overloaded with other requests. Please try again in a few minutes.'),
      );
    this.accepted++;
    // An order in a book was accepted, whether or not its account's writer lived to say so.
    const pending = this.pending.add(command.commandId, nowUs / 1000, !isSingle(command), conclude);
    this.#deps.route.send(command, pending);
    return pending.result as Promise<T>;
  }

  #marketContext(instrument: Instrument, nowUs: number): MarketContext {
    const view = this.#deps.markets.view(instrument.symbol);
    if (view === undefined) return NO_MARKET;
    const { bidTicks, askTicks } = view.bookTicker();
    const minutes = instrument.filters.avgPriceMins || DEFAULT_AVG_MINUTES;
    return { lastTicks: view.lastPriceTicks(), avgTicks: view.avgPriceTicks(minutes, nowUs).priceTicks, bidTicks, askTicks };
  }

  /** What an order without a limit price is expected to need, as this process sees the market now. */
  #withEstimate(symbol: string, order: NewOrder): NewOrder {
    if (!isMarketLike(order.type)) return order;
    const view = this.#deps.markets.view(symbol);
    const instrument = this.#deps.registry.instrument(symbol);
    if (view === undefined || instrument === undefined) return order;
    let estimateUnits = 0n;
    if (isTriggered(order.type)) {
      const ticks = order.stopPriceTicks || view.lastPriceTicks();
      if (order.side === Side.BUY) estimateUnits = notionalUnits(instrument, ticks, order.lots);
    } else if (order.type === OrderType.MARKET) {
      if (order.side === Side.BUY && order.lots > 0) estimateUnits = view.sweepQuoteUnits(order.lots).quoteUnits;
      else if (order.side === Side.SELL && order.quoteUnits > 0n) estimateUnits = baseUnits(instrument, view.sweepLots(order.quoteUnits));
    }
    return { ...order, estimateUnits };
  }
}

function closedFor(instrument: Instrument): EngineReason | undefined {
  switch (instrument.status) {
    case SymbolStatus.TRADING:
      return undefined;
    case SymbolStatus.CANCEL_ONLY:
      return EngineReject.CANCEL_ONLY;
    default:
      return instrument.haltReason === '' ? EngineReject.MARKET_CLOSED : EngineReject.SYMBOL_HALTED_BY_POISON;
  }
}

function placedOf(collected: Collected): PlaceResult | undefined {
  const report = collected.reports[0];
  if (report === undefined) return undefined;
  if (report.order.status === OrderStatus.Rejected) return refused(engineReject(report.order.rejectCode) ?? EngineReject.POISON);
  return { ok: true, report };
}

/** One order's commands: what the market log says of them is all there is to wait for. */
function isSingle({ kind }: AccountCommand): boolean {
  return kind === 'PlaceOrder' || kind === 'CancelOrder' || kind === 'AmendOrder';
}

function concludePlaced(collected: Collected): PlaceResult | undefined {
  const reply = collected.answer as CommandReply | undefined;
  return reply === undefined || reply.ok ? placedOf(collected) : reply;
}

function concludeRequested(collected: Collected): PlaceResult | undefined {
  const reply = collected.answer as CommandReply | undefined;
  if (reply?.ok === false) return reply;
  const first = collected.requested[0];
  if (first === undefined) return undefined;
  if (first.outcome.code !== 0 || first.report === undefined)
    return refused(engineReject(first.outcome.code) ?? EngineReject.UNKNOWN_ORDER);
  return { ok: true, report: first.report };
}

/** A cancel-replace whose first answer was lost: what the market log says of its two halves. */
function replacedOf(collected: Collected, reply: Extract<CommandReply, { ok: true }>): CancelReplaceResult | undefined {
  const cancel = concludeRequested(collected);
  if (cancel === undefined) return undefined;
  const place = placedOf(collected);
  if (place !== undefined) return { cancel, place };
  // Placed all the same (ALLOW_FAILURE): the market log has yet to say so.
  const placed = reply.orders.length > 0 || (reply.closedOrderIds ?? []).length > 0;
  return cancel.ok || placed ? undefined : { cancel, place: null };
}

/** Reports of everything a cancel ended, each order once. */
function doneReports(collected: Collected): OrderReport[] {
  const reports = new Map<number, OrderReport>();
  for (const { outcome, report } of collected.requested)
    if (outcome.code === 0 && report !== undefined) reports.set(report.order.orderId, report);
  for (const report of collected.ended) if (!reports.has(report.order.orderId)) reports.set(report.order.orderId, report);
  return [...reports.values()].sort((a, b) => a.order.orderId - b.order.orderId);
}

function failureOf(collected: Collected): EngineReason | undefined {
  return engineReject(collected.requested[0]?.outcome.code ?? 0);
}
