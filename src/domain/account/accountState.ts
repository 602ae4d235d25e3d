// Everything an account's writer knows, and the moves that both live execution and the fold of its log make. Who decides
// is elsewhere (placing.ts, requests.ts, settling.ts, transfers.ts); what is decided takes effect here, one way only.
import { assert } from '../assert.ts';
import type { FieldValue } from '../changeLogEntry.ts';
import type { Instrument } from '../instrument.ts';
import { sharedAmount } from '../interned.ts';
import { isTriggered, RequestKind, Side } from '../orderTerms.ts';
import { OrderField, type OrderRequest, type SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { Holding } from './holding.ts';
import { Holdings } from './holdings.ts';
import { OpenList, OpenOrder } from './openOrder.ts';
import { OpenOrders, type ReadonlyOpenOrders } from './openOrders.ts';
import { OrderIndex } from './orderIndex.ts';
import { RecentCommands } from './recentCommands.ts';
import { reservedAsset } from './reservation.ts';
import { type ReadonlySmallMap, SmallMap } from './smallMap.ts';
import { SymbolOrders } from './symbolOrders.ts';

/** A request whose outcome the account waits for: an amend that claims a client order id, or a cancel-replace. */
export interface InFlight {
  readonly orderId: number;
  readonly request: OrderRequest;
}

/** A deposit (units > 0) or withdrawal (units < 0) that took effect, and the balance it left. */
export interface Transfer {
  readonly requestId: string;
  readonly asset: string;
  readonly units: bigint;
  readonly free: bigint;
  readonly locked: bigint;
  readonly updateUs: number;
}

/** Transfers remembered for their retries. */
export const TRANSFERS_MAX = 1024;
const NO_TRANSFERS: Transfer[] = [];

/** Nobody writes to these. */
const NO_LISTS = new SmallMap<number, OpenList>();
const NONE_IN_FLIGHT = new SmallMap<number, InFlight>();

/** What an account has only while something is open: most have nothing open. */
class Open {
  readonly orders: OpenOrders;
  readonly symbols = new SmallMap<string, SymbolOrders>();
  /** By ascending id, as they were opened. Made for the first one, as the next. */
  lists: SmallMap<number, OpenList> = NO_LISTS;
  inFlight: SmallMap<number, InFlight> = NONE_IN_FLIGHT;

  constructor(accountId: number, index: OrderIndex) {
    this.orders = new OpenOrders(accountId, index);
  }
}

/** Stands for nothing open; nobody writes to it. */
const NOTHING = new Open(-1, new OrderIndex());

export class AccountState extends Holdings {
  readonly accountId: number;
  #open: Open = NOTHING;
  /** Its own, unless it shares one with others. */
  #index: OrderIndex | undefined;
  recent = new RecentCommands();
  /** Oldest first. */
  transfers: Transfer[] = NO_TRANSFERS;

  constructor(accountId: number) {
    super();
    this.accountId = accountId;
  }

  get orders(): ReadonlyOpenOrders {
    return this.#open.orders;
  }

  get lists(): ReadonlySmallMap<number, OpenList> {
    return this.#open.lists;
  }

  get symbols(): ReadonlySmallMap<string, SymbolOrders> {
    return this.#open.symbols;
  }

  /** By command. */
  get inFlight(): ReadonlySmallMap<number, InFlight> {
    return this.#open.inFlight;
  }

  freeOf(asset: string): bigint {
    return this.holding(asset)?.free ?? 0n;
  }

  /** What an order of that side is paid from; undefined when the account never held it. */
  payingHolding(instrument: Instrument, side: Side): Holding | undefined {
    const open = this.symbols.get(instrument.symbol);
    const known = side === Side.BUY ? open?.quote : open?.base;
    return known ?? this.holding(reservedAsset(instrument, side));
  }

  /** The order is in the log from here on. */
  openOrder(row: Readonly<SpotOrder>): OpenOrder {
    const order = new OpenOrder(row);
    this.recent.add(row.commandId, row.orderId);
    this.adopt(order);
    return order;
  }

  /** Takes the order into every index, without remembering a command. */
  adopt(order: OpenOrder): void {
    const { orderId, orderListId } = order;
    if (orderListId >= 0) {
      const list = this.lists.get(orderListId);
      assert(list !== undefined, `order ${orderId} is of list ${orderListId}, which is not open`);
      list.legs.push(order);
      order.list = list;
    }
    this.#opened().orders.add(order);
    const open = this.#symbolOf(order.symbol);
    order.siblings = open;
    open.orders++;
    if (isTriggered(order.type)) open.algos++;
    if (order.icebergLots > 0) open.icebergs++;
  }

  openList(row: Readonly<SpotOrderList>): OpenList {
    const list = new OpenList(row);
    const open = this.#opened();
    if (open.lists === NO_LISTS) open.lists = new SmallMap();
    open.lists.set(row.orderListId, list);
    this.#symbolOf(row.symbol).lists++;
    return list;
  }

  /** The order has ended: nothing of it remains but what retries need. Its list ends with the last leg. */
  closeOrder(order: OpenOrder): void {
    order.closed = true;
    this.#open.orders.remove(order);
    const open = order.siblings;
    open.orders--;
    if (isTriggered(order.type)) open.algos--;
    if (order.icebergLots > 0) open.icebergs--;
    if (order.list !== undefined) {
      const { legs } = order.list;
      legs.splice(legs.indexOf(order), 1);
      if (legs.length === 0) {
        this.#open.lists.delete(order.orderListId);
        open.lists--;
      }
    }
    if (open.orders === 0 && open.lists === 0) this.#open.symbols.delete(order.symbol);
    // No request of an order that has ended can succeed any more.
    if (this.inFlight.size > 0) for (const [commandId] of this.requestsOf(order.orderId)) this.answered(commandId);
    if (this.orders.size === 0) this.#open = NOTHING;
  }

  requestsOf(orderId: number): [number, InFlight][] {
    const found: [number, InFlight][] = [];
    for (const commandId of this.inFlight.keys()) {
      const inFlight = this.inFlight.get(commandId) as InFlight;
      if (inFlight.orderId === orderId) found.push([commandId, inFlight]);
    }
    return found;
  }

  /** The one way a field of an open order changes, live and in the fold. */
  write(order: OpenOrder, field: number, value: FieldValue): void {
    if (field === OrderField.clientOrderId) this.#open.orders.rename(order, value as string);
    else order.write(field, value);
  }

  /** A request to the symbol's writer is in the log from here on. */
  noteRequest(orderId: number, request: OrderRequest): void {
    if (request.kind !== RequestKind.CANCEL && request.kind !== RequestKind.AMEND) return;
    this.recent.add(request.commandId, -orderId);
    const claims = request.kind === RequestKind.AMEND && request.clientOrderId !== '';
    if (claims || request.replacement !== undefined) this.await({ orderId, request });
  }

  await(inFlight: InFlight): void {
    const open = this.#opened();
    if (open.inFlight === NONE_IN_FLIGHT) open.inFlight = new SmallMap();
    open.inFlight.set(inFlight.request.commandId, inFlight);
  }

  /** The command's request had its outcome, or can have none but the one that is clear already. */
  answered(commandId: number): void {
    this.#open.inFlight.delete(commandId);
  }

  /** Its orders are found in this index from here on, and in no other. */
  shareIndex(index: OrderIndex): void {
    if (this.#open !== NOTHING && this.#index !== index) this.#open.orders.moveTo(index);
    this.#index = index;
  }

  /** The state is given up: its orders are found nowhere any more. */
  leaveIndex(): void {
    if (this.#open !== NOTHING) this.#open.orders.moveTo(undefined);
  }

  /** The order that has the client order id on the symbol, or that an amend in flight will give it to. */
  orderNamed(symbol: string, clientOrderId: string): OpenOrder | undefined {
    const open = this.orders.named(symbol, clientOrderId);
    if (open !== undefined || this.inFlight.size === 0) return open;
    for (const { orderId, request } of this.inFlight.values()) {
      if (request.kind === RequestKind.AMEND && request.clientOrderId === clientOrderId && request.symbol === symbol)
        return this.orders.get(orderId);
    }
    return undefined;
  }

  listNamed(symbol: string, listClientOrderId: string): OpenList | undefined {
    for (const list of this.lists.values()) if (list.row.listClientOrderId === listClientOrderId && list.row.symbol === symbol) return list;
    return undefined;
  }

  noteTransfer(holding: Holding, units: bigint): void {
    if (units > 0n) holding.deposited += units;
    else holding.withdrawn -= units;
    holding.deposited = sharedAmount(holding.deposited, units);
    const { requestId, asset, free, locked, updateUs } = holding;
    const transfer = { requestId, asset, units: sharedAmount(units, free), free, locked, updateUs };
    // Few accounts move funds often: for the many, an array with no room to spare.
    if (this.transfers.length < 8) this.transfers = this.transfers.concat(transfer);
    else if (this.transfers.push(transfer) > TRANSFERS_MAX) this.transfers.shift();
  }

  #symbolOf(symbol: string): SymbolOrders {
    let open = this.symbols.get(symbol);
    if (open === undefined) {
      open = new SymbolOrders();
      this.#opened().symbols.set(symbol, open);
    }
    return open;
  }

  #opened(): Open {
    if (this.#open === NOTHING) {
      this.#index ??= new OrderIndex();
      this.#open = new Open(this.accountId, this.#index);
    }
    return this.#open;
  }
}
