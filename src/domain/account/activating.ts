// The working leg of an OTO is filled: its pending legs get their funds (and an OPO's its quantity) and are made live by
// the symbol's writer, or are rejected. Out: SpotOrder Updated{request: ACTIVATE | REJECT}.
import { baseUnits, type Instrument, notionalUnits } from '../instrument.ts';
import { checkQuantity } from '../newOrderChecks.ts';
import { CancelRestriction, OrderType, RequestKind, Side } from '../orderTerms.ts';
import { type EngineReason, EngineReject } from '../rejectReason.ts';
import { OrderField } from '../spotOrder.ts';
import type { OpenList, OpenOrder } from './openOrder.ts';
import { affordable, wantsMore } from './placing.ts';
import { isExact, requiredUnits, reservedAsset, wantedUnits } from './reservation.ts';
import type { Step } from './step.ts';

export interface Activation {
  readonly list: OpenList;
  /** The leg that filled. */
  readonly working: OpenOrder;
}

export function activate(step: Step, { list, working }: Activation): void {
  const { legs } = list;
  const first = legs[0];
  // They ended in the same message, with the list.
  if (first === undefined) return;
  const instrument = step.instrumentOf(first.row.symbol);
  const reason = first.origLots === 0 ? quantify(step, instrument, legs) : fund(step, instrument, legs, working);
  const { reservedUnits } = first.payer;
  for (const leg of legs) {
    step.request(leg, {
      kind: reason === undefined ? RequestKind.ACTIVATE : RequestKind.REJECT,
      commandId: list.row.commandId,
      symbol: leg.row.symbol,
      clientOrderId: '',
      restriction: CancelRestriction.NONE,
      lots: leg.origLots,
      ...(reason === undefined ? { reservedUnits } : { code: reason.code }),
    });
  }
}

/** OPO: the legs sell what the working leg received, in whole lots; their carrier holds it already. */
function quantify(step: Step, instrument: Instrument, legs: readonly OpenOrder[]): EngineReason | undefined {
  const { filters } = instrument;
  const first = legs[0] as OpenOrder;
  let lots = Number(first.reservedUnits / BigInt(instrument.lotUnits));
  for (const leg of legs) {
    if (filters.maxLots > 0) lots = Math.min(lots, filters.maxLots);
    if (leg.row.type === OrderType.MARKET && filters.marketMaxLots > 0) lots = Math.min(lots, filters.marketMaxLots);
  }
  if (lots === 0 || lots < filters.minLots) return EngineReject.OPO_QUANTITY;
  for (const leg of legs) {
    const problem = checkQuantity(instrument, leg.row, lots);
    if (problem !== undefined) return problem;
  }
  const holding = step.holding(instrument.baseAsset);
  const surplus = first.reservedUnits - baseUnits(instrument, lots);
  holding.locked -= surplus;
  holding.free += surplus;
  step.change(first, OrderField.reservedUnits, first.reservedUnits - surplus);
  for (const leg of legs) step.change(leg, OrderField.origLots, lots);
  return undefined;
}

/** OTO: one reservation for all legs, carried by the first that wants most. */
function fund(step: Step, instrument: Instrument, legs: readonly OpenOrder[], working: OpenOrder): EngineReason | undefined {
  const first = legs[0] as OpenOrder;
  const asset = reservedAsset(instrument, first.row.side);
  const free = step.state.freeOf(asset);
  const price = working.peggedPriceTicks || working.row.priceTicks;
  let carrier = first;
  let most = 0n;
  let mostWanted = 0n;
  for (const leg of legs) {
    const { row, origLots } = leg;
    // The market is where the working leg just filled.
    const estimate = row.side === Side.BUY ? notionalUnits(instrument, price, origLots) : 0n;
    const required = requiredUnits(instrument, row, origLots, 0n, estimate);
    const wanted = wantedUnits(required, isExact(row, origLots, 0n));
    const reserved = affordable(required, wanted, free);
    if (typeof reserved !== 'bigint') return reserved;
    if (wantsMore(wanted, mostWanted)) {
      carrier = leg;
      mostWanted = wanted;
    }
    if (reserved > most) most = reserved;
  }
  const holding = step.holding(asset);
  holding.free -= most;
  holding.locked += most;
  step.change(carrier, OrderField.reservedUnits, most);
  return undefined;
}
