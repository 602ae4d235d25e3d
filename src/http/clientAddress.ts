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

/** What counts as one address where addresses are counted: an IPv4 address, or the /64 that an IPv6 client has to itself. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%', 1)[0] as string).split('::') as [string, string?];
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return `${left.slice(0, 4).join(':')}::`;
  const right = tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, 8 - left.length - right.length);
  return `${[...left, ...new Array<string>(missing).fill('0'), ...right].slice(0, 4).join(':')}::`;
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
