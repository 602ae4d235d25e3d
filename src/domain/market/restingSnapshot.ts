// The orders on the book as columns of bytes, and back: a million of them are a few arrays to copy instead of a million rows to
// build and take apart. Best price first, each price in queue order; the bids, then the asks. In the byte order of the machine,
// as a snapshot is restored where it was taken or on a machine of the same kind.
import { assert } from '../assert.ts';
import { Side } from '../orderTerms.ts';
import type { SpotOrder } from '../spotOrder.ts';
import type { MarketState } from './marketState.ts';
import { RESTING_FIELDS } from './restingOrders.ts';

/** Of each order eight bytes; or, when all have the same, the two words of that. */
export type RestingColumn = Uint8Array | readonly [number, number];

export interface RestingSnapshot {
  /** So many of the orders are bids. */
  readonly bids: number;
  /** Float64. */
  readonly orderIds: Uint8Array;
  /** Where they stand; Float64. */
  readonly limitTicks: Uint8Array;
  /** Shown; Float64. */
  readonly lots: Uint8Array;
  readonly clientOrderIds: readonly string[];
  /** By the record's fields in restingOrders.ts. */
  readonly columns: readonly RestingColumn[];
  /** Position of the order, and what few orders have. */
  readonly rare: readonly (readonly [number, RareTerms])[];
}

export type RareTerms = Pick<SpotOrder, 'preventedMatch' | 'request' | 'outcome'>;

/** Into a state that has only orders of earlier slices. */
export function restoreResting(state: MarketState, snapshot: RestingSnapshot): void {
  const { book, resting, expiry } = state;
  const orderIds = numbersOf(snapshot.orderIds);
  const limitTicks = numbersOf(snapshot.limitTicks);
  const lots = numbersOf(snapshot.lots);
  const count = orderIds.length;
  const { clientOrderIds, columns } = snapshot;
  assert(limitTicks.length === count && lots.length === count && clientOrderIds.length === count, 'columns are of one length');
  assert(columns.length === RESTING_FIELDS, 'a snapshot of resting orders has a column for each field');
  const nodes = new Int32Array(count);
  for (let i = 0; i < count; i++) nodes[i] = book.rest(orderIds[i]!, i < snapshot.bids ? Side.BUY : Side.SELL, limitTicks[i]!, lots[i]!);
  resting.restore(nodes, columns, clientOrderIds);
  for (const [i, terms] of snapshot.rare) resting.setRare(nodes[i]!, terms);
  for (let i = 0; i < count; i++) {
    const node = nodes[i]!;
    if (resting.icebergLots(node) > 0) state.icebergs += 1;
    const expireUs = resting.expireUs(node);
    if (expireUs > 0) expiry.add(orderIds[i]!, expireUs);
  }
}

/** A copy: the bytes may begin anywhere in a larger buffer. */
function numbersOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}
