// One call of the account's reducer while it runs: what it touched, and the entries that bring the log up to date at its
// end. Orders first, then what follows from them, then one entry per balance.
import { InvariantError } from '../assert.ts';
import { BalanceCause } from '../balance.ts';
import { type ChangeLogEntry, EntityType, type FieldValue, updated } from '../changeLogEntry.ts';
import type { Instrument } from '../instrument.ts';
import { OrderField, type OrderRequest, type RequestOutcome } from '../spotOrder.ts';
import { OrderListField } from '../spotOrderList.ts';
import type { AccountContext } from './account.ts';
import type { AccountState } from './accountState.ts';
import type { Holding } from './holding.ts';
import type { KeptField, OpenList, OpenOrder } from './openOrder.ts';
import { needUnits, UNBOUNDED } from './reservation.ts';

const NO_ORDERS: OpenOrder[] = [];
const NO_HOLDINGS: Holding[] = [];
const NO_AMOUNTS: bigint[] = [];
/**
 * Where changes are put together; the log gets a copy of just their size. An array that is pushed to makes room for 17 values,
 * and an order is changed in every step.
 */
const spare: FieldValue[][] = [];
const SPARE_MAX = 16;

export class Step {
  state!: AccountState;
  context!: AccountContext;
  nowUs = 0;
  out!: ChangeLogEntry[];
  // Lists of one or two as a rule: made without the room that push would leave.
  #orders: OpenOrder[] = NO_ORDERS;
  #holdings: Holding[] = NO_HOLDINGS;
  /** Of each of these what was free and what was locked before. */
  #amounts: bigint[] = NO_AMOUNTS;

  /** The step before is over, or its account has crashed. */
  begin(state: AccountState, context: AccountContext, out: ChangeLogEntry[]): this {
    this.state = state;
    this.context = context;
    this.nowUs = context.nowUs;
    this.out = out;
    this.#orders = NO_ORDERS;
    this.#holdings = NO_HOLDINGS;
    return this;
  }

  instrumentOf(symbol: string): Instrument {
    const instrument = this.context.instrument(symbol);
    if (instrument === undefined) throw new InvariantError(`no instrument ${symbol}`);
    return instrument;
  }

  holding(asset: string): Holding {
    return this.touch(this.state.holdingOf(asset));
  }

  /** Of the asset that the order buys or sells. */
  base({ siblings, symbol }: OpenOrder): Holding {
    siblings.base ??= this.state.holdingOf(this.instrumentOf(symbol).baseAsset);
    return this.touch(siblings.base);
  }

  /** Of the asset that the order pays with or is paid in. */
  quote({ siblings, symbol }: OpenOrder): Holding {
    siblings.quote ??= this.state.holdingOf(this.instrumentOf(symbol).quoteAsset);
    return this.touch(siblings.quote);
  }

  /** Where the order's reservation is locked. */
  reservedIn(order: OpenOrder): Holding {
    return order.buys ? this.quote(order) : this.base(order);
  }

  /** The holding is about to change. */
  touch(holding: Holding): Holding {
    if (holding.touched) return holding;
    holding.touched = true;
    if (this.#holdings.length === 0) {
      this.#holdings = [holding];
      this.#amounts = [holding.free, holding.locked];
    } else {
      this.#holdings.push(holding);
      this.#amounts.push(holding.free, holding.locked);
    }
    return holding;
  }

  change(order: OpenOrder, field: KeptField, value: FieldValue): void {
    if (order.read(field) === value) return;
    const changes = this.#changesOf(order);
    let at = 0;
    while (at < order.changed && changes[at] !== field) at += 3;
    if (at < order.changed) changes[at + 2] = value;
    else this.#note(order, field, order.read(field), value);
    this.state.write(order, field, value);
  }

  /** Sends a request to the symbol's writer, together with whatever else changes in the order. */
  request(order: OpenOrder, request: OrderRequest): void {
    this.#note(order, OrderField.request, null, request);
    this.state.noteRequest(order.orderId, request);
  }

  /** The account has taken the outcome in: whoever folds the log knows that the request is not in flight any more. */
  noteOutcome(orderId: number, outcome: RequestOutcome): void {
    this.state.answered(outcome.commandId);
    this.out.push(updated(EntityType.SpotOrder, orderId, [OrderField.outcome, null, outcome], this.nowUs));
  }

  /** What the orders touched can no longer spend goes back to free; then their entries are written. */
  closeOrders(): void {
    const orders = this.#orders;
    // Giving back may touch the order that carries a shared reservation: the list can grow under the loop.
    for (let i = 0; i < orders.length; i++) this.#giveBack(orders[i] as OpenOrder);
    for (const order of orders) {
      const { changes } = order;
      order.changes = null;
      if (changes === null) continue;
      const values = dropUnchanged(changes, order.changed);
      if (values > 0) this.out.push(updated(EntityType.SpotOrder, order.orderId, changes.slice(0, values), this.nowUs));
      if (spare.length < SPARE_MAX) spare.push(changes);
    }
    for (const { list } of orders) if (list !== undefined && list.legs.length === 0) this.#closeList(list);
    this.#orders = NO_ORDERS;
  }

  closeHoldings(cause: BalanceCause = BalanceCause.TRADING, requestId = ''): void {
    for (let i = 0; i < this.#holdings.length; i++) {
      const holding = this.#holdings[i] as Holding;
      holding.touched = false;
      const logged = { free: this.#amounts[2 * i] as bigint, locked: this.#amounts[2 * i + 1] as bigint };
      const entry = holding.close(this.state.accountId, logged, this.nowUs, cause, requestId);
      if (entry !== undefined) this.out.push(entry);
    }
    this.#holdings = NO_HOLDINGS;
    this.#amounts = NO_AMOUNTS;
  }

  #closeList(list: OpenList): void {
    if (list.written) return;
    list.written = true;
    const { row } = list;
    const done = list.closedRow(this.nowUs);
    const changed = [
      OrderListField.statusType,
      row.statusType,
      done.statusType,
      OrderListField.orderStatus,
      row.orderStatus,
      done.orderStatus,
      OrderListField.updateUs,
      row.updateUs,
      done.updateUs,
    ];
    this.out.push(updated(EntityType.SpotOrderList, row.orderListId, changed, this.nowUs));
  }

  #changesOf(order: OpenOrder): FieldValue[] {
    if (order.changes === null) {
      order.changes = spare.pop() ?? [];
      order.changed = 0;
      if (this.#orders.length === 0) this.#orders = [order];
      else this.#orders.push(order);
    }
    return order.changes;
  }

  #note(order: OpenOrder, field: number, before: FieldValue, value: FieldValue): void {
    const changes = this.#changesOf(order);
    const at = order.changed;
    changes[at] = field;
    changes[at + 1] = before;
    changes[at + 2] = value;
    order.changed = at + 3;
  }

  /** Frees what is locked beyond what the order, or the OCO pair it is of, can still spend. Parked legs have nothing to give. */
  #giveBack(order: OpenOrder): void {
    if (order.closed) return;
    const { payer, partner } = order;
    if (payer.reservedUnits === 0n) return;
    const instrument = this.instrumentOf(order.symbol);
    let need = needUnits(instrument, order);
    if (partner !== undefined && need !== UNBOUNDED) {
      const other = needUnits(instrument, partner);
      if (other === UNBOUNDED || other > need) need = other;
    }
    if (need === UNBOUNDED || need >= payer.reservedUnits) return;
    const holding = this.reservedIn(order);
    const surplus = payer.reservedUnits - need;
    holding.locked -= surplus;
    holding.free += surplus;
    this.change(payer, OrderField.reservedUnits, need);
  }
}

/** A shared reservation may pass through a leg: what came and went again is no change. Returns how many values stay. */
function dropUnchanged(changes: FieldValue[], changed: number): number {
  let stays = 0;
  for (let i = 0; i < changed; i += 3) {
    if (changes[i + 1] === changes[i + 2]) continue;
    if (stays < i) for (let j = 0; j < 3; j++) changes[stays + j] = changes[i + j];
    stays += 3;
  }
  return stays;
}
