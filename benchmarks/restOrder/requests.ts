// Signed orders as the clients of the two APIs send them. With two keys, one buys what the other sells.
import { signHmac } from '../../src/http/auth/signature.ts';

export interface Key {
  readonly apiKey: string;
  readonly secret: string;
}

export type RequestKind = 'native' | 'binance';

export const NATIVE_PATH = '/api/spot/v2/';
export const BINANCE_PATH = '/api/v3/order';

/** The n-th request, with its headers. */
export function requestOf(kind: RequestKind, keys: readonly Key[], n: number): string {
  const key = keys[n % keys.length]!;
  const side = n % 2 === 0 ? 'BUY' : 'SELL';
  return kind === 'native' ? nativeRequest(key, side, n) : binanceRequest(key, side, n);
}

function nativeRequest({ apiKey, secret }: Key, side: string, n: number): string {
  const body = `{"symbol":"BTCUSDT","side":"${side}","price":"50000.0","quantity":"0.001","clientOrderId":"o${n}"}`;
  const timestamp = String(Date.now());
  const signature = signHmac(secret, `${timestamp}POST${NATIVE_PATH}${body}`);
  return (
    `POST ${NATIVE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    `X-SEDAX-APIKEY: ${apiKey}\r\nX-SEDAX-TIMESTAMP: ${timestamp}\r\nX-SEDAX-SIGNATURE: ${signature}\r\n\r\n${body}`
  );
}

/** As ccxt sends it: a form with the signature last. */
function binanceRequest({ apiKey, secret }: Key, side: string, n: number): string {
  const payload =
    `timestamp=${Date.now()}&recvWindow=60000&symbol=BTCUSDT&type=LIMIT&side=${side}&newClientOrderId=x-TKT5PX2F${n}` +
    '&newOrderRespType=FULL&quantity=0.00100&price=50000.00&timeInForce=GTC';
  const body = `${payload}&signature=${signHmac(secret, payload)}`;
  return (
    `POST ${BINANCE_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
    `Content-Length: ${body.length}\r\nX-MBX-APIKEY: ${apiKey}\r\n\r\n${body}`
  );
}
