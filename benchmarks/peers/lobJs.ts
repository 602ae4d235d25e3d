// github.com/ShaunLWM/LimitOrderBook (lob.js), behind the benchmark's contract, without its events ("max throughput"). Its
// modifyOrder loses the orders that share a price level, so a modify is cancel and add.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MatchingEngine } from '../flash1/engine.ts';
import { type ReportStream, ReportType } from '../flash1/reportStream.ts';
import { MessageEngine } from './messageEngine.ts';

interface LobTrade {
  readonly price: number;
  readonly quantity: number;
  readonly party1: { readonly orderId: string };
}

interface LobSide {
  getOrder(orderId: string): { readonly price: number } | undefined;
}

interface LobBook {
  readonly bids: LobSide;
  readonly asks: LobSide;
  processOrder(order: {
    readonly type: 'limit';
    readonly side: 'bid' | 'ask';
    readonly quantity: number;
    readonly price: number;
    readonly timeInForce: 'GTC' | 'IOC';
  }): { readonly trades: readonly LobTrade[] };
  cancelOrder(side: 'bid' | 'ask', orderId: string): void;
}

type LobBookClass = new (options: { readonly enableEvents: boolean; readonly idGenerator: () => string }) => LobBook;

class LobJs extends MessageEngine {
  readonly #book: LobBook;
  /** The engine asks for ids: of an order, of its trades, of what is left of it. All are the message's order. */
  #id = '';

  constructor(reports: ReportStream, Book: LobBookClass) {
    super(reports);
    this.#book = new Book({ enableEvents: false, idGenerator: () => this.#id });
  }

  protected enter(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): boolean {
    this.#id = String(orderId);
    const { trades } = this.#book.processOrder({
      type: 'limit',
      side: side === 0 ? 'bid' : 'ask',
      quantity,
      price,
      timeInForce: ioc ? 'IOC' : 'GTC',
    });
    let left = quantity;
    for (const trade of trades) {
      this.reports.push(ReportType.TRADE, sequence, trade.price, trade.quantity, Number(trade.party1.orderId), orderId);
      left -= trade.quantity;
    }
    return left === 0;
  }

  protected takeOut(orderId: number): boolean {
    const id = String(orderId);
    let order = this.#book.bids.getOrder(id);
    this.lastSide = order === undefined ? 1 : 0;
    order ??= this.#book.asks.getOrder(id);
    if (order === undefined) return false;
    this.lastPrice = order.price;
    this.#book.cancelOrder(this.lastSide === 0 ? 'bid' : 'ask', id);
    return true;
  }
}

export function loadLobJs(peers: string): (reports: ReportStream) => MatchingEngine {
  const require = createRequire(join(peers, 'lob.js', 'index.js'));
  const { default: Book } = require('./dist/model/OrderBook.js') as { readonly default: LobBookClass };
  return (reports) => new LobJs(reports, Book);
}
