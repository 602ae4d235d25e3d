// A JSON scanner that keeps every value as it was written: "1e-05", "0.10" and 9007199254740993 come out as they went in.
// WS-API signatures are made over those texts, and request ids are echoed with them. Accepts exactly what JSON.parse does.

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

export interface Lexeme {
  readonly kind: JsonKind;
  /** Offsets into the message: the value is text.slice(start, end). */
  readonly start: number;
  readonly end: number;
}

export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';
  /** Offset of the character that cannot stand there; the length of the message when it ends too early. */
  readonly offset: number;

  constructor(offset: number) {
    super(`not JSON at ${offset}`);
    this.offset = offset;
  }
}

/** Values nested deeper than this are refused, so that a message cannot exhaust the stack. */
const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** Offset after the closing quote of the string whose opening quote is at `start`. */
function skipString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at = skipEscape(text, at);
    // NaN (the end of the message) fails the comparison too.
    else if (code >= 0x20) at++;
    else throw new JsonSyntaxError(at);
  }
}

function skipEscape(text: string, start: number): number {
  const letter = text[start + 1];
  if (letter === 'u') {
    for (let i = 2; i < 6; i++) if (!/[0-9a-fA-F]/.test(text[start + i] ?? '')) throw new JsonSyntaxError(start + i);
    return start + 6;
  }
  if (letter === undefined || !'"\\/bfnrt'.includes(letter)) throw new JsonSyntaxError(start + 1);
  return start + 2;
}

function scanWord(text: string, start: number, word: string, kind: JsonKind): Lexeme {
  for (let i = 1; i < word.length; i++) if (text[start + i] !== word[i]) throw new JsonSyntaxError(start + i);
  return { kind, start, end: start + word.length };
}

function scanNumber(text: string, start: number): Lexeme {
  NUMBER.lastIndex = start;
  if (!NUMBER.test(text)) throw new JsonSyntaxError(start);
  return { kind: 'number', start, end: NUMBER.lastIndex };
}

function scanValue(text: string, start: number, depth: number): Lexeme {
  switch (text.charCodeAt(start)) {
    case QUOTE:
      return { kind: 'string', start, end: skipString(text, start) };
    case OPEN_BRACE:
      return { kind: 'object', start, end: scanMembers(text, start, depth, undefined) };
    case OPEN_BRACKET:
      return { kind: 'array', start, end: scanItems(text, start, depth, undefined) };
    case 0x74:
      return scanWord(text, start, 'true', 'boolean');
    case 0x66:
      return scanWord(text, start, 'false', 'boolean');
    case 0x6e:
      return scanWord(text, start, 'null', 'null');
    default:
      return scanNumber(text, start);
  }
}

type OnMember = (name: string, value: Lexeme) => void;
type OnItem = (value: Lexeme) => void;

/** A member whose value, where it is an object, is told member by member in the same pass, before the member itself. */
export interface Inner {
  readonly name: string;
  readonly onMember: OnMember;
}

/** Offset after the closing brace of the object that opens at `start`. */
function scanMembers(text: string, start: number, depth: number, onMember: OnMember | undefined, inner?: Inner): number {
  if (depth >= MAX_DEPTH) throw new JsonSyntaxError(start);
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) throw new JsonSyntaxError(at);
    const nameEnd = skipString(text, at);
    const colon = skipSpace(text, nameEnd);
    if (text.charCodeAt(colon) !== COLON) throw new JsonSyntaxError(colon);
    const from = skipSpace(text, colon + 1);
    let value: Lexeme;
    if (onMember === undefined) value = scanValue(text, from, depth + 1);
    else {
      const name = stringBetween(text, at, nameEnd);
      value = name === inner?.name ? scanInner(text, from, depth + 1, inner.onMember) : scanValue(text, from, depth + 1);
      onMember(name, value);
    }
    at = skipSpace(text, value.end);
    const code = text.charCodeAt(at);
    if (code === CLOSE_BRACE) return at + 1;
    if (code !== COMMA) throw new JsonSyntaxError(at);
    at = skipSpace(text, at + 1);
  }
}

function scanInner(text: string, start: number, depth: number, onMember: OnMember): Lexeme {
  if (text.charCodeAt(start) !== OPEN_BRACE) return scanValue(text, start, depth);
  return { kind: 'object', start, end: scanMembers(text, start, depth, onMember) };
}

function scanItems(text: string, start: number, depth: number, onItem: OnItem | undefined): number {
  if (depth >= MAX_DEPTH) throw new JsonSyntaxError(start);
  let at = skipSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
  for (;;) {
    const value = scanValue(text, at, depth + 1);
    onItem?.(value);
    at = skipSpace(text, value.end);
    const code = text.charCodeAt(at);
    if (code === CLOSE_BRACKET) return at + 1;
    if (code !== COMMA) throw new JsonSyntaxError(at);
    at = skipSpace(text, at + 1);
  }
}

function stringBetween(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

/** The whole message as one value. Throws JsonSyntaxError. */
export function scanJson(text: string): Lexeme {
  const value = scanValue(text, skipSpace(text, 0), 0);
  const end = skipSpace(text, value.end);
  if (end < text.length) throw new JsonSyntaxError(end);
  return value;
}

/**
 * The whole message as one object, member by member in one pass; false when it is another value. Throws JsonSyntaxError,
 * perhaps after members were told. `inner`: one member's own members are told too.
 */
export function scanObject(text: string, onMember: OnMember, inner?: Inner): boolean {
  const start = skipSpace(text, 0);
  if (text.charCodeAt(start) !== OPEN_BRACE) {
    scanJson(text);
    return false;
  }
  const end = skipSpace(text, scanMembers(text, start, 0, onMember, inner));
  if (end < text.length) throw new JsonSyntaxError(end);
  return true;
}

/** Every member of an object that was scanned before, in order; names may repeat. */
export function forEachMember(text: string, object: Lexeme, onMember: OnMember): void {
  scanMembers(text, object.start, 0, onMember);
}

export function itemsOf(text: string, array: Lexeme): Lexeme[] {
  const items: Lexeme[] = [];
  scanItems(text, array.start, 0, (item) => items.push(item));
  return items;
}

/** The value as it was written. */
export function rawText(text: string, value: Lexeme): string {
  return text.slice(value.start, value.end);
}

/** The text a client means: a string without quotes and escapes, anything else as it was written. */
export function plainText(text: string, value: Lexeme): string {
  return value.kind === 'string' ? stringBetween(text, value.start, value.end) : rawText(text, value);
}
