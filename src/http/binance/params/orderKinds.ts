// The kinds of the parameters that describe an order.
import { CancelRestriction, OrderType, PegOffsetType, PegPriceType, Side, StpMode, TimeInForce } from '../../../domain/orderTerms.ts';
import { BinanceError } from '../binanceError.ts';
import { code, int, long, type ParamKind, word } from './paramKinds.ts';

export const side = code(Side, ['BUY', 'SELL'], () => new BinanceError(-1117, 'Invalid side.'));

export const orderType = code(
  OrderType,
  ['LIMIT', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'LIMIT_MAKER'],
  () => new BinanceError(-1116, 'Invalid orderType.'),
);

export const timeInForce = code(TimeInForce, ['GTC', 'IOC', 'FOK'], () => new BinanceError(-1115, 'Invalid timeInForce.'));

export const stpMode = code(StpMode, ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT', 'TRANSFER']);

export const responseType = word(['ACK', 'RESULT', 'FULL']);

export const pegPriceType = code(PegPriceType, ['PRIMARY_PEG', 'MARKET_PEG'], () => new BinanceError(-1210, 'Invalid pegPriceType.'));

export const pegOffsetType = code(PegOffsetType, ['PRICE_LEVEL'], () => new BinanceError(-1211, 'Invalid pegOffsetType.'));

const PEG_OFFSET_MAX = 100;

export const pegOffsetValue: ParamKind<number> = {
  type: 'INT',
  parse(name, text) {
    const value = int.parse(name, text);
    if (value > PEG_OFFSET_MAX) {
      throw new BinanceError(-1102, `'${name}' contains unexpected value. Cannot be greater than ${PEG_OFFSET_MAX}.`);
    }
    return value;
  },
};

/** Values below are the venue's own. */
const STRATEGY_TYPE_MIN = 1_000_000;

export const strategyType: ParamKind<number> = {
  type: 'INT',
  parse(name, text) {
    const value = int.parse(name, text);
    if (value < STRATEGY_TYPE_MIN) throw new BinanceError(-1134, 'strategyType was less than 1000000.');
    return value;
  },
};

export const strategyId = long;

/** Basis points. */
export const trailingDelta = int;

export const cancelRestrictions = code(
  CancelRestriction,
  ['ONLY_NEW', 'ONLY_PARTIALLY_FILLED'],
  () => new BinanceError(-1145, 'Invalid cancelRestrictions'),
);
