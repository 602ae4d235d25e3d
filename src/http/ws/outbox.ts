// The writer of one WebSocket. In: frames encoded once and shared by all who get them. Out: bytes on the socket, what one
// turn of the event loop produced in one write. Bounded: a peer that does not read is dropped with a reason, so that it
// costs the venue at most bufferedBytesMax and nobody else anything. Must not block, throw or keep frames of its own.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

export interface OutboxLimits {
  /** Bytes waiting for the peer to read; the frame that would exceed it drops the peer. */
  readonly bufferedBytesMax: number;
  /** How long a peer has to take the close frame before its socket is destroyed. */
  readonly closeTimeoutMs: number;
}

/** A whole text frame as it goes over the wire: unmasked, so the same bytes serve every subscriber. */
export type Frame = Buffer;

/** RFC 6455 5.2: final text frame, or the continuation bits of the length field. */
const FINAL_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

export function textFrame(text: string): Frame {
  const length = Buffer.byteLength(text);
  const header = length < LENGTH_16 ? 2 : length < 65536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = FINAL_TEXT;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}

/** Close codes the venue ends a connection with; the reason says the rest. */
export const CloseCode = {
  GOING_AWAY: 1001,
  POLICY: 1008,
  MESSAGE_TOO_BIG: 1009,
  INTERNAL: 1011,
  /** The peer may connect again: it was too slow, or the venue is full. */
  TRY_AGAIN_LATER: 1013,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

export class Outbox {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #limits: OutboxLimits;
  #isCorked = false;
  #closing = false;

  /** `socket` is the connection `webSocket` runs on; compression must be off. */
  constructor(webSocket: WebSocket, socket: Duplex, limits: OutboxLimits) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return !this.#closing && this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Bytes the peer has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** False when the peer is gone, or was too slow and is dropped by this call. */
  send(frame: Frame): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.writableLength + frame.length > this.#limits.bufferedBytesMax) {
      this.close(CloseCode.TRY_AGAIN_LATER, 'slow reader: too much data is waiting');
      return false;
    }
    if (!this.#isCorked) this.#cork();
    this.#socket.write(frame);
    return true;
  }

  sendText(text: string): boolean {
    return this.send(textFrame(text));
  }

  /** Sends what waits, then the close frame; destroys the socket when the peer does not take them in time. */
  close(code: CloseCode, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#webSocket.close(code, reason);
    const timer = setTimeout(() => this.#webSocket.terminate(), this.#limits.closeTimeoutMs);
    timer.unref();
    this.#webSocket.once('close', () => clearTimeout(timer));
  }

  /** Outboxes that hold back what they wrote in this turn of the event loop. */
  static readonly #corked: Outbox[] = [];

  #cork(): void {
    this.#isCorked = true;
    this.#socket.cork();
    if (Outbox.#corked.push(this) === 1) setImmediate(Outbox.#flush);
  }

  static #flush(): void {
    for (const outbox of Outbox.#corked) {
      outbox.#isCorked = false;
      outbox.#socket.uncork();
    }
    Outbox.#corked.length = 0;
  }
}
