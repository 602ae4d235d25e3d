// The benchmark's messages for an engine that can enter an order and take one out by its id. A modify is both, as the
// benchmark has it. Engines report their trades themselves.
import type { MatchingEngine } from '../flash1/engine.ts';
import { type ReportStream, ReportType } from '../flash1/reportStream.ts';
import { MessageType, type Workload } from '../flash1/workload.ts';

export abstract class MessageEngine implements MatchingEngine {
  protected readonly reports: ReportStream;
  /** Of the order that was taken out last: 0 buy, 1 sell. */
  protected lastSide = 0;
  protected lastPrice = 0;

  constructor(reports: ReportStream) {
    this.reports = reports;
  }

  /** False when some of it is left; of an IOC order, nothing stays. */
  protected abstract enter(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): boolean;

  /** Sets lastSide and lastPrice; false when there is no such order. */
  protected abstract takeOut(orderId: number): boolean;

  run(workload: Workload, from = 0, to = workload.count): void {
    const { types, sides, iocs, quantities, orderIds, prices } = workload;
    const { reports } = this;
    for (let i = from; i < to; i++) {
      const type = types[i]!;
      const orderId = orderIds[i]!;
      const price = prices[i]!;
      const quantity = quantities[i]!;
      if (type === MessageType.NEW) {
        const side = sides[i]!;
        const ioc = iocs[i] === 1;
        reports.push(ReportType.ORDER_ACK, i, side, orderId, price, quantity);
        const done = this.enter(i, orderId, side, price, quantity, ioc);
        if (ioc && !done) reports.push(ReportType.CANCEL_ACK, i, side, orderId, price, 0);
      } else if (type === MessageType.CANCEL) {
        if (this.takeOut(orderId)) reports.push(ReportType.CANCEL_ACK, i, this.lastSide, orderId, this.lastPrice, 0);
        else reports.push(ReportType.CANCEL_REJECT, i, orderId, 0, 0, 0);
      } else if (this.takeOut(orderId)) {
        const side = this.lastSide;
        reports.push(ReportType.MODIFY_ACK, i, side, orderId, price, quantity);
        this.enter(i, orderId, side, price, quantity, false);
      } else {
        reports.push(ReportType.MODIFY_REJECT, i, orderId, 0, 0, 0);
      }
    }
  }
}
