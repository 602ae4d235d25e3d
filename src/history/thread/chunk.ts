// Messages of the logs on their way to the history's thread, one behind the other in a buffer that changes hands: the payloads
// are copied once, as the log has them, and nothing is encoded.
//   chunk   = message, message, ...
//   message = number of its stream in the chunk (u16), bytes of the payload (u32), sequence (f64), payload
import type { HistoryMessage } from '../historyKeeper.ts';

const HEAD_BYTES = 14;
const LENGTH_AT = 2;
const SEQUENCE_AT = 6;
/** More are not told apart in two bytes. */
const STREAMS_MAX = 2 ** 16;

/** Bytes a message takes in a chunk. */
export function chunkBytesOf(message: HistoryMessage): number {
  return HEAD_BYTES + message.payload.length;
}

export class ChunkWriter {
  readonly buffer: ArrayBuffer;
  /** The streams of its messages, by number. */
  readonly streams: string[] = [];
  readonly #bytes: Buffer;
  #used = 0;

  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    this.#bytes = Buffer.from(buffer);
  }

  /** Bytes written. */
  get used(): number {
    return this.#used;
  }

  fits(message: HistoryMessage): boolean {
    return this.#used + chunkBytesOf(message) <= this.#bytes.length && this.streams.length < STREAMS_MAX;
  }

  /** What fits() said yes to. */
  add(stream: string, { sequence, payload }: HistoryMessage): void {
    const bytes = this.#bytes;
    const at = this.#used;
    bytes.writeUInt16LE(this.#numberOf(stream), at);
    bytes.writeUInt32LE(payload.length, at + LENGTH_AT);
    bytes.writeDoubleLE(sequence, at + SEQUENCE_AT);
    bytes.set(payload, at + HEAD_BYTES);
    this.#used = at + HEAD_BYTES + payload.length;
  }

  #numberOf(stream: string): number {
    const { streams } = this;
    // Messages come in runs of a stream, and streams are few.
    const number = streams.lastIndexOf(stream);
    return number >= 0 ? number : streams.push(stream) - 1;
  }
}

export interface ChunkRun {
  readonly stream: string;
  readonly messages: readonly HistoryMessage[];
}

/** What was written, in order: runs of one stream. The payloads are views of the buffer. */
export function* readChunk(buffer: ArrayBuffer, used: number, streams: readonly string[]): Iterable<ChunkRun> {
  const bytes = Buffer.from(buffer, 0, used);
  let messages: HistoryMessage[] = [];
  let number = -1;
  for (let at = 0; at < used; ) {
    const next = bytes.readUInt16LE(at);
    if (next !== number && messages.length > 0) {
      yield { stream: streams[number] as string, messages };
      messages = [];
    }
    number = next;
    const payloadAt = at + HEAD_BYTES;
    const end = payloadAt + bytes.readUInt32LE(at + LENGTH_AT);
    messages.push({ sequence: bytes.readDoubleLE(at + SEQUENCE_AT), payload: bytes.subarray(payloadAt, end) });
    at = end;
  }
  if (messages.length > 0) yield { stream: streams[number] as string, messages };
}
