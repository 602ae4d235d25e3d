// The order book of src/domain/market behind the benchmark's contract: new, cancel and modify (cancel + reinsert), each
// answered by reports. Nothing here matches by itself better than the book's own primitives allow: the market's engine
// uses the very same ones.
import { OrderBook } from '../../src/domain/market/orderBook.ts';
import { Side } from '../../src/domain/orderTerms.ts';
import type { MatchingEngine } from './engine.ts';
import { type ReportStream, ReportType } from './reportStream.ts';
import { MessageType, type Workload } from './workload.ts';

export class BookEngine implements MatchingEngine {
  readonly book = new OrderBook();
  readonly reports: ReportStream;

  constructor(reports: ReportStream) {
    this.reports = reports;
  }

  run(workload: Workload, from = 0, to = workload.count): void {
    const { types, sides, iocs, quantities, orderIds, prices } = workload;
    for (let i = from; i < to; i++) {
      const type = types[i]!;
      if (type === MessageType.NEW) this.place(i, orderIds[i]!, sides[i]! + 1, prices[i]!, quantities[i]!, iocs[i] === 1);
      else if (type === MessageType.CANCEL) this.cancel(i, orderIds[i]!);
      else this.modify(i, orderIds[i]!, prices[i]!, quantities[i]!);
    }
  }

  place(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): void {
    this.reports.push(ReportType.ORDER_ACK, sequence, side - 1, orderId, price, quantity);
    const left = this.#take(sequence, orderId, side as Side, price, quantity);
    if (left === 0) return;
    if (ioc) this.reports.push(ReportType.CANCEL_ACK, sequence, side - 1, orderId, price, 0);
    else this.book.rest(orderId, side as Side, price, left);
  }

  cancel(sequence: number, orderId: number): void {
    const book = this.book;
    const node = book.find(orderId);
    if (node === 0) {
      this.reports.push(ReportType.CANCEL_REJECT, sequence, orderId, 0, 0, 0);
      return;
    }
    this.reports.push(ReportType.CANCEL_ACK, sequence, book.side(node) - 1, orderId, book.priceTicks(node), 0);
    book.remove(node);
  }

  modify(sequence: number, orderId: number, price: number, quantity: number): void {
    const book = this.book;
    const node = book.find(orderId);
    if (node === 0) {
      this.reports.push(ReportType.MODIFY_REJECT, sequence, orderId, 0, 0, 0);
      return;
    }
    const side = book.side(node);
    book.remove(node);
    this.reports.push(ReportType.MODIFY_ACK, sequence, side - 1, orderId, price, quantity);
    const left = this.#take(sequence, orderId, side, price, quantity);
    if (left > 0) book.rest(orderId, side, price, left);
  }

  /** Trades against the other side as far as price and quantity allow; returns what is left. */
  #take(sequence: number, orderId: number, side: Side, price: number, quantity: number): number {
    const book = this.book;
    const buys = side === Side.BUY;
    const opposite = buys ? Side.SELL : Side.BUY;
    let left = quantity;
    while (left > 0) {
      const node = book.bestNode(opposite);
      if (node === 0) break;
      const makerPrice = book.bestTicks(opposite);
      if (buys ? makerPrice > price : makerPrice < price) break;
      const resting = book.lots(node);
      const lots = Math.min(resting, left);
      this.reports.push(ReportType.TRADE, sequence, makerPrice, lots, book.orderId(node), orderId);
      book.fill(node, lots);
      left -= lots;
    }
    return left;
  }
}
