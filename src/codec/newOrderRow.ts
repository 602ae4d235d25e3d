// The terms of a new order as a positional array: in commands, and in the log where a cancel carries its replacement.
// Append only, like the rows of entities.
import type { NewOrder } from '../domain/command.ts';
import type { OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../domain/orderTerms.ts';
import { CodecError } from './codecError.ts';
import type { MsgpackReader } from './msgpackReader.ts';
import type { MsgpackWriter } from './msgpackWriter.ts';

const LENGTH = 18;

export function writeNewOrder(w: MsgpackWriter, o: NewOrder): void {
  w.reserve(0);
  w.array(LENGTH);
  w.string(o.clientOrderId);
  w.int(o.side);
  w.int(o.type);
  w.int(o.timeInForce);
  w.int(o.priceTicks);
  w.int(o.lots);
  w.big(o.quoteUnits);
  w.int(o.stopPriceTicks);
  w.int(o.trailingDelta);
  w.int(o.icebergLots);
  w.int(o.stpMode);
  w.int(o.expireUs);
  if (o.strategyId === null) w.nil();
  else w.int(o.strategyId);
  if (o.strategyType === null) w.nil();
  else w.int(o.strategyType);
  w.int(o.pegPriceType);
  w.int(o.pegOffsetType);
  w.int(o.pegOffsetValue);
  w.big(o.estimateUnits);
}

export function readNewOrder(r: MsgpackReader): NewOrder {
  const length = r.array();
  if (length !== LENGTH) throw new CodecError(`a new order has ${length} values, not ${LENGTH}`);
  return {
    clientOrderId: r.string(),
    side: r.int() as Side,
    type: r.int() as OrderType,
    timeInForce: r.int() as TimeInForce,
    priceTicks: r.int(),
    lots: r.int(),
    quoteUnits: r.big(),
    stopPriceTicks: r.int(),
    trailingDelta: r.int(),
    icebergLots: r.int(),
    stpMode: r.int() as StpMode,
    expireUs: r.int(),
    strategyId: r.nil() ? null : r.int(),
    strategyType: r.nil() ? null : r.int(),
    pegPriceType: r.int() as PegPriceType,
    pegOffsetType: r.int() as PegOffsetType,
    pegOffsetValue: r.int(),
    estimateUnits: r.big(),
  };
}
