// TCP connections of one address. In: a server. Out: connections above the limit are cut before a byte of them is read.
import type { Server, Socket } from 'node:net';
import { plainAddress } from './auth/addressList.ts';
import { addressKey, type TrustsProxy } from './clientAddress.ts';

export interface ConnectionLimitOptions {
  readonly perAddressMax: number;
  /** Trusted proxies carry many clients each and are not limited. */
  readonly trusts: TrustsProxy;
  /** Told of an address that is refused, once while it stays at the limit. */
  readonly onRefused: (address: string) => void;
}

interface Open {
  count: number;
  isTold: boolean;
}

export function limitConnections(server: Server, { perAddressMax, trusts, onRefused }: ConnectionLimitOptions): void {
  const open = new Map<string, Open>();
  // Before the listeners that read: of TLS, before the handshake.
  server.prependListener('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (trusts(address)) return;
    const key = addressKey(address);
    const held = open.get(key) ?? { count: 0, isTold: false };
    if (held.count >= perAddressMax) {
      socket.destroy();
      if (held.isTold) return;
      held.isTold = true;
      onRefused(address);
      return;
    }
    held.count++;
    open.set(key, held);
    socket.once('close', () => {
      held.count--;
      if (held.count === 0) open.delete(key);
    });
  });
}
