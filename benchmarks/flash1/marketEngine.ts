// The whole market of src/domain/market behind the benchmark's contract: every order type compiled in, orders as the account's
// writer makes them, and all entries of the symbol's log written. The reports are read from those entries.
import { ChangeKind, type ChangeLogEntry, EntityType, newValue } from '../../src/domain/changeLogEntry.ts';
import { Market } from '../../src/domain/market/market.ts';
import { OrderStatus } from '../../src/domain/orderStatus.ts';
import { CancelRestriction, RequestKind, Side, TimeInForce } from '../../src/domain/orderTerms.ts';
import { OrderField, type OrderRequest, type SpotOrder } from '../../src/domain/spotOrder.ts';
import { instrument, order } from '../../tests/market/fixture.ts';
import type { MatchingEngine } from './engine.ts';
import { type ReportStream, ReportType } from './reportStream.ts';
import { MessageType, type Workload } from './workload.ts';

/** Entries that are kept before they are dropped, as a step that has been encoded is. */
const STEP_ENTRIES = 256;

const CANCEL: OrderRequest = {
  kind: RequestKind.CANCEL,
  commandId: 1,
  symbol: instrument.symbol,
  clientOrderId: '',
  restriction: CancelRestriction.NONE,
  lots: 0,
};

export class MarketEngine implements MatchingEngine {
  readonly market = new Market(instrument);
  readonly #reports: ReportStream;
  readonly #templates = [Side.BUY, Side.SELL].map((side) => order({ orderId: 1, side, priceTicks: 1, origLots: 1 }));
  /** What an account knows of its orders and a cancel's entry does not repeat, by order id. */
  readonly #sides: Uint8Array;
  readonly #prices: Float64Array;
  #entries: ChangeLogEntry[] = [];
  #nowUs = 1;

  constructor(reports: ReportStream, workload: Workload) {
    this.#reports = reports;
    let last = 0;
    for (const orderId of workload.orderIds) last = Math.max(last, orderId);
    this.#sides = new Uint8Array(last + 1);
    this.#prices = new Float64Array(last + 1);
  }

  run(workload: Workload, from = 0, to = workload.count): void {
    const { types, sides, iocs, quantities, orderIds, prices } = workload;
    for (let i = from; i < to; i++) {
      this.#nowUs += 1;
      if (this.#entries.length > STEP_ENTRIES) this.#entries = [];
      const type = types[i]!;
      if (type === MessageType.NEW) this.#place(i, orderIds[i]!, sides[i]!, prices[i]!, quantities[i]!, iocs[i] === 1);
      else if (type === MessageType.CANCEL) this.#cancel(i, orderIds[i]!);
      else this.#modify(i, orderIds[i]!, prices[i]!, quantities[i]!);
    }
  }

  #place(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): void {
    this.#reports.push(ReportType.ORDER_ACK, sequence, side, orderId, price, quantity);
    const status = this.#enter(sequence, orderId, side, price, quantity, ioc ? TimeInForce.IOC : TimeInForce.GTC);
    if (status === OrderStatus.Expired) this.#reports.push(ReportType.CANCEL_ACK, sequence, side, orderId, price, 0);
  }

  #cancel(sequence: number, orderId: number): void {
    if (this.#takeOut(orderId)) {
      this.#reports.push(ReportType.CANCEL_ACK, sequence, this.#sides[orderId]!, orderId, this.#prices[orderId]!, 0);
    } else {
      this.#reports.push(ReportType.CANCEL_REJECT, sequence, orderId, 0, 0, 0);
    }
  }

  #modify(sequence: number, orderId: number, price: number, quantity: number): void {
    if (!this.#takeOut(orderId)) {
      this.#reports.push(ReportType.MODIFY_REJECT, sequence, orderId, 0, 0, 0);
      return;
    }
    const side = this.#sides[orderId]!;
    this.#reports.push(ReportType.MODIFY_ACK, sequence, side, orderId, price, quantity);
    this.#enter(sequence, orderId, side, price, quantity, TimeInForce.GTC);
  }

  /** Cancels an order; false when there is none. */
  #takeOut(orderId: number): boolean {
    const entries = this.#entries;
    const at = entries.length;
    this.market.request(orderId, CANCEL, this.#nowUs, entries);
    return statusIn(entries[at]!) === OrderStatus.Cancelled;
  }

  /** Places an order and reports its trades; returns its status afterwards. */
  #enter(sequence: number, orderId: number, side: number, price: number, quantity: number, timeInForce: TimeInForce): OrderStatus {
    this.#sides[orderId] = side;
    this.#prices[orderId] = price;
    const made: SpotOrder = { ...this.#templates[side]!, orderId, priceTicks: price, origLots: quantity, timeInForce };
    const entries = this.#entries;
    let at = entries.length;
    this.market.place([made], null, this.#nowUs, entries);
    let status: OrderStatus = OrderStatus.Pending;
    for (; at < entries.length; at++) {
      const entry = entries[at]!;
      if (entry.entityType === EntityType.SpotTrade && entry.changeType.kind === ChangeKind.Created) {
        const trade = entry.changeType.fields;
        const maker = trade.buyerIsMaker ? trade.buyerOrderId : trade.sellerOrderId;
        this.#reports.push(ReportType.TRADE, sequence, trade.priceTicks, trade.lots, maker, orderId);
      } else if (entry.entityId === orderId) {
        status = statusIn(entry) ?? status;
      }
    }
    return status;
  }
}

/** The order's status as an entry tells it; undefined when it says nothing of it. */
function statusIn({ entityType, changeType }: ChangeLogEntry): OrderStatus | undefined {
  if (entityType !== EntityType.SpotOrder || changeType.kind === ChangeKind.Deleted) return undefined;
  if (changeType.kind === ChangeKind.Created) return (changeType.fields as SpotOrder).status;
  return newValue(changeType.changedFields, OrderField.status) as OrderStatus | undefined;
}
