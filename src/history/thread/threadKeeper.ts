// Keeps the past in a thread of its own. What the logs say is gathered and handed over a chunk at a time, so that the calling
// thread pays for a copy of the bytes and for a hundred messages a second; decoding, the store and its commits are the
// thread's. A question goes behind everything gathered before it.
import { Worker } from 'node:worker_threads';
import type { HistoryQueries } from '../../ports/historyQueries.ts';
import type { HistoryKeeper, HistoryMessage, KeeperListener } from '../historyKeeper.ts';
import type { HistoryOptions } from '../openHistory.ts';
import { decodeReply, encodeRequest, HistoryQueryError } from '../remote/messages.ts';
import type { Question } from '../remote/queryCodec.ts';
import { RemoteHistory } from '../remote/remoteHistory.ts';
import { ChunkWriter, chunkBytesOf } from './chunk.ts';
// The type alone makes every build that has this file have the thread's too.
import type {} from './historyThread.ts';
import { type FromThread, HistoryThreadError, ownBytes, PROTOCOL, type ThreadData, type ToThread, unpackError } from './messages.ts';
import { threadFile } from './threadFile.ts';

/** A chunk; a message that is larger has one of its own. */
const CHUNK_BYTES = 512 * 1024;
/** Handed over and not yet taken in: from here on take() waits. */
const IN_TRANSIT_BYTES_MAX = 8 * CHUNK_BYTES;
/** What is gathered goes to the thread this long after the first of it, at the latest; a question does not wait for it. */
const GATHER_MS = 10;

export interface ThreadOptions extends HistoryOptions {
  /** The thread's code. @default what was built beside (for sources: from) this file */
  readonly file?: URL;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export class ThreadKeeper implements HistoryKeeper {
  readonly queries: HistoryQueries;
  readonly #worker: Worker;
  /** Resolves with the thread's exit code. */
  readonly #ended: Promise<number>;
  readonly #positions = new Map<string, number>();
  #opened: Waiting<void> | undefined;
  #listener: KeeperListener = {};
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  #gathering: ChunkWriter | undefined;
  #gatherTimer: NodeJS.Timeout | undefined;
  /** Chunks that came back. */
  readonly #free: ArrayBuffer[] = [];
  #inTransitBytes = 0;
  #sent = 0;
  #taken = 0;
  #room: Waiting<void> | undefined;
  /** By the chunk they wait for, ascending. */
  #takenIn: (Waiting<void> & { readonly chunk: number })[] = [];
  readonly #answers = new Map<number, Waiting<Uint8Array>>();
  readonly #flushes = new Map<number, Waiting<void>>();
  #lastId = 0;

  /**
   * Resolves when the store is open, and its positions are known. Rejects with what opening it failed with
   * (HistoryFormatError, ...), or HistoryThreadError when there is no thread to open it.
   */
  static async open({ file = threadFile(), ...store }: ThreadOptions): Promise<ThreadKeeper> {
    const keeper = new ThreadKeeper(file, { protocol: PROTOCOL, store });
    try {
      await new Promise<void>((resolve, reject) => {
        keeper.#opened = { resolve, reject };
      });
    } catch (error) {
      await keeper.close();
      throw error;
    }
    return keeper;
  }

  private constructor(file: URL, data: ThreadData) {
    this.queries = new RemoteHistory((questions) => this.#ask(questions));
    this.#worker = new Worker(file, { name: 'history', workerData: data });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('messageerror', (error) => this.#fail(new HistoryThreadError(`a message of the history's thread: ${error.message}`)));
    this.#worker.on('error', (error: Error) => {
      this.#fail(new HistoryThreadError(`the history's thread failed: ${error.message}`, { cause: error }));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        if (this.#closing === undefined) this.#fail(new HistoryThreadError(`the history's thread ended with code ${code}`));
        this.#settle(new HistoryThreadError("the history's thread has ended"));
        resolve(code);
      });
    });
  }

  listen(listener: KeeperListener): void {
    this.#listener = listener;
    if (this.#failure !== undefined) listener.onFailure?.(this.#failure);
  }

  position(stream: string): number {
    return this.#positions.get(stream) ?? 0;
  }

  take(stream: string, messages: readonly HistoryMessage[]): void | Promise<void> {
    return this.#gather(stream, messages, 0);
  }

  async takenIn(): Promise<void> {
    this.#check();
    this.#handOver();
    if (this.#taken === this.#sent) return;
    await new Promise<void>((resolve, reject) => this.#takenIn.push({ chunk: this.#sent, resolve, reject }));
  }

  async flush(): Promise<void> {
    this.#check();
    this.#handOver();
    const id = ++this.#lastId;
    this.#send({ kind: 'flush', id });
    await new Promise<void>((resolve, reject) => this.#flushes.set(id, { resolve, reject }));
  }

  async answer(questions: readonly Question[]): Promise<Uint8Array> {
    this.#check();
    const request = ownBytes(encodeRequest({ positions: {}, waitMs: 0, questions }));
    this.#handOver();
    const id = ++this.#lastId;
    this.#send({ kind: 'ask', id, request }, [request.buffer]);
    return new Promise((resolve, reject) => this.#answers.set(id, { resolve, reject }));
  }

  /** Also after a failure; rejects with the failure when it is the last commit that failed. */
  close(): Promise<void> {
    this.#closing ??= this.#close(this.#failure);
    return this.#closing;
  }

  async #close(before: Error | undefined): Promise<void> {
    if (before === undefined) this.#handOver();
    clearTimeout(this.#gatherTimer);
    this.#send({ kind: 'close' });
    const code = await this.#ended;
    if (before !== undefined) return;
    if (this.#failure !== undefined) throw this.#failure;
    if (code !== 0) throw new HistoryThreadError(`the history's thread ended with code ${code}`);
  }

  async #ask(questions: readonly Question[]): ReturnType<ConstructorParameters<typeof RemoteHistory>[0]> {
    const reply = decodeReply(await this.answer(questions), questions);
    if (reply.kind === 'answered') return reply.answers;
    throw new HistoryQueryError(reply.kind === 'inParts' ? 'an answer in parts' : reply.text);
  }

  #gather(stream: string, messages: readonly HistoryMessage[], from: number): void | Promise<void> {
    this.#check();
    for (let i = from; i < messages.length; i++) {
      const message = messages[i] as HistoryMessage;
      if (this.#gathering?.fits(message) !== true) {
        this.#handOver();
        if (this.#inTransitBytes >= IN_TRANSIT_BYTES_MAX) return this.#whenRoom().then(() => this.#gather(stream, messages, i));
        this.#gathering = this.#begin(chunkBytesOf(message));
      }
      this.#gathering?.add(stream, message);
    }
  }

  #begin(bytes: number): ChunkWriter {
    this.#gatherTimer = setTimeout(() => this.#handOver(), GATHER_MS);
    if (bytes > CHUNK_BYTES) return new ChunkWriter(new ArrayBuffer(bytes));
    return new ChunkWriter(this.#free.pop() ?? new ArrayBuffer(CHUNK_BYTES));
  }

  #handOver(): void {
    const gathered = this.#gathering;
    if (gathered === undefined) return;
    clearTimeout(this.#gatherTimer);
    this.#gathering = undefined;
    const { buffer: chunk, used, streams } = gathered;
    this.#inTransitBytes += chunk.byteLength;
    this.#sent++;
    this.#send({ kind: 'take', chunk, used, streams }, [chunk]);
  }

  #whenRoom(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#room = { resolve, reject };
    });
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'opened':
        this.#moveTo(message.positions);
        this.#opened?.resolve();
        return;
      case 'committed':
        this.#moveTo(message.positions);
        return;
      case 'taken':
        this.#comeBack(message.chunk);
        return;
      case 'answer':
        this.#answers.get(message.id)?.resolve(message.reply);
        this.#answers.delete(message.id);
        return;
      case 'flushed':
        this.#flushes.get(message.id)?.resolve();
        this.#flushes.delete(message.id);
        return;
      case 'queryFailed':
        this.#listener.onQueryFailure?.(unpackError(message.error), message.query);
        return;
      case 'failed':
        this.#fail(unpackError(message.error));
    }
  }

  #moveTo(positions: Readonly<Record<string, number>>): void {
    for (const [stream, position] of Object.entries(positions)) this.#positions.set(stream, position);
  }

  #comeBack(chunk: ArrayBuffer): void {
    this.#taken++;
    this.#inTransitBytes -= chunk.byteLength;
    if (chunk.byteLength === CHUNK_BYTES) this.#free.push(chunk);
    this.#room?.resolve();
    this.#room = undefined;
    while ((this.#takenIn[0]?.chunk ?? Number.POSITIVE_INFINITY) <= this.#taken) this.#takenIn.shift()?.resolve();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw new HistoryThreadError('the history is closed');
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#gatherTimer);
    this.#gathering = undefined;
    this.#settle(error);
    this.#listener.onFailure?.(error);
  }

  /** Nobody waits for a thread that does not answer any more. */
  #settle(error: Error): void {
    const waiting = [this.#opened, this.#room, ...this.#takenIn, ...this.#answers.values(), ...this.#flushes.values()];
    this.#opened = undefined;
    this.#room = undefined;
    this.#takenIn = [];
    this.#answers.clear();
    this.#flushes.clear();
    for (const one of waiting) one?.reject(error);
  }
}
