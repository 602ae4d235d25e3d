// The history's thread: decodes what the logs say, keeps it in a store, answers. Everything is done in the order in which it
// was sent, so an answer reflects the messages sent before its question. ThreadKeeper is the other end.
import { parentPort, workerData } from 'node:worker_threads';
import { CodecError } from '../../codec/codecError.ts';
import type { HistoryStore } from '../historyStore.ts';
import { writeError } from '../lmdb/historyFile.ts';
import { LocalKeeper } from '../localKeeper.ts';
import { openHistory } from '../openHistory.ts';
import { decodeRequest, encodeRefused } from '../remote/messages.ts';
import { readChunk } from './chunk.ts';
import { type FromThread, HistoryThreadError, ownBytes, PROTOCOL, packError, type ThreadData, type ToThread } from './messages.ts';

type Send = (message: FromThread, transfer?: readonly ArrayBuffer[]) => void;

class HistoryThread {
  readonly #send: Send;
  readonly #store: HistoryStore;
  readonly #keeper: LocalKeeper;
  /** What came while a commit was awaited: at most the chunks under way and the questions behind them. */
  readonly #inbox: ToThread[] = [];
  #busy = false;
  #failed = false;

  constructor({ protocol, store }: ThreadData, send: Send) {
    if (protocol !== PROTOCOL) {
      throw new HistoryThreadError(`its code speaks version ${PROTOCOL}, the process ${protocol}: npm run build`);
    }
    this.#send = send;
    this.#store = openHistory(store);
    this.#keeper = new LocalKeeper(this.#store, () => this.#send({ kind: 'committed', positions: this.#positions() }));
    this.#keeper.listen({
      onFailure: (error) => this.fail(error),
      onQueryFailure: (error, query) => this.#send({ kind: 'queryFailed', query, error: packError(error) }),
    });
    this.#send({ kind: 'opened', positions: this.#positions() });
  }

  receive(message: ToThread): void {
    this.#inbox.push(message);
    if (!this.#busy) void this.#work();
  }

  #positions(): Record<string, number> {
    return Object.fromEntries(this.#store.positions);
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let message = this.#inbox.shift(); message !== undefined; message = this.#inbox.shift()) {
      try {
        if (message.kind === 'close') await this.#close();
        else if (!this.#failed) await this.#do(message);
      } catch (error) {
        this.fail(error);
      }
    }
    this.#busy = false;
  }

  #do(message: Exclude<ToThread, { kind: 'close' }>): void | Promise<void> {
    switch (message.kind) {
      case 'take':
        return this.#take(message);
      case 'ask':
        return this.#answer(message);
      case 'flush':
        return this.#keeper.flush().then(() => this.#send({ kind: 'flushed', id: message.id }));
    }
  }

  async #take({ chunk, used, streams }: ToThread & { kind: 'take' }): Promise<void> {
    for (const { stream, messages } of readChunk(chunk, used, streams)) {
      const committed = this.#keeper.take(stream, messages);
      if (committed !== undefined) await committed;
    }
    this.#send({ kind: 'taken', chunk }, [chunk]);
  }

  #answer({ id, request }: ToThread & { kind: 'ask' }): void {
    const reply = ownBytes(this.#replyTo(request));
    this.#send({ kind: 'answer', id, reply }, [reply.buffer]);
  }

  #replyTo(request: Uint8Array): Uint8Array {
    try {
      return this.#keeper.answer(decodeRequest(request).questions);
    } catch (error) {
      if (error instanceof CodecError) return encodeRefused(error.message);
      throw error;
    }
  }

  /** Nothing more is taken in or answered: the process is told why. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#send({ kind: 'failed', error: packError(error) });
  }

  /** Closes what is open also after a failure, so that the files are free when the thread has ended. */
  async #close(): Promise<void> {
    try {
      await this.#keeper.close();
      if (!this.#failed) this.#send({ kind: 'committed', positions: this.#positions() });
    } catch (error) {
      this.fail(error);
    } finally {
      port.close();
    }
  }
}

if (parentPort === null) throw new HistoryThreadError('this file is the code of a thread');
const port = parentPort;
const send: Send = (message, transfer = []) => port.postMessage(message, transfer);
try {
  const thread = new HistoryThread(workerData as ThreadData, send);
  port.on('message', (message: ToThread) => thread.receive(message));
  // lmdb-js may reject a promise of a failed commit that it has handed to nobody, and before those that it has: the process is
  // to be told of the disk and not of a promise.
  process.on('unhandledRejection', (reason: unknown) => {
    const isCommit = typeof reason === 'object' && reason !== null && 'commitError' in reason;
    if (isCommit) void writeError(reason).then((error) => thread.fail(error));
    else thread.fail(reason);
  });
} catch (error) {
  send({ kind: 'failed', error: packError(error) });
}
