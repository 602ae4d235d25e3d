// A wire between two servers that a test can cut: connections end, and new ones get nowhere, until it is mended.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export class RouteProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  #cut = false;

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
  }

  static async start(target: number): Promise<RouteProxy> {
    const sockets = new Set<Socket>();
    const made: { proxy?: RouteProxy } = {};
    const server = createServer((from) => {
      if (made.proxy?.isCut !== false) {
        from.destroy();
        return;
      }
      const to = dial(target, '127.0.0.1');
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
      from.pipe(to).pipe(from);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    made.proxy = new RouteProxy(server, address.port, sockets);
    return made.proxy;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
