// Answers other processes' queries from the past this process keeps. In: requests from the bus, shared with the other history
// processes. Out: answers that reflect at least the positions a request carries, or a text that says why not. Whatever the
// bytes of a request are, they are answered.
import type { Bus, BusService } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import { CodecError } from '../../codec/codecError.ts';
import type { Answering } from '../historyKeeper.ts';
import { HeldAnswers } from './heldAnswers.ts';
import {
  decodePartRequest,
  decodeRequest,
  encodeInParts,
  encodeNotNow,
  encodeRefused,
  type HistoryRequest,
  type Positions,
  VersionError,
} from './messages.ts';
import type { Question } from './queryCodec.ts';

/** What answers reflect: the history stage's consumer. */
export interface HistoryProgress {
  /** Every stream that is followed, with the last position that answers to what is asked now reflect. */
  readonly positions: ReadonlyMap<string, number>;
  whenConsumed(stream: string, sequence: number): Promise<void>;
}

export interface HistoryServerOptions {
  readonly bus: Bus;
  readonly answers: Answering;
  readonly progress: HistoryProgress;
  /** Of the program, for operators. @default '0.0.0' */
  readonly version?: string;
  /** What `nats micro info` says of this process. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Largest reply; below the bus's largest message (NATS: 1 MiB unless configured). @default 512 KiB */
  readonly partBytes?: number;
  /** All answers held for those who fetch them in parts, and the largest one. @default 64 MiB */
  readonly heldBytesMax?: number;
  /** How long an answer is held. @default 10_000 */
  readonly heldMs?: number;
  /** Requests that wait for the store to read on; more are sent away. @default 10_000 */
  readonly waitingMax?: number;
}

/** The service as operators see it, and its queue group. */
const SERVICE = 'sedax-history';
/** No request waits longer, whatever it says. */
const WAIT_MAX_MS = 30_000;

export class HistoryServer {
  readonly #bus: Bus;
  readonly #answers: Answering;
  readonly #progress: HistoryProgress;
  readonly #partBytes: number;
  readonly #waitingMax: number;
  readonly #held: HeldAnswers;
  readonly #version: string;
  readonly #metadata: Readonly<Record<string, string>>;
  #service: BusService | undefined;
  #waiting = 0;
  #answering = false;
  #stopped = false;
  answered = 0;

  constructor(options: HistoryServerOptions) {
    const { partBytes = 512 * 1024, heldBytesMax = 64 * 2 ** 20, heldMs = 10_000, waitingMax = 10_000 } = options;
    this.#bus = options.bus;
    this.#answers = options.answers;
    this.#progress = options.progress;
    this.#version = options.version ?? '0.0.0';
    this.#metadata = options.metadata ?? {};
    this.#partBytes = partBytes;
    this.#waitingMax = waitingMax;
    this.#held = new HeldAnswers(partBytes, heldBytesMax, heldMs);
  }

  /** True from when it takes requests until stop(). */
  get isAnswering(): boolean {
    return this.#answering;
  }

  /** Requests that wait for the store to read on. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Of answers that are fetched in parts. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /**
   * Takes its share of the requests once the store has read what the logs held at the call; resolves then. One that still
   * fills its store would only keep askers waiting.
   */
  async start(): Promise<void> {
    const heads = await Promise.all(
      [...this.#progress.positions.keys()].map(async (stream) => [stream, (await this.#bus.streamInfo(stream)).lastSequence] as const),
    );
    await Promise.all(heads.map(([stream, last]) => this.#progress.whenConsumed(stream, last)));
    if (this.#stopped) return;
    const service = await this.#bus.service({
      name: SERVICE,
      version: this.#version,
      description: 'sedax history, the queryable past',
      metadata: this.#metadata,
    });
    if (this.#stopped) return service.stop();
    this.#service = service;
    this.#answering = true;
    // Whoever got the first reply fetches the parts from this process, not from another of the group.
    service.endpoint('parts', subjects.historyParts(service.id), SERVICE, (payload) => this.#part(payload));
    service.endpoint('query', subjects.historyQuery, SERVICE, (payload) => this.#respond(payload, service.id));
  }

  /** Takes no more requests; those that wait are sent away. The store may be closed afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#answering = false;
    this.#held.clear();
    await this.#service?.stop();
  }

  async #respond(payload: Uint8Array, id: string): Promise<Uint8Array> {
    let request: HistoryRequest;
    try {
      request = decodeRequest(payload);
    } catch (error) {
      if (error instanceof VersionError) return encodeNotNow(error.message);
      if (error instanceof CodecError) return encodeRefused(`not a request: ${error.message}`);
      throw error;
    }
    const unknown = Object.keys(request.positions).find((stream) => !this.#progress.positions.has(stream));
    if (unknown !== undefined) return encodeRefused(`this history does not follow ${unknown.slice(0, 100)}: do partitions differ?`);
    const behind = await this.#reach(request.positions, request.waitMs);
    if (behind !== undefined) return encodeNotNow(behind);
    if (this.#stopped) return encodeNotNow('this history is stopping');
    return this.#answer(request.questions, id);
  }

  /** Waits until the store has taken in the positions; what is in the way when it does not come to that. */
  async #reach(positions: Positions, waitMs: number): Promise<string | undefined> {
    const { positions: reached } = this.#progress;
    const waits: Promise<void>[] = [];
    for (const [stream, position] of Object.entries(positions)) {
      if (position > (reached.get(stream) ?? 0)) waits.push(this.#progress.whenConsumed(stream, position));
    }
    if (waits.length === 0) return undefined;
    if (this.#waiting >= this.#waitingMax) return `${this.#waiting} requests wait for this history to read on`;
    // A request that was sent away still counts until its positions are reached: its waits are still there.
    this.#waiting++;
    const all = Promise.all(waits).then((): true => {
      this.#waiting--;
      return true;
    });
    if (await within(all, Math.min(Math.max(waitMs, 0), WAIT_MAX_MS))) return undefined;
    for (const [stream, position] of Object.entries(positions)) {
      const at = reached.get(stream) ?? 0;
      if (at < position) return `this history stands at ${at} of ${stream}, asked for is ${position}`;
    }
    return undefined;
  }

  async #answer(questions: readonly Question[], id: string): Promise<Uint8Array> {
    const reply = await this.#answers.answer(questions);
    this.answered += questions.length;
    if (reply.length <= this.#partBytes) return reply;
    const held = this.#held.hold(reply);
    if (held === undefined) return encodeRefused(`the answer has ${reply.length} bytes: ask for fewer rows`);
    return encodeInParts(id, held.id, held.parts);
  }

  async #part(payload: Uint8Array): Promise<Uint8Array> {
    const { id, part } = decodePartRequest(payload);
    const bytes = this.#held.take(id, part);
    if (bytes === undefined) throw new Error(`answer ${id} is no longer held, or has no part ${part}`);
    return bytes;
  }
}

/** False when it has not resolved after `ms`. */
async function within(done: Promise<true>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
