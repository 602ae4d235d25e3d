// What the thread that asks and the history's thread say to each other, and how an error gets across.
import { HistoryFormatError, HistoryGapError, HistoryWriteError } from '../historyStore.ts';
import type { HistoryOptions } from '../openHistory.ts';

/** Goes up with every change of these messages or of chunk.ts: a thread built from other sources is refused. */
export const PROTOCOL = 1;

export interface ThreadData {
  readonly protocol: number;
  readonly store: HistoryOptions;
}

export type ToThread =
  /** Messages of the logs (chunk.ts); the buffer is the thread's until it comes back with 'taken'. */
  | { readonly kind: 'take'; readonly chunk: ArrayBuffer; readonly used: number; readonly streams: readonly string[] }
  /** Answered behind everything sent before it; the bytes are those of a request to another process's history. */
  | { readonly kind: 'ask'; readonly id: number; readonly request: Uint8Array }
  | { readonly kind: 'flush'; readonly id: number }
  /** The last one: commit, close, end. */
  | { readonly kind: 'close' };

export type Positions = Readonly<Record<string, number>>;

export type FromThread =
  /** The first one, unless it is 'failed'. */
  | { readonly kind: 'opened'; readonly positions: Positions }
  /** The store has taken in the oldest chunk sent. */
  | { readonly kind: 'taken'; readonly chunk: ArrayBuffer }
  | { readonly kind: 'committed'; readonly positions: Positions }
  | { readonly kind: 'answer'; readonly id: number; readonly reply: Uint8Array }
  | { readonly kind: 'flushed'; readonly id: number }
  | { readonly kind: 'queryFailed'; readonly query: string; readonly error: TravellingError }
  /** Nothing more is taken in or answered. */
  | { readonly kind: 'failed'; readonly error: TravellingError };

export interface TravellingError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The history's thread ended, or is not what this process expects. */
export class HistoryThreadError extends Error {
  override name = 'HistoryThreadError';
}

const KNOWN = { HistoryWriteError, HistoryGapError, HistoryFormatError } as const;

/** A clone of an Error would lose its class. */
export function packError(error: unknown): TravellingError {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack };
}

/** Of the class it had where that matters; its cause has the stack it was thrown with. */
export function unpackError({ name, message, stack }: TravellingError): Error {
  const cause = new Error(message);
  cause.name = name;
  cause.stack = stack;
  const Known = Object.hasOwn(KNOWN, name) ? KNOWN[name as keyof typeof KNOWN] : undefined;
  return Known === undefined ? new HistoryThreadError(`${name}: ${message}`, { cause }) : new Known(message, { cause });
}

/** The bytes in a buffer of their own, which may change hands: what they are a view of may be shared. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
