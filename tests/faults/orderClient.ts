// A client of the WebSocket API that sends orders whether or not the ones before were answered, and knows how long each took.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Answered {
  readonly status: number;
  readonly code: number;
  readonly ms: number;
}

export class OrderClient {
  readonly #socket: WebSocket;
  readonly #key: { readonly apiKey: string; readonly secret: string };
  readonly #sentMs = new Map<number, number>();
  #next = 0;
  /** Answers so far; taken away by whoever counts them. */
  answers: Answered[] = [];
  onAnswer: () => void = () => undefined;

  private constructor(socket: WebSocket, key: { readonly apiKey: string; readonly secret: string }) {
    this.#socket = socket;
    this.#key = key;
    socket.on('message', (data) => this.#take(JSON.parse(String(data)) as { id: number; status: number; error?: { code: number } }));
    socket.on('error', () => undefined);
  }

  static async open(url: string, key: { readonly apiKey: string; readonly secret: string }): Promise<OrderClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws-api/v3`, { perMessageDeflate: false });
    await once(socket, 'open');
    return new OrderClient(socket, key);
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
    const params: Record<string, string | number> = {
      apiKey: this.#key.apiKey,
      newOrderRespType: 'ACK',
      price: '50000.00',
      quantity: '0.00100',
      recvWindow: 60_000,
      side,
      symbol: 'BTCUSDT',
      timeInForce,
      timestamp: Date.now(),
      type: 'LIMIT',
    };
    const payload = Object.entries(params)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const signature = createHmac('sha256', this.#key.secret).update(payload).digest('hex');
    const id = this.#next++;
    this.#sentMs.set(id, performance.now());
    this.#socket.send(JSON.stringify({ id, method: 'order.place', params: { ...params, signature } }));
  }

  close(): void {
    this.#socket.terminate();
  }
}
