// One pipelining client of a WebSocket request/response server, as cheap as it can be: the same masked frame again and
// again, at most `window` of them unanswered; answers are counted by their frame headers.
import { connect, type Socket } from 'node:net';

/** A client's text frame; a mask of zeros leaves the payload as it is. */
export function maskedFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) {
    return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  }
  const header = Buffer.from([0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

export class PipeliningClient {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #answered = 0;
  #onAnswers: () => void = () => undefined;
  firstAnswer = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#read(data));
  }

  static async open(port: number, path: string): Promise<PipeliningClient> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const head = await new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => resolve(data.toString('latin1')));
      socket.once('error', reject);
    });
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`refused: ${head.slice(0, 200)}`);
    return new PipeliningClient(socket);
  }

  #read(data: Buffer): void {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const short = (bytes[at + 1] as number) & 0x7f;
      const header = short < 126 ? 2 : 4;
      const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
      if (bytes.length - at < header + length) break;
      if (this.firstAnswer === '') this.firstAnswer = bytes.toString('utf8', at + header, at + header + length);
      at += header + length;
      this.#answered++;
    }
    this.#rest = bytes.subarray(at);
    this.#onAnswers();
  }

  async ask(text: string): Promise<string> {
    this.firstAnswer = '';
    await this.run(text, 1, 1);
    return this.firstAnswer;
  }

  /** Sends the message `count` times; resolves when all are answered. */
  run(text: string, count: number, window: number): Promise<void> {
    const frame = maskedFrame(text);
    this.#answered = 0;
    let sent = 0;
    return new Promise((resolve) => {
      const go = (): void => {
        const room = Math.min(count - sent, window - (sent - this.#answered));
        // In lumps, as a client has them that does several things per turn.
        if (room > 0 && (room >= window / 4 || count - sent <= room)) {
          this.#socket.write(Buffer.concat(Array.from({ length: room }, () => frame)));
          sent += room;
        }
        if (this.#answered === count) resolve();
      };
      this.#onAnswers = go;
      go();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
