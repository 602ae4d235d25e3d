// Many WebSocket subscribers in one place, as cheap as they can be: a handshake, then bytes counted and summed (CRC-32), so
// that a benchmark measures the server. In: where to connect. Out: what each subscriber got.
import { connect, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';

export interface Expectation {
  readonly bytes: number;
  readonly crc: number;
}

class Subscriber {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  bytes = 0;
  crc = 0;
  closed = false;

  constructor(port: number, path: string, onData: () => void) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    this.opened = new Promise((resolve, reject) => {
      let head = '';
      const onHead = (chunk: Buffer): void => {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        this.socket.off('data', onHead);
        if (!head.startsWith('HTTP/1.1 101')) reject(new Error(`refused: ${head.slice(0, 200)}`));
        this.socket.on('data', (data: Buffer) => {
          this.bytes += data.length;
          this.crc = crc32(data, this.crc);
          onData();
        });
        const rest = Buffer.from(head.slice(end + 4), 'latin1');
        if (rest.length > 0) this.socket.emit('data', rest);
        resolve();
      };
      this.socket.on('data', onHead);
      this.socket.on('error', reject);
      this.socket.on('close', () => {
        this.closed = true;
        onData();
      });
    });
  }
}

export class Subscribers {
  #all: Subscriber[] = [];
  #wake: () => void = () => undefined;

  async open(port: number, path: string, count: number): Promise<void> {
    // In portions, below the backlog of a listening socket.
    while (this.#all.length < count) {
      const portion = Array.from({ length: Math.min(100, count - this.#all.length) }, () => new Subscriber(port, path, () => this.#wake()));
      await Promise.all(portion.map((subscriber) => subscriber.opened));
      this.#all.push(...portion);
    }
  }

  /** Resolves when every subscriber has the bytes; how many of them got other ones, or were dropped. */
  async finish({ bytes, crc }: Expectation): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#wake = () => {
        // The last one is waited for; looking at all of them on each chunk would be what is measured.
        const late = this.#all.find((subscriber) => subscriber.bytes < bytes && !subscriber.closed);
        if (late === undefined) resolve();
      };
      this.#wake();
    });
    return this.#all.filter((subscriber) => subscriber.bytes !== bytes || subscriber.crc !== crc).length;
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
    this.#all = [];
    this.#wake = () => undefined;
  }
}
