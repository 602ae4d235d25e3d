// npm nodejs-order-book, behind the benchmark's contract: IOC and modify are its own. It tells trades by its answer only: the
// orders that are done, and the one that is partly.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { MatchingEngine } from '../flash1/engine.ts';
import { type ReportStream, ReportType } from '../flash1/reportStream.ts';
import { MessageType, type Workload } from '../flash1/workload.ts';

interface BookOrder {
  readonly id: string;
  readonly price: number;
  readonly size: number;
  readonly side: 'buy' | 'sell';
}

interface Answer {
  readonly done: readonly BookOrder[];
  readonly partial: BookOrder | null;
  readonly partialQuantityProcessed: number;
  readonly quantityLeft: number;
  readonly err: Error | null;
}

interface NodeBook {
  limit(order: {
    readonly id: string;
    readonly side: 'buy' | 'sell';
    readonly size: number;
    readonly price: number;
    readonly timeInForce: 'GTC' | 'IOC';
  }): Answer;
  modify(id: string, update: { readonly price: number; readonly size: number }): Answer;
  cancel(id: string): { readonly order?: BookOrder } | undefined;
}

class NodejsOrderBook implements MatchingEngine {
  readonly #book: NodeBook;
  readonly #reports: ReportStream;

  constructor(reports: ReportStream, book: NodeBook) {
    this.#reports = reports;
    this.#book = book;
  }

  run(workload: Workload, from = 0, to = workload.count): void {
    const { types, sides, iocs, quantities, orderIds, prices } = workload;
    for (let i = from; i < to; i++) {
      const type = types[i]!;
      const orderId = orderIds[i]!;
      const id = String(orderId);
      if (type === MessageType.NEW) this.#place(i, id, sides[i]!, prices[i]!, quantities[i]!, iocs[i] === 1);
      else if (type === MessageType.CANCEL) this.#cancel(i, id);
      else this.#modify(i, id, sides[i]!, prices[i]!, quantities[i]!);
    }
  }

  #place(sequence: number, id: string, side: number, price: number, size: number, ioc: boolean): void {
    this.#reports.push(ReportType.ORDER_ACK, sequence, side, Number(id), price, size);
    const answer = this.#book.limit({ id, side: side === 0 ? 'buy' : 'sell', size, price, timeInForce: ioc ? 'IOC' : 'GTC' });
    this.#trades(sequence, id, answer);
    if (ioc && answer.quantityLeft > 0) this.#reports.push(ReportType.CANCEL_ACK, sequence, side, Number(id), price, 0);
  }

  #cancel(sequence: number, id: string): void {
    const order = this.#book.cancel(id)?.order;
    if (order === undefined) this.#reports.push(ReportType.CANCEL_REJECT, sequence, Number(id), 0, 0, 0);
    else this.#reports.push(ReportType.CANCEL_ACK, sequence, order.side === 'buy' ? 0 : 1, Number(id), order.price, 0);
  }

  #modify(sequence: number, id: string, side: number, price: number, size: number): void {
    const answer = this.#book.modify(id, { price, size });
    if (answer.err !== null) {
      this.#reports.push(ReportType.MODIFY_REJECT, sequence, Number(id), 0, 0, 0);
      return;
    }
    this.#reports.push(ReportType.MODIFY_ACK, sequence, side, Number(id), price, size);
    this.#trades(sequence, id, answer);
  }

  /** `done` has the makers in the order they traded, and the taker when it is filled. */
  #trades(sequence: number, taker: string, answer: Answer): void {
    for (const maker of answer.done) {
      if (maker.id === taker) continue;
      this.#reports.push(ReportType.TRADE, sequence, maker.price, maker.size, Number(maker.id), Number(taker));
    }
    const { partial } = answer;
    if (partial === null || partial.id === taker) return;
    this.#reports.push(ReportType.TRADE, sequence, partial.price, answer.partialQuantityProcessed, Number(partial.id), Number(taker));
  }
}

export function loadNodejsOrderBook(peers: string): (reports: ReportStream) => MatchingEngine {
  const require = createRequire(join(peers, 'package.json'));
  const { OrderBook } = require('nodejs-order-book') as { readonly OrderBook: new () => NodeBook };
  return (reports) => new NodejsOrderBook(reports, new OrderBook());
}
