// Coinbase's full channel, one recorded message a line: `YYYY-MM-DD HH:MM:SS,mmm {json}`. The resting book comes first, as
// `open` messages without a time; then what the venue received and what it made of it. Pure: text in, messages out.

export type CoinbaseSide = 'BUY' | 'SELL';

/** Sizes and prices are the venue's decimal text. */
export type CoinbaseMessage =
  /** An order resting before the recording began. */
  | { readonly kind: 'resting'; readonly orderId: string; readonly side: CoinbaseSide; readonly price: string; readonly size: string }
  | {
      readonly kind: 'received';
      readonly orderId: string;
      readonly side: CoinbaseSide;
      readonly price: string | null;
      readonly size: string;
    }
  /** The venue put what is left of a received order on its book. */
  | { readonly kind: 'open'; readonly orderId: string; readonly remainingSize: string }
  | { readonly kind: 'match'; readonly makerOrderId: string; readonly takerOrderId: string; readonly price: string; readonly size: string }
  | { readonly kind: 'canceled'; readonly orderId: string; readonly remainingSize: string }
  | { readonly kind: 'filled'; readonly orderId: string };

export class CoinbaseFormatError extends Error {
  override name = 'CoinbaseFormatError';
}

/** One line to its message; throws CoinbaseFormatError naming what is missing. */
export function parseCoinbaseLine(line: string): CoinbaseMessage {
  const at = line.indexOf('{');
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(line.slice(Math.max(at, 0))) as Record<string, unknown>;
  } catch (error) {
    throw new CoinbaseFormatError(`not a recorded message: ${line.slice(0, 80)}`, { cause: error });
  }
  const text = (name: string): string => {
    const value = json[name];
    if (typeof value !== 'string') throw new CoinbaseFormatError(`${name} is missing: ${line.slice(0, 120)}`);
    return value;
  };
  const side = (): CoinbaseSide => (text('side') === 'buy' ? 'BUY' : 'SELL');
  switch (text('type')) {
    case 'received':
      return {
        kind: 'received',
        orderId: text('order_id'),
        side: side(),
        price: json.order_type === 'market' ? null : text('price'),
        size: text('size'),
      };
    case 'open':
      if (text('time') === '')
        return { kind: 'resting', orderId: text('order_id'), side: side(), price: text('price'), size: text('remaining_size') };
      return { kind: 'open', orderId: text('order_id'), remainingSize: text('remaining_size') };
    case 'match':
      return {
        kind: 'match',
        makerOrderId: text('maker_order_id'),
        takerOrderId: text('taker_order_id'),
        price: text('price'),
        size: text('size'),
      };
    case 'done':
      return text('reason') === 'canceled'
        ? { kind: 'canceled', orderId: text('order_id'), remainingSize: text('remaining_size') }
        : { kind: 'filled', orderId: text('order_id') };
    default:
      throw new CoinbaseFormatError(`unknown message type ${text('type')}`);
  }
}
