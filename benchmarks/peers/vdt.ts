// github.com/vdt/matching-engine (BitFloor's), behind the benchmark's contract. It has no IOC (what is left is taken off again)
// and no modify (cancel and add); trades are heard from its `match` event.
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MatchingEngine } from '../flash1/engine.ts';
import { type ReportStream, ReportType } from '../flash1/reportStream.ts';
import { MessageEngine } from './messageEngine.ts';

interface VdtOrder {
  readonly id: number;
  readonly price: number;
  size: number;
  readonly side: number;
  readonly user_id: number;
}

interface VdtBook extends EventEmitter {
  readonly _by_oid: Readonly<Record<number, VdtOrder | undefined>>;
  add(order: VdtOrder): void;
  remove(orderId: number, userId: number): Error | undefined;
}

class Vdt extends MessageEngine {
  readonly #book: VdtBook;
  #sequence = 0;

  constructor(reports: ReportStream, book: VdtBook) {
    super(reports);
    // Its prototype is one emitter for all books; each gets listeners of its own.
    EventEmitter.call(book as never);
    this.#book = book;
    book.on('match', (size: number, taker: VdtOrder, maker: VdtOrder) => {
      reports.push(ReportType.TRADE, this.#sequence, maker.price, size, maker.id, taker.id);
    });
  }

  /** An order's user is its side: nobody trades with himself. */
  protected enter(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): boolean {
    this.#sequence = sequence;
    const order = { id: orderId, price, size: quantity, side, user_id: side };
    this.#book.add(order);
    if (order.size === 0) return true;
    if (ioc) this.#book.remove(orderId, side);
    return false;
  }

  protected takeOut(orderId: number): boolean {
    // By its table: remove() would make an Error with a stack for every unknown order.
    const order = this.#book._by_oid[orderId];
    if (order === undefined) return false;
    this.lastSide = order.side;
    this.lastPrice = order.price;
    this.#book.remove(orderId, order.user_id);
    return true;
  }
}

export function loadVdt(peers: string): (reports: ReportStream) => MatchingEngine {
  const require = createRequire(join(peers, 'vdt', 'index.js'));
  const { OrderBook } = require('./lib/order_book') as { readonly OrderBook: new () => VdtBook };
  return (reports) => new Vdt(reports, new OrderBook());
}
