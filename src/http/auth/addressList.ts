// Whether an address is on a key's list: exact addresses and CIDR ranges, IPv4 and IPv6, IPv4 in its mapped form included.
import { BlockList, isIP } from 'node:net';

const MAPPED_V4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The plain spelling of an address: '::ffff:1.2.3.4' is 1.2.3.4. */
export function plainAddress(ip: string): string {
  return MAPPED_V4.exec(ip)?.[1] ?? ip;
}

/** Lists are immutable rows of the registry, so each is built once. */
const built = new WeakMap<readonly string[], BlockList>();

function build(list: readonly string[]): BlockList {
  const block = new BlockList();
  for (const entry of list) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    // An entry that is no address allows nobody.
    if (isIP(address) === 0) continue;
    if (prefix === undefined) block.addAddress(address, family);
    else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv6' ? 128 : 32)) {
      block.addSubnet(address, Number(prefix), family);
    }
  }
  return block;
}

/** An empty list allows every address. */
export function isAllowedAddress(list: readonly string[], ip: string): boolean {
  if (list.length === 0) return true;
  const address = plainAddress(ip);
  if (list.includes(address)) return true;
  let block = built.get(list);
  if (block === undefined) {
    block = build(list);
    built.set(list, block);
  }
  const version = isIP(address);
  return version !== 0 && block.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
