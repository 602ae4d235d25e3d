// The history of another process. In: questions, and the positions their answers must reflect. Out: rows, from whichever
// history process answered. Queries change nothing, so one that got no answer is asked again until the time is over.
import { type Bus, NoRespondersError, RequestError, RequestTimeoutError } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import { HistoryUnavailableError } from '../../ports/historyQueries.ts';
import { type Answer, decodeReply, encodePartRequest, encodeRequest, HistoryQueryError, type Positions } from './messages.ts';
import type { Question } from './queryCodec.ts';
import { RemoteHistory } from './remoteHistory.ts';

export interface HistoryClientOptions {
  readonly bus: Bus;
  /** After this long without an answer a query fails with HistoryUnavailableError. @default 5000 */
  readonly timeoutMs?: number;
  /** Longest wait for one history process; then another one is asked, if there is one. @default 2500 */
  readonly attemptMs?: number;
  /** Requests without an answer; more fail at once with HistoryUnavailableError. @default 10_000 */
  readonly pendingMax?: number;
}

/** No answer this time. */
class NotNowError extends Error {
  override name = 'NotNowError';
}

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;
/** Of an attempt, for the history process to read on; the rest is for answering and the way. */
const WAIT_SHARE = 0.5;

export class HistoryClient {
  readonly #bus: Bus;
  readonly #timeoutMs: number;
  readonly #attemptMs: number;
  readonly #pendingMax: number;
  #pending = 0;

  constructor({ bus, timeoutMs = 5000, attemptMs = 2500, pendingMax = 10_000 }: HistoryClientOptions) {
    this.#bus = bus;
    this.#timeoutMs = timeoutMs;
    this.#attemptMs = attemptMs;
    this.#pendingMax = pendingMax;
  }

  /** The queries, whose answers reflect each stream up to its position at least. */
  at(positions: Positions): RemoteHistory {
    return new RemoteHistory((questions) => this.ask(positions, questions));
  }

  /** Answers in the order of the questions, at most QUESTIONS_MAX. Rejects with HistoryUnavailableError, HistoryQueryError. */
  async ask(positions: Positions, questions: readonly Question[]): Promise<readonly Answer[]> {
    if (this.#pending >= this.#pendingMax) throw new HistoryUnavailableError(`${this.#pending} requests wait for the history already`);
    this.#pending++;
    try {
      return await this.#askUntilAnswered(positions, questions);
    } finally {
      this.#pending--;
    }
  }

  async #askUntilAnswered(positions: Positions, questions: readonly Question[]): Promise<readonly Answer[]> {
    const until = performance.now() + this.#timeoutMs;
    let pauseMs = PAUSE_MIN_MS;
    /** What a history process said last tells more than that the last attempt was cut short. */
    let told: NotNowError | undefined;
    for (;;) {
      try {
        return await this.#attempt(positions, questions, until);
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (error instanceof NotNowError) told = error;
        if (performance.now() + pauseMs >= until) throw unavailable(this.#timeoutMs, told ?? error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
    }
  }

  async #attempt(positions: Positions, questions: readonly Question[], until: number): Promise<readonly Answer[]> {
    const attemptMs = this.#attemptMsBefore(until);
    const waitMs = Math.floor(attemptMs * WAIT_SHARE);
    const request = encodeRequest({ positions, waitMs, questions });
    let reply = decodeReply(await this.#bus.request(subjects.historyQuery, request, attemptMs), questions);
    if (reply.kind === 'inParts') {
      const parts: Uint8Array[] = [];
      const subject = subjects.historyParts(reply.server);
      for (let part = 0; part < reply.parts; part++) {
        parts.push(await this.#bus.request(subject, encodePartRequest(reply.id, part), this.#attemptMsBefore(until)));
      }
      reply = decodeReply(Buffer.concat(parts), questions);
    }
    if (reply.kind === 'answered') return reply.answers;
    if (reply.kind === 'notNow') throw new NotNowError(reply.text);
    throw new HistoryQueryError(reply.kind === 'refused' ? reply.text : 'an answer in parts of an answer in parts');
  }

  #attemptMsBefore(until: number): number {
    return Math.max(1, Math.min(this.#attemptMs, Math.ceil(until - performance.now())));
  }
}

/** RequestError: a part is held no longer, or the process failed in a way of its own; another may do better. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof NotNowError ||
    error instanceof NoRespondersError ||
    error instanceof RequestTimeoutError ||
    error instanceof RequestError
  );
}

function unavailable(timeoutMs: number, cause: unknown): HistoryUnavailableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HistoryUnavailableError(`no answer from a history process within ${timeoutMs} ms: ${why}`, { cause });
}
