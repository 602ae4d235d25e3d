// A client of the WebSocket API that sends orders whether or not the ones before were answered, and knows how long each took.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface Answered {
  readonly status: number;
  readonly code: number;
  readonly ms: number;
}

export class OrderClient {
  readonly #socket: WebSocket;
  readonly #connection: Socket;
  #isCorked = false;
  readonly #key: { readonly apiKey: string; readonly secret: string };
  readonly #sentMs = new Map<number, number>();
  readonly #signed = new Map<string, { readonly timestamp: number; readonly text: string }>();
  #next = 0;
  /** Answers so far; taken away by whoever counts them. */
  answers: Answered[] = [];
  onAnswer: () => void = () => undefined;

  private constructor(socket: WebSocket, connection: Socket, key: { readonly apiKey: string; readonly secret: string }) {
    this.#socket = socket;
    this.#connection = connection;
    this.#key = key;
    socket.on('message', (data) => this.#take(JSON.parse(String(data)) as { id: number; status: number; error?: { code: number } }));
    socket.on('error', () => undefined);
  }

  static async open(url: string, key: { readonly apiKey: string; readonly secret: string }): Promise<OrderClient> {
    const { hostname, port } = new URL(url);
    const connection = connect({ host: hostname, port: Number(port), noDelay: true });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws-api/v3`, {
      perMessageDeflate: false,
      createConnection: () => connection,
    });
    await once(socket, 'open');
    return new OrderClient(socket, connection, key);
  }

  #take({ id, status, error }: { id: number; status: number; error?: { code: number } }): void {
    const sentMs = this.#sentMs.get(id);
    if (sentMs === undefined) return;
    this.#sentMs.delete(id);
    this.answers.push({ status, code: error?.code ?? 0, ms: performance.now() - sentMs });
    this.onAnswer();
  }

  get unanswered(): number {
    return this.#sentMs.size;
  }

  /** An IOC order: it trades or expires, and rests never. */
  send(side: 'BUY' | 'SELL', timeInForce: 'IOC' | 'GTC' = 'IOC'): void {
    const id = this.#next++;
    this.#sentMs.set(id, performance.now());
    this.#cork();
    this.#socket.send(`{"id":${id},"method":"order.place","params":${this.#params(side, timeInForce)}}`);
  }

  /** What one turn sends is one write: the client shares the processors with the venue it measures. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#connection.cork();
    setImmediate(() => {
      this.#isCorked = false;
      this.#connection.uncork();
    });
  }

  /** Signed once a second: a client that signs each order has the processor to itself for as long as the venue takes to refuse it. */
  #params(side: 'BUY' | 'SELL', timeInForce: 'IOC' | 'GTC'): string {
    const kind = side + timeInForce;
    const known = this.#signed.get(kind);
    const timestamp = Date.now();
    if (known !== undefined && timestamp - known.timestamp < 1000) return known.text;
    const params: Record<string, string | number> = {
      apiKey: this.#key.apiKey,
      newOrderRespType: 'ACK',
      price: '50000.00',
      quantity: '0.00100',
      recvWindow: 60_000,
      side,
      symbol: 'BTCUSDT',
      timeInForce,
      timestamp,
      type: 'LIMIT',
    };
    const payload = Object.entries(params)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const signature = createHmac('sha256', this.#key.secret).update(payload).digest('hex');
    const text = JSON.stringify({ ...params, signature });
    this.#signed.set(kind, { timestamp, text });
    return text;
  }

  close(): void {
    this.#socket.terminate();
  }
}
