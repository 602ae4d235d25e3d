// Orders, order lists, and what is told by order: amendments and who has a client id.
import { OrderStatus } from '../../domain/orderStatus.ts';
import { ListOrderStatus } from '../../domain/orderTerms.ts';
import type { SpotOrder } from '../../domain/spotOrder.ts';
import type { SpotOrderList } from '../../domain/spotOrderList.ts';
import type { OrderAmendment, Page } from '../../ports/historyQueries.ts';
import { clientIdHash, type HistoryState } from './historyState.ts';
import { offsetOf } from './journal.ts';
import { MAX_ID, ROW_AT, rowId, rowTime, Table } from './layout.ts';
import { LiveOrder } from './liveOrder.ts';
import { LiveOrderList } from './liveRow.ts';
import type { Names } from './names.ts';
import { type Fills, type OrderExtras, peekStatus, readOrder } from './orderRow.ts';
import { readOrderList } from './otherRows.ts';
import { ascends, collect, LiveSource, RefSource, type RowSource, RunSource, runRows } from './rowSource.ts';

export interface FoundOrder {
  readonly order: SpotOrder;
  readonly fills: Fills | null;
  readonly amendments: readonly OrderAmendment[];
}

export class OrderQueries {
  readonly #state: HistoryState;

  constructor(state: HistoryState) {
    this.#state = state;
  }

  order(accountId: number, orderId: number): SpotOrder | undefined {
    return this.find(accountId, orderId)?.order;
  }

  orderByClientId(accountId: number, symbol: string, clientOrderId: string): SpotOrder | undefined {
    const hash = clientIdHash(accountId, this.#state.names.known(symbol), clientOrderId);
    return this.#byClientId(hash, (orderId) => {
      const order = this.findOn(accountId, symbol, orderId)?.order;
      return order?.clientOrderId === clientOrderId && order.status !== OrderStatus.Rejected ? order : undefined;
    });
  }

  openOrders(accountId: number, symbol?: string): SpotOrder[] {
    const symbols = this.#state.accounts.get(accountId)?.symbols;
    if (symbols === undefined) return [];
    const homes = symbol === undefined ? [...symbols.values()] : [symbols.get(symbol)];
    const open = homes.flatMap((home) => home?.openOrders() ?? []);
    return open.sort((a, b) => a.id - b.id).map((order) => order.copy(this.#state.names));
  }

  orders(accountId: number, symbol: string, page: Page): SpotOrder[] {
    return collect(this.#orderSources(accountId, symbol), page, ({ live, bytes, at }) => {
      if (live instanceof LiveOrder) return live.copy(this.#state.names);
      return peekStatus(bytes, at) === OrderStatus.Rejected ? undefined : readOrder(bytes, at, this.#state.names);
    });
  }

  amendments(accountId: number, orderId: number, page: Page): OrderAmendment[] {
    const { fromId = 0, startUs = 0, endUs = Number.POSITIVE_INFINITY, limit } = page;
    const rows = (this.find(accountId, orderId)?.amendments ?? []).filter(
      (row) => row.executionId >= fromId && row.timeUs >= startUs && row.timeUs <= endUs,
    );
    return (ascends(page) ? rows.slice(0, limit) : rows.slice(-limit)).map((row) => ({ ...row }));
  }

  /** The order wherever it is; the symbols the account has traded are looked at one by one. */
  find(accountId: number, orderId: number): FoundOrder | undefined {
    const { accounts, file, names, orders } = this.#state;
    const live = orders.get(orderId);
    if (live !== undefined) return live.home.account.accountId === accountId ? foundLive(live, names) : undefined;
    const symbols = new Set(accounts.get(accountId)?.symbols.keys());
    for (const symbolId of file.parts(Table.ORDER, accountId)) symbols.add(names.name(symbolId));
    for (const symbol of symbols) {
      const found = this.findOn(accountId, symbol, orderId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  findOn(accountId: number, symbol: string, orderId: number): FoundOrder | undefined {
    for (const source of this.#orderSources(accountId, symbol)) {
      source.seek(rowId, orderId, true);
      if (!source.valid || source.id !== orderId) continue;
      if (source.live instanceof LiveOrder) return foundLive(source.live, this.#state.names);
      const extras: OrderExtras = { fills: null, amendments: null };
      const order = readOrder(source.bytes, source.at, this.#state.names, extras);
      return { order, fills: extras.fills, amendments: extras.amendments ?? [] };
    }
    return undefined;
  }

  orderList(accountId: number, orderListId: number): SpotOrderList | undefined {
    for (const source of this.#listSources(accountId)) {
      source.seek(rowId, orderListId, true);
      if (source.valid && source.id === orderListId) return this.#readList(source);
    }
    return undefined;
  }

  orderListByClientId(accountId: number, listClientOrderId: string): SpotOrderList | undefined {
    return this.#byClientId(clientIdHash(accountId, 0, listClientOrderId), (orderListId) => {
      const list = this.orderList(accountId, orderListId);
      const has = list?.listClientOrderId === listClientOrderId && list.orderStatus !== ListOrderStatus.REJECT;
      return has ? list : undefined;
    });
  }

  openOrderLists(accountId: number): SpotOrderList[] {
    const open = [...(this.#state.accounts.get(accountId)?.openLists.values() ?? [])];
    return open.sort((a, b) => a.id - b.id).map((list) => list.copy());
  }

  orderLists(accountId: number, page: Page): SpotOrderList[] {
    return collect(this.#listSources(accountId), page, (source) => {
      const list = this.#readList(source);
      return list.orderStatus === ListOrderStatus.REJECT ? undefined : list;
    });
  }

  #readList({ live, bytes, at }: RowSource): SpotOrderList {
    return live instanceof LiveOrderList ? live.copy() : readOrderList(bytes, at, this.#state.names);
  }

  #orderSources(accountId: number, symbol: string): RowSource[] {
    const { accounts, file, journal, names } = this.#state;
    const symbolId = names.known(symbol);
    if (symbolId === 0) return [];
    const sources: RowSource[] = [
      new RunSource(file, Table.ORDER, accountId, symbolId),
      new RunSource(file, Table.LATE_ORDER, accountId, symbolId),
    ];
    const home = accounts.get(accountId)?.symbols.get(symbol);
    if (home !== undefined) {
      sources.push(new RefSource(journal, home.orders.byId(journal)), new LiveSource(home.openOrders()));
    }
    return sources;
  }

  #listSources(accountId: number): RowSource[] {
    const { accounts, file, journal } = this.#state;
    const sources: RowSource[] = [
      new RunSource(file, Table.ORDER_LIST, accountId, 0),
      new RunSource(file, Table.LATE_ORDER_LIST, accountId, 0),
    ];
    const account = accounts.get(accountId);
    if (account !== undefined) {
      const open = [...account.openLists.values()].sort((a, b) => a.id - b.id);
      sources.push(new RefSource(journal, account.lists.byId(journal)), new LiveSource(open));
    }
    return sources;
  }

  /** Ids that were given the client id, the last one first, until `check` makes an answer of one. */
  #byClientId<T>(hash: number, check: (id: number) => T | undefined): T | undefined {
    const { file, journal } = this.#state;
    const list = this.#state.clientIds(hash);
    const refs = list.inOrder();
    for (let i = refs.length - 1; i >= 0; i--) {
      const ref = refs[i] as number;
      const { bytes } = journal.segment(ref);
      const at = offsetOf(ref) + ROW_AT;
      const answer = rowTime(bytes, at) === hash ? check(rowId(bytes, at)) : undefined;
      if (answer !== undefined) return answer;
    }
    let before = MAX_ID;
    for (;;) {
      const run = file.runBefore(Table.CLIENT_ID, 0, list.part, before);
      if (run === undefined) return undefined;
      before = run.lastId;
      for (const at of runRows(run.bytes).reverse()) {
        const answer = rowTime(run.bytes, at) === hash ? check(rowId(run.bytes, at)) : undefined;
        if (answer !== undefined) return answer;
      }
    }
  }
}

function foundLive(live: LiveOrder, names: Names): FoundOrder {
  return { order: live.copy(names), fills: live.fills, amendments: live.amendments ?? [] };
}
