// Everything an account's writer knows, and the moves that both live execution and the fold of its log make. Who decides
// is elsewhere (placing.ts, requests.ts, settling.ts, transfers.ts); what is decided takes effect here, one way only.
import { assert } from '../assert.ts';
import type { FieldValue } from '../changeLogEntry.ts';
import { isTriggered, RequestKind } from '../orderTerms.ts';
import { OrderField, type OrderRequest, type SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import { Holding } from './holding.ts';
import { OpenList, OpenOrder } from './openOrder.ts';
import { RecentCommands } from './recentCommands.ts';
import { SmallMap } from './smallMap.ts';

/** What is open on one symbol: the counts that the MAX_NUM_* filters bound, and the names clients use. */
export class SymbolOrders {
  orders = 0;
  algos = 0;
  icebergs = 0;
  lists = 0;
  readonly byClientId = new SmallMap<string, OpenOrder>();
}

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

export class AccountState {
  readonly accountId: number;
  readonly holdings = new SmallMap<string, Holding>();
  readonly orders = new SmallMap<number, OpenOrder>();
  readonly lists = new SmallMap<number, OpenList>();
  readonly symbols = new SmallMap<string, SymbolOrders>();
  /** By command. */
  readonly inFlight = new SmallMap<number, InFlight>();
  recent = new RecentCommands();
  /** Oldest first. */
  transfers: Transfer[] = [];

  constructor(accountId: number) {
    this.accountId = accountId;
  }

  holdingOf(asset: string): Holding {
    let holding = this.holdings.get(asset);
    if (holding === undefined) {
      holding = new Holding(this.accountId, asset);
      this.holdings.set(asset, holding);
    }
    return holding;
  }

  freeOf(asset: string): bigint {
    return this.holdings.get(asset)?.free ?? 0n;
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
    const { row } = order;
    if (row.orderListId >= 0) {
      order.list = this.lists.get(row.orderListId);
      assert(order.list !== undefined, `order ${row.orderId} is of list ${row.orderListId}, which is not open`);
      order.list.legs.push(order);
    }
    this.orders.set(row.orderId, order);
    const open = this.#symbolOf(row.symbol);
    open.orders++;
    if (isTriggered(row.type)) open.algos++;
    if (row.icebergLots > 0) open.icebergs++;
    open.byClientId.set(order.clientOrderId, order);
  }

  openList(row: Readonly<SpotOrderList>): OpenList {
    const list = new OpenList(row);
    this.lists.set(row.orderListId, list);
    this.#symbolOf(row.symbol).lists++;
    return list;
  }

  /** The order has ended: nothing of it remains but what retries need. Its list ends with the last leg. */
  closeOrder(order: OpenOrder): void {
    const { row } = order;
    order.closed = true;
    this.orders.delete(row.orderId);
    const open = this.symbols.get(row.symbol) as SymbolOrders;
    open.orders--;
    if (isTriggered(row.type)) open.algos--;
    if (row.icebergLots > 0) open.icebergs--;
    if (open.byClientId.get(order.clientOrderId) === order) open.byClientId.delete(order.clientOrderId);
    if (order.list !== undefined) {
      const { legs } = order.list;
      legs.splice(legs.indexOf(order), 1);
      if (legs.length === 0) {
        this.lists.delete(row.orderListId);
        open.lists--;
      }
    }
    if (open.orders === 0 && open.lists === 0) this.symbols.delete(row.symbol);
    // No request of an order that has ended can succeed any more.
    if (this.inFlight.size > 0)
      for (const [commandId, request] of this.requestsOf(row.orderId)) if (request.orderId === row.orderId) this.inFlight.delete(commandId);
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
    if (field === OrderField.clientOrderId) this.#rename(order, value as string);
    else order.write(field, value);
  }

  #rename(order: OpenOrder, clientOrderId: string): void {
    const { byClientId } = this.#symbolOf(order.row.symbol);
    if (byClientId.get(order.clientOrderId) === order) byClientId.delete(order.clientOrderId);
    order.clientOrderId = clientOrderId;
    byClientId.set(clientOrderId, order);
  }

  /** A request to the symbol's writer is in the log from here on. */
  noteRequest(orderId: number, request: OrderRequest): void {
    if (request.kind !== RequestKind.CANCEL && request.kind !== RequestKind.AMEND) return;
    this.recent.add(request.commandId, -orderId);
    const claims = request.kind === RequestKind.AMEND && request.clientOrderId !== '';
    if (claims || request.replacement !== undefined) this.inFlight.set(request.commandId, { orderId, request });
  }

  /** The order that has the client order id on the symbol, or that an amend in flight will give it to. */
  orderNamed(symbol: string, clientOrderId: string): OpenOrder | undefined {
    const open = this.symbols.get(symbol)?.byClientId.get(clientOrderId);
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
    const { requestId, asset, free, locked, updateUs } = holding;
    if (this.transfers.length >= TRANSFERS_MAX) this.transfers.shift();
    this.transfers.push({ requestId, asset, units, free, locked, updateUs });
  }

  #symbolOf(symbol: string): SymbolOrders {
    let open = this.symbols.get(symbol);
    if (open === undefined) {
      open = new SymbolOrders();
      this.symbols.set(symbol, open);
    }
    return open;
  }
}
