// An open order (or list) as its account remembers it: the row of its Created entry, which never changes, and the few terms
// that do. Every change goes through `change`, which also notes it for the log.
import { assertNever } from '../assert.ts';
import type { FieldValue } from '../changeLogEntry.ts';
import { BlockAmount, BlockNumber, OrderBlock } from '../orderBlock.ts';
import type { OrderStatus } from '../orderStatus.ts';
import { ListLeg, ListOrderStatus, ListStatusType, type OrderType, Side } from '../orderTerms.ts';
import { OrderField, type SpotOrder } from '../spotOrder.ts';
import type { SpotOrderList } from '../spotOrderList.ts';
import type { OpenOrders } from './openOrders.ts';
import type { SymbolOrders } from './symbolOrders.ts';

/** The fields an account keeps current in its own log. */
export type KeptField =
  | typeof OrderField.clientOrderId
  | typeof OrderField.origLots
  | typeof OrderField.status
  | typeof OrderField.executedLots
  | typeof OrderField.reservedUnits
  | typeof OrderField.peggedPriceTicks
  | typeof OrderField.preventedLots
  | typeof OrderField.amendCount;

export class OpenList {
  readonly row: Readonly<SpotOrderList>;
  /** Its legs that are open, in the order of row.orderIds. */
  readonly legs: OpenOrder[] = [];
  /** Its end is in the log. */
  written = false;

  constructor(row: Readonly<SpotOrderList>) {
    this.row = row;
  }

  get orderListId(): number {
    return this.row.orderListId;
  }

  /** The working leg of OTO, OTOCO, OPO, OPOCO while it is open; then the others are parked. */
  get working(): OpenOrder | undefined {
    const first = this.legs[0];
    return first !== undefined && first.row.listLeg === ListLeg.WORKING ? first : undefined;
  }

  closedRow(nowUs: number): SpotOrderList {
    return { ...this.row, statusType: ListStatusType.ALL_DONE, orderStatus: ListOrderStatus.ALL_DONE, updateUs: nowUs };
  }
}

export class OpenOrder {
  /** Null while it is only in the block that the order was restored from: of a million open orders few are looked at. */
  #row: Readonly<SpotOrder> | null;
  #block: OrderBlock | null;
  readonly #at: number;
  // Of the row, which is large and seldom in the cache: what every settlement asks for.
  readonly orderId: number;
  readonly symbol: string;
  readonly side: Side;
  clientOrderId: string;
  origLots: number;
  status: OrderStatus;
  executedLots: number;
  reservedUnits: bigint;
  peggedPriceTicks: number;
  preventedLots: number;
  amendCount: number;
  list: OpenList | undefined = undefined;
  /** The open orders it is one of, and its neighbours there; undefined once it has ended. */
  owner: OpenOrders | undefined = undefined;
  previous: OpenOrder | undefined = undefined;
  next: OpenOrder | undefined = undefined;
  /** The index's, see orderIndex.ts. */
  nameHash = 0;
  nextOfHash: OpenOrder | null = null;
  /** All that the account has open on its symbol. Given when the account takes it in. */
  siblings!: SymbolOrders;
  /** It has ended: it is in no index any more. */
  closed = false;
  /** Triples for the log, while a step is running, and how many values they are; null = untouched. See step.ts. */
  changes: FieldValue[] | null = null;
  changed = 0;

  /** From its row, or from the one that is `at` that place of a block. */
  constructor(from: Readonly<SpotOrder> | OrderBlock, at = 0) {
    if (from instanceof OrderBlock) {
      this.#row = null;
      this.#block = from;
      this.#at = at;
      this.orderId = from.number(BlockNumber.orderId, at);
      this.symbol = from.symbol(at);
      this.side = from.number(BlockNumber.side, at) as Side;
      this.clientOrderId = from.clientOrderId(at);
      this.origLots = from.number(BlockNumber.origLots, at);
      this.status = from.number(BlockNumber.status, at) as OrderStatus;
      this.executedLots = from.number(BlockNumber.executedLots, at);
      this.reservedUnits = from.amount(BlockAmount.reservedUnits, at);
      this.peggedPriceTicks = from.number(BlockNumber.peggedPriceTicks, at);
      this.preventedLots = from.number(BlockNumber.preventedLots, at);
      this.amendCount = from.number(BlockNumber.amendCount, at);
      return;
    }
    this.#row = from;
    this.#block = null;
    this.#at = 0;
    this.orderId = from.orderId;
    this.symbol = from.symbol;
    this.side = from.side;
    this.clientOrderId = from.clientOrderId;
    this.origLots = from.origLots;
    this.status = from.status;
    this.executedLots = from.executedLots;
    this.reservedUnits = from.reservedUnits;
    this.peggedPriceTicks = from.peggedPriceTicks;
    this.preventedLots = from.preventedLots;
    this.amendCount = from.amendCount;
  }

  /** The row of its Created entry, or of the snapshot it was restored from. */
  get row(): Readonly<SpotOrder> {
    if (this.#row !== null) return this.#row;
    this.#row = (this.#block as OrderBlock).row(this.#at);
    this.#block = null;
    return this.#row;
  }

  // What its indexes ask for, without its row.
  get type(): OrderType {
    return this.#block === null ? this.row.type : (this.#block.number(BlockNumber.type, this.#at) as OrderType);
  }

  get icebergLots(): number {
    return this.#block === null ? this.row.icebergLots : this.#block.number(BlockNumber.icebergLots, this.#at);
  }

  get orderListId(): number {
    return this.#block === null ? this.row.orderListId : this.#block.number(BlockNumber.orderListId, this.#at);
  }

  get leavesLots(): number {
    return this.origLots - this.executedLots - this.preventedLots;
  }

  /** Its reservation is in the quote asset. */
  get buys(): boolean {
    return this.side === Side.BUY;
  }

  /** A pending leg whose working leg has not filled yet: it needs no funds so far. */
  get parked(): boolean {
    return this.list !== undefined && this.row.listLeg !== ListLeg.WORKING && this.list.working !== undefined;
  }

  /** The other leg of an OCO pair while both are open: the two share one reservation. */
  get partner(): OpenOrder | undefined {
    if (this.list === undefined) return undefined;
    const leg = this.row.listLeg;
    if (leg !== ListLeg.ABOVE && leg !== ListLeg.BELOW) return undefined;
    const { legs } = this.list;
    for (const other of legs) {
      if (other !== this && (other.row.listLeg === ListLeg.ABOVE || other.row.listLeg === ListLeg.BELOW)) return other;
    }
    return undefined;
  }

  /** Who carries the reservation that this order's executions are paid from. */
  get payer(): OpenOrder {
    if (this.list === undefined || this.reservedUnits > 0n) return this;
    return this.partner ?? this;
  }

  read(field: KeptField): FieldValue {
    switch (field) {
      case OrderField.clientOrderId:
        return this.clientOrderId;
      case OrderField.origLots:
        return this.origLots;
      case OrderField.status:
        return this.status;
      case OrderField.executedLots:
        return this.executedLots;
      case OrderField.reservedUnits:
        return this.reservedUnits;
      case OrderField.peggedPriceTicks:
        return this.peggedPriceTicks;
      case OrderField.preventedLots:
        return this.preventedLots;
      case OrderField.amendCount:
        return this.amendCount;
      default:
        return assertNever(field);
    }
  }

  /** Fields that an account does not keep are passed over; the client order id is the index's, see AccountState.write. */
  write(field: number, value: FieldValue): void {
    switch (field) {
      case OrderField.origLots:
        this.origLots = value as number;
        break;
      case OrderField.status:
        this.status = value as OrderStatus;
        break;
      case OrderField.executedLots:
        this.executedLots = value as number;
        break;
      case OrderField.reservedUnits:
        this.reservedUnits = value as bigint;
        break;
      case OrderField.peggedPriceTicks:
        this.peggedPriceTicks = value as number;
        break;
      case OrderField.preventedLots:
        this.preventedLots = value as number;
        break;
      case OrderField.amendCount:
        this.amendCount = value as number;
    }
  }

  /** The order as it stands: the row with what changed since. */
  toRow(): SpotOrder {
    return {
      ...(this.#block === null ? this.row : this.#block.row(this.#at)),
      clientOrderId: this.clientOrderId,
      origLots: this.origLots,
      status: this.status,
      executedLots: this.executedLots,
      reservedUnits: this.reservedUnits,
      peggedPriceTicks: this.peggedPriceTicks,
      preventedLots: this.preventedLots,
      amendCount: this.amendCount,
    };
  }
}
