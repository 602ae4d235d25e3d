// The clients: random commands of every kind to random processes, and what they were told held against the log.

import type { Pipeline } from '../../src/actors/pipeline.ts';
import { servesClients } from '../../src/actors/roles.ts';
import type { NewOrder } from '../../src/domain/command.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { CancelRestriction, isMarketLike, PegPriceType, Side } from '../../src/domain/orderTerms.ts';
import { type EngineReason, EngineReject } from '../../src/domain/rejectReason.ts';
import type { SpotOrder } from '../../src/domain/spotOrder.ts';
import type { OrderReport, PlaceResult } from '../../src/ports/exchangePort.ts';
import { OutcomeUnknownError, OverloadShedError } from '../../src/ports/exchangePort.ts';
import { must } from './invariants.ts';
import type { Random } from './random.ts';
import { badOrder, randomList, randomOrder } from './randomOrders.ts';
import { checkReport } from './replies.ts';
import { FIRST_ACCOUNT } from './venue.ts';
import type { World } from './world.ts';

/** 'told': the exchange's answer. 'unknown': it may have happened. 'nothing': it has not. */
export type Outcome<T> = { readonly kind: 'told'; readonly result: T } | { readonly kind: 'unknown' } | { readonly kind: 'nothing' };

/** A client gives up after this. */
const PATIENCE_US = 8_000_000;

export class Traders {
  readonly #world: World;
  #names = 0;
  outstanding = 0;
  told = 0;
  unknown = 0;
  nothing = 0;
  refused = 0;
  readonly reasons = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Calls an exchange process as a client does: over a network that may be slow, at a process that may die. */
  call<T>(random: Random, run: (pipeline: Pipeline) => Promise<T>): Promise<Outcome<T>> {
    const { driver, network, seats } = this.#world;
    const seat = random.pick(seats.filter(({ process: up }) => up === undefined || servesClients(up.pipeline.roles)));
    const { machine, process } = seat;
    if (machine === undefined || !machine.alive || process?.ready !== true) return Promise.resolve({ kind: 'nothing' });
    return new Promise((resolve) => {
      const patience = driver.after(PATIENCE_US, () => resolve({ kind: 'unknown' }));
      const answer = (outcome: Outcome<T>): void => {
        driver.after(network.latencyUs(), () => {
          patience.cancelled = true;
          resolve(outcome);
        });
      };
      machine.after(network.latencyUs(), () => {
        run(process.pipeline).then(
          (result) => answer({ kind: 'told', result }),
          (error: unknown) => {
            if (error instanceof OverloadShedError) answer({ kind: 'nothing' });
            else if (error instanceof OutcomeUnknownError) answer({ kind: 'unknown' });
            else this.#world.fail(error, machine.name);
          },
        );
      });
    });
  }

  /** One command, not waited for. */
  trade(random: Random): void {
    this.#guard(this.#one(random));
  }

  async deposit(random: Random, accountId: number, asset: string, units: bigint): Promise<boolean> {
    const requestId = this.#name();
    const outcome = await this.call(random, (process) => process.acquiring.moveFunds({ accountId, requestId, asset, units }, 'Deposit'));
    this.#count(outcome);
    const moved = this.#world.observer.accountsOf(accountId).transfers.get(`${accountId}/${requestId}`);
    if (outcome.kind !== 'told') return moved !== undefined;
    if (outcome.result.ok)
      must(
        moved?.asset === asset && moved.units === units,
        'replies',
        () => `deposit ${requestId} of account ${accountId} was acknowledged, the log has ${moved?.units}`,
      );
    else {
      this.#refusedFor(outcome.result.reason);
      must(moved === undefined, 'replies', () => `deposit ${requestId} was refused and is in the log`);
    }
    return outcome.result.ok;
  }

  /** Cancels whatever is open; for the end of a run. */
  async cancelAll(random: Random, accountId: number, symbol: string): Promise<void> {
    const outcome = await this.call(random, (process) => process.acquiring.cancelAllOrders({ accountId, symbol }));
    this.#count(outcome);
    if (outcome.kind !== 'told' || !outcome.result.ok) return;
    for (const report of outcome.result.reports) checkReport(this.#world.observer, report);
  }

  async #one(random: Random): Promise<void> {
    const { config, observer } = this.#world;
    const accountId = FIRST_ACCOUNT + random.below(config.accounts);
    const symbols = observer.registry.instruments().map((instrument) => instrument.symbol);
    const symbol = random.pick(symbols);
    const what = random.below(40);
    if (what < 18) await this.#place(random, accountId, symbol, false);
    else if (what < 20) await this.#place(random, accountId, symbol, true);
    else if (what < 25) await this.#list(random, accountId, symbol);
    else if (what < 36) await this.#request(random, accountId, symbol);
    else if (what < 37) await this.cancelAll(random, accountId, symbol);
    else await this.#transfer(random, accountId);
  }

  async #place(random: Random, accountId: number, symbol: string, bad: boolean): Promise<void> {
    const nowUs = this.#world.driver.nowUs();
    const name = this.#name();
    const order = bad ? badOrder(random, name, nowUs) : randomOrder(random, name, nowUs);
    const funds = this.#watch(accountId, symbol, order);
    const outcome = await this.call(random, (process) => process.acquiring.placeOrder({ accountId, symbol, order }));
    this.#count(outcome);
    if (outcome.kind === 'told') this.#placed(accountId, order, outcome.result, funds);
    funds?.end();
  }

  #placed(accountId: number, order: NewOrder, result: PlaceResult, funds: FundsWatch | undefined): void {
    const created = this.#created(accountId, order.clientOrderId);
    if (result.ok) {
      const { report } = result;
      checkReport(this.#world.observer, report);
      const same =
        report.order.accountId === accountId &&
        report.order.clientOrderId === order.clientOrderId &&
        report.order.side === order.side &&
        report.order.type === order.type &&
        created?.orderId === report.order.orderId;
      must(
        same,
        'replies',
        () => `the reply to ${order.clientOrderId} speaks of order ${report.order.orderId}, the log of ${created?.orderId}`,
      );
      return;
    }
    this.#refusedFor(result.reason);
    if (created !== undefined) {
      const row = this.#world.observer.market(created.symbol)?.orders.get(created.orderId);
      must(
        row?.status === OrderStatus.Rejected && row.rejectCode === result.reason.code,
        'replies',
        () =>
          `order ${created.orderId} was refused with ${result.reason.code}, in the log it has status ${row?.status}, code ${row?.rejectCode}`,
      );
      return;
    }
    must(
      result.reason !== EngineReject.DUPLICATE_ORDER,
      'replies',
      () => `${order.clientOrderId} is refused as a duplicate and was never used`,
    );
    if (result.reason === EngineReject.INSUFFICIENT_BALANCE && funds !== undefined)
      must(
        funds.least < funds.need,
        'replies',
        () =>
          `${order.clientOrderId} of account ${accountId} is refused for lack of funds: it needs ${funds.need}, there were at least ${funds.least} (${show(order)})`,
      );
  }

  async #list(random: Random, accountId: number, symbol: string): Promise<void> {
    const name = this.#name();
    const list = randomList(random, name, this.#world.driver.nowUs());
    const outcome = await this.call(random, (process) => process.acquiring.placeOrderList({ accountId, symbol, ...list }));
    this.#count(outcome);
    if (outcome.kind !== 'told') return;
    if (!outcome.result.ok) {
      this.#refusedFor(outcome.result.reason);
      return;
    }
    const { reports } = outcome.result;
    must(
      reports.length === list.orders.length,
      'replies',
      () => `list ${name} has ${list.orders.length} orders, its reply ${reports.length}`,
    );
    for (const report of reports) checkReport(this.#world.observer, report);
  }

  async #request(random: Random, accountId: number, symbol: string): Promise<void> {
    const { observer } = this.#world;
    const open = [...observer.accountsOf(accountId).openOrders(accountId)].filter((order) => order.symbol === symbol);
    // Now and then an order that is not there.
    const known = open.length > 0 && random.below(12) > 0 ? random.pick(open) : undefined;
    const byName = random.below(2) === 0;
    const ref = {
      accountId,
      symbol,
      orderId: known === undefined ? 9_999_999 : byName ? 0 : known.orderId,
      origClientOrderId: byName && known !== undefined ? known.clientOrderId : '',
    };
    const restriction =
      random.below(4) === 0 ? random.pick([CancelRestriction.ONLY_PARTIALLY_FILLED, CancelRestriction.ONLY_NEW]) : CancelRestriction.NONE;
    const kind = random.below(7);
    if (kind < 3) {
      const cancelClientOrderId = this.#name();
      const outcome = await this.call(random, (process) => process.acquiring.cancelOrder({ ...ref, cancelClientOrderId, restriction }));
      this.#count(outcome);
      if (outcome.kind === 'told') this.#cancelled(known, ref.origClientOrderId, outcome.result);
    } else if (kind < 5) {
      const newLots = 1 + random.below(Math.max(2, known?.origLots ?? 2));
      const newClientOrderId = random.below(3) === 0 ? this.#name() : '';
      const outcome = await this.call(random, (process) => process.acquiring.amendOrder({ ...ref, newLots, newClientOrderId }));
      this.#count(outcome);
      if (outcome.kind === 'told') this.#amended(newLots, outcome.result);
    } else if (kind === 5) {
      const order = randomOrder(random, this.#name(), this.#world.driver.nowUs());
      const allowFailure = random.below(2) === 0;
      const outcome = await this.call(random, (process) =>
        process.acquiring.cancelReplace({ ...ref, cancelClientOrderId: '', restriction, allowFailure, order }),
      );
      this.#count(outcome);
      if (outcome.kind !== 'told') return;
      const { cancel, place } = outcome.result;
      this.#cancelled(known, ref.origClientOrderId, cancel);
      if (place === null)
        must(
          this.#created(accountId, order.clientOrderId) === undefined,
          'replies',
          () => `${order.clientOrderId} was not attempted and is in the log`,
        );
      else if (!cancel.ok && !place.ok && cancel.reason === place.reason) this.#refusedFor(place.reason);
      else this.#placed(accountId, order, place, undefined);
    } else {
      const lists = known === undefined || known.orderListId < 0 ? 9_999_999 : known.orderListId;
      const outcome = await this.call(random, (process) =>
        process.acquiring.cancelOrderList({ accountId, symbol, orderListId: lists, listClientOrderId: '', cancelClientOrderId: '' }),
      );
      this.#count(outcome);
      if (outcome.kind === 'told' && outcome.result.ok) for (const report of outcome.result.reports) checkReport(observer, report);
    }
  }

  #cancelled(order: SpotOrder | undefined, name: string, result: PlaceResult): void {
    const { observer } = this.#world;
    if (result.ok) {
      checkReport(observer, result.report);
      must(
        result.report.order.status === OrderStatus.Cancelled,
        'replies',
        () => `the cancel of order ${result.report.order.orderId} is acknowledged with status ${result.report.order.status}`,
      );
      return;
    }
    this.#refusedFor(result.reason);
    if (order === undefined || result.reason !== EngineReject.UNKNOWN_ORDER) return;
    const row = observer.market(order.symbol)?.orders.get(order.orderId);
    const renamed = name !== '' && (row?.clientOrderId !== name || order.clientOrderId !== name);
    must(
      row === undefined || row.status >= OrderStatus.Filled || renamed,
      'replies',
      () => `the cancel of order ${order.orderId} is refused as unknown, and it is open`,
    );
  }

  #amended(lots: number, result: PlaceResult): void {
    if (!result.ok) {
      this.#refusedFor(result.reason);
      return;
    }
    checkReport(this.#world.observer, result.report);
    const { orderId, origLots, executedLots, preventedLots } = result.report.order;
    // What is executed already stays in the quantity.
    must(
      origLots === Math.max(lots, executedLots + preventedLots),
      'replies',
      () => `order ${orderId} was amended to ${lots} lots, the reply says ${origLots}`,
    );
  }

  async #transfer(random: Random, accountId: number): Promise<void> {
    const { observer } = this.#world;
    const asset = random.pick(observer.registry.assets());
    const units = BigInt(1 + random.below(30_000));
    if (random.below(3) > 0) {
      await this.deposit(random, accountId, asset, units);
      return;
    }
    const requestId = this.#name();
    const outcome = await this.call(random, (process) => process.acquiring.moveFunds({ accountId, requestId, asset, units }, 'Withdraw'));
    this.#count(outcome);
    if (outcome.kind !== 'told') return;
    const moved = observer.accountsOf(accountId).transfers.get(`${accountId}/${requestId}`);
    if (!outcome.result.ok) this.#refusedFor(outcome.result.reason);
    must(
      outcome.result.ok ? moved?.units === -units : moved === undefined,
      'replies',
      () => `withdrawal ${requestId} of ${units}: told ${outcome.result.ok}, the log has ${moved?.units}`,
    );
  }

  #created(accountId: number, clientOrderId: string): Readonly<SpotOrder> | undefined {
    const created = this.#world.observer.accountsOf(accountId).named.get(`${accountId}/${clientOrderId}`);
    return created;
  }

  /** What a limit order needs is known to the unit; it is refused for lack of funds only when at some time there was less. */
  #watch(accountId: number, symbol: string, order: NewOrder): FundsWatch | undefined {
    if (isMarketLike(order.type) || order.pegPriceType !== PegPriceType.NONE || order.lots <= 0 || order.priceTicks <= 0) return undefined;
    const { observer } = this.#world;
    const instrument = observer.registry.instrument(symbol);
    if (instrument === undefined) return undefined;
    const buys = order.side === Side.BUY;
    const need = BigInt(order.lots) * BigInt(buys ? order.priceTicks * instrument.quoteUnitsPerTickLot : instrument.lotUnits);
    const accounts = observer.accountsOf(accountId);
    const asset = buys ? instrument.quoteAsset : instrument.baseAsset;
    const watch = { key: `${accountId}-${asset}`, least: accounts.free(accountId, asset) };
    accounts.watches.add(watch);
    return {
      need,
      get least() {
        return watch.least;
      },
      end: () => void accounts.watches.delete(watch),
    };
  }

  #count(outcome: Outcome<unknown>): void {
    this[outcome.kind]++;
  }

  #refusedFor(reason: EngineReason): void {
    this.refused++;
    const name =
      Object.entries(EngineReject).find(([, known]) => known === reason || known.code === reason.code)?.[0] ?? String(reason.code);
    this.reasons.set(name, (this.reasons.get(name) ?? 0) + 1);
  }

  #guard(doing: Promise<void>): void {
    this.outstanding++;
    doing
      .catch((error: unknown) => this.#world.fail(error, 'clients'))
      .finally(() => {
        this.outstanding--;
      });
  }

  #name(): string {
    return `n${++this.#names}`;
  }
}

function show(order: object): string {
  return JSON.stringify(order, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

interface FundsWatch {
  readonly need: bigint;
  readonly least: bigint;
  end(): void;
}

export type { OrderReport };
