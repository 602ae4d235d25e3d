// Who is at the other end: the peer's address, or what a trusted proxy says of it. Used alike for HTTP and for upgrades.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isAllowedAddress, plainAddress } from './auth/addressList.ts';

/** True for the addresses of proxies whose X-Forwarded-For is believed. */
export type TrustsProxy = (address: string) => boolean;

export function trustsProxy(trustedProxies: readonly string[]): TrustsProxy {
  // An empty list allows everyone as a key's list and nobody as a list of proxies.
  return trustedProxies.length === 0 ? () => false : (address) => isAllowedAddress(trustedProxies, address);
}

/** The nearest address that no trusted proxy vouches for; entries further left are the client's own claims. */
export function clientAddress(request: IncomingMessage, trusts: TrustsProxy): string {
  let address = plainAddress(request.socket.remoteAddress ?? '');
  const header = request.headers['x-forwarded-for'];
  if (header === undefined || !trusts(address)) return address;
  const forwarded = (Array.isArray(header) ? header.join(',') : header).split(',');
  for (let i = forwarded.length - 1; i >= 0 && trusts(address); i--) {
    const next = (forwarded[i] as string).trim();
    if (isIP(next) === 0) break;
    address = plainAddress(next);
  }
  return address;
}
