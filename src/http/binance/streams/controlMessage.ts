// What clients say on a stream socket: {"method","params","id"}. Out: a parsed message, or the error text as Binance words
// it (web-socket-streams.md, "Error Messages"), with the line and column its parser would name.
import { forEachMember, itemsOf, JsonSyntaxError, type Lexeme, plainText, rawText, scanJson } from '../jsonLexemes.ts';

export type ControlMessage =
  | {
      readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE';
      readonly streams: readonly string[];
      /** As the client wrote it, type and digits kept. */
      readonly id: string;
    }
  | { readonly method: 'LIST_SUBSCRIPTIONS'; readonly id: string }
  | { readonly method: 'SET_PROPERTY'; readonly combined: boolean; readonly id: string }
  | { readonly method: 'GET_PROPERTY'; readonly id: string };

/** A refused message: `reply` is the whole JSON text of the answer. */
export class ControlError extends Error {
  override name = 'ControlError';
  readonly reply: string;

  constructor(code: 0 | 1 | 2 | 3, msg: string, id?: string) {
    super(msg);
    this.reply = `{"code":${code},"msg":${JSON.stringify(msg)}${id === undefined ? '' : `,"id":${id}`}}`;
  }
}

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
type Method = (typeof METHODS)[number];
const METHOD_LIST = METHODS.map((method) => `\`${method}\``).join(', ');

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const INTEGER = /^-?\d{1,19}$/;
/** "Alphanumeric", and the hyphens of the UUIDs that clients send. */
const TEXT_ID = /^[A-Za-z0-9_-]{0,36}$/;

/** "line 1 column 5": the position of the character that ends at `offset`. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `line ${line} column ${offset - lineStart}`;
}

function scan(text: string): Lexeme {
  try {
    return scanJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ControlError(3, `Invalid JSON: expected value at ${position(text, Math.min(error.offset + 1, text.length))}`);
  }
}

interface Members {
  readonly method: Lexeme | undefined;
  readonly params: Lexeme | undefined;
  readonly id: Lexeme | undefined;
}

function membersOf(text: string, message: Lexeme): Members {
  const members: Record<keyof Members, Lexeme | undefined> = { method: undefined, params: undefined, id: undefined };
  if (message.kind === 'object') {
    forEachMember(text, message, (name, value) => {
      if (name === 'method' || name === 'params' || name === 'id') members[name] = value;
    });
  }
  return members;
}

function methodOf(text: string, message: Lexeme, method: Lexeme | undefined): Method {
  if (method === undefined) {
    throw new ControlError(2, `Invalid request: missing field \`method\` at ${position(text, message.end)}`);
  }
  const word = plainText(text, method);
  const known = METHODS.find((candidate) => candidate === word);
  if (known !== undefined && method.kind === 'string') return known;
  throw new ControlError(
    2,
    `Invalid request: unknown variant \`${word.slice(0, 64)}\`, expected one of ${METHOD_LIST} at ${position(text, method.end)}`,
  );
}

function idOf(text: string, id: Lexeme | undefined): string {
  if (id !== undefined) {
    const raw = rawText(text, id);
    if (id.kind === 'null') return raw;
    if (id.kind === 'string' && TEXT_ID.test(plainText(text, id))) return raw;
    if (id.kind === 'number' && INTEGER.test(raw) && BigInt(raw) <= MAX_INT64 && BigInt(raw) >= MIN_INT64) return raw;
  }
  throw new ControlError(2, 'Invalid request: request ID must be an unsigned integer');
}

function propertyOf(text: string, params: readonly Lexeme[], most: number, id: string): void {
  const name = params[0];
  if (name === undefined || name.kind !== 'string') {
    throw new ControlError(2, 'Invalid request: property name must be a string');
  }
  if (params.length > most) throw new ControlError(2, 'Invalid request: too many parameters');
  if (plainText(text, name) !== 'combined') throw new ControlError(0, 'Unknown property', id);
}

/** Throws ControlError. */
export function parseControlMessage(text: string): ControlMessage {
  const message = scan(text);
  const members = membersOf(text, message);
  const method = methodOf(text, message, members.method);
  const id = idOf(text, members.id);
  const absent = members.params === undefined || members.params.kind === 'null';
  if (!absent && members.params?.kind !== 'array') {
    throw new ControlError(2, 'Invalid request: params must be an array');
  }
  const params = absent ? [] : itemsOf(text, members.params as Lexeme);
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      if (params.some((name) => name.kind !== 'string')) {
        throw new ControlError(2, 'Invalid request: stream name must be a string');
      }
      return { method, streams: params.map((name) => plainText(text, name)), id };
    case 'LIST_SUBSCRIPTIONS':
      if (params.length > 0) throw new ControlError(2, 'Invalid request: too many parameters');
      return { method, id };
    case 'GET_PROPERTY':
      propertyOf(text, params, 1, id);
      return { method, id };
    case 'SET_PROPERTY': {
      propertyOf(text, params, 2, id);
      const value = params[1];
      if (value?.kind !== 'boolean') throw new ControlError(1, 'Invalid value type: expected Boolean');
      return { method, combined: rawText(text, value) === 'true', id };
    }
  }
}
