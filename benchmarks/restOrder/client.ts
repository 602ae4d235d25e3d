// Sends signed orders over a few kept-alive connections. A process of its own, so that the server's processor time is the
// server's alone. Without a rate each connection keeps several requests on the way; with one, request n is due n / rate seconds
// after the start and its latency counts from then, however late it could be sent.
import { connect, type Socket } from 'node:net';
import { quantile } from '../measure/statistics.ts';
import { type Key, type RequestKind, requestOf } from './requests.ts';

export interface ClientJob {
  readonly kind: RequestKind;
  readonly port: number;
  readonly keys: readonly Key[];
  readonly requests: number;
  /** 0: as many as it takes. */
  readonly ratePerSecond: number;
  /** The number of the first request: client order ids are not used twice. */
  readonly first: number;
}

export interface ClientResult {
  readonly answered: number;
  /** Answers that are not 200. */
  readonly failed: number;
  readonly firstFailure: string;
  readonly seconds: number;
  /** Milliseconds; 0 without a rate. */
  readonly p50: number;
  readonly p99: number;
}

const CONNECTIONS = 8;
const PIPELINED = 8;
const MARK = 'HTTP/1.1 ';

class Client {
  readonly #job: ClientJob;
  readonly #sockets: Socket[] = [];
  /** When the unanswered requests of a connection were due. */
  readonly #due: number[][] = [];
  readonly #latencies: number[] = [];
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #firstFailure = '';
  #start = 0;
  readonly #finished: () => void;
  readonly whenFinished: Promise<void>;

  constructor(job: ClientJob) {
    this.#job = job;
    let finished: () => void = () => undefined;
    this.whenFinished = new Promise((resolve) => {
      finished = resolve;
    });
    this.#finished = finished;
  }

  async run(): Promise<ClientResult> {
    for (let i = 0; i < CONNECTIONS; i++) this.#sockets.push(await this.#open(i));
    this.#start = performance.now();
    if (this.#job.ratePerSecond > 0) this.#sendDue();
    else for (let i = 0; i < CONNECTIONS * PIPELINED; i++) this.#send(i % CONNECTIONS, 0);
    await this.whenFinished;
    const seconds = (performance.now() - this.#start) / 1000;
    for (const socket of this.#sockets) socket.destroy();
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number): number => (sorted.length === 0 ? 0 : Math.round(quantile(sorted, share) * 100) / 100);
    return {
      answered: this.#answered,
      failed: this.#failed,
      firstFailure: this.#firstFailure,
      seconds,
      p50: at(0.5),
      p99: at(0.99),
    };
  }

  #open(index: number): Promise<Socket> {
    this.#due.push([]);
    let rest = '';
    return new Promise((resolve, reject) => {
      const socket = connect(this.#job.port, '127.0.0.1', () => resolve(socket));
      socket.setNoDelay(true);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        const text = rest + chunk.toString('latin1');
        let at = text.indexOf(MARK);
        for (; at >= 0 && at + MARK.length + 3 <= text.length; at = text.indexOf(MARK, at + 1)) this.#answer(index, text, at);
        // A status line may be cut.
        rest = at >= 0 ? text.slice(at) : text.slice(-(MARK.length - 1));
      });
    });
  }

  #answer(connection: number, text: string, at: number): void {
    if (text.slice(at + MARK.length, at + MARK.length + 3) !== '200') {
      this.#failed += 1;
      if (this.#firstFailure === '') this.#firstFailure = text.slice(at, at + 600);
    }
    const due = this.#due[connection]!.shift()!;
    if (this.#job.ratePerSecond > 0) this.#latencies.push(performance.now() - due);
    else this.#send(connection, 0);
    this.#answered += 1;
    if (this.#answered === this.#job.requests) this.#finished();
  }

  #send(connection: number, due: number): void {
    if (this.#sent === this.#job.requests) return;
    this.#due[connection]!.push(due);
    this.#sockets[connection]!.write(requestOf(this.#job.kind, this.#job.keys, this.#job.first + this.#sent));
    this.#sent += 1;
  }

  #sendDue(): void {
    const everyMs = 1000 / this.#job.ratePerSecond;
    const now = performance.now();
    for (let due = this.#start + this.#sent * everyMs; due <= now && this.#sent < this.#job.requests; due += everyMs) {
      this.#send(this.#sent % CONNECTIONS, due);
    }
    // Not at once: a client that spins takes the server's core. What is sent late counts as late.
    if (this.#sent < this.#job.requests) setTimeout(() => this.#sendDue(), 1);
  }
}

/** One job at a time. */
export function runClient(job: ClientJob): Promise<ClientResult> {
  return new Client(job).run();
}

if (process.send !== undefined && process.argv[2] === '--client') {
  process.on('message', (job: ClientJob) => {
    void runClient(job).then((result) => process.send!(result));
  });
}
