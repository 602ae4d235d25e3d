// A WS-API request as text to its parts, with every parameter as it was written: the signature was made over those texts.
import { BinanceError } from '../binanceError.ts';
import { JsonSyntaxError, type Lexeme, plainText, rawText, scanObject } from '../jsonLexemes.ts';
import { duplicateValues, missing } from '../params/paramErrors.ts';
import { RawParams } from '../params/rawParams.ts';

export interface WsRequest {
  /** As the client wrote it, type and digits kept. */
  readonly id: string;
  /** Without the optional version prefix. */
  readonly method: string;
  readonly params: RawParams;
  /** The texts any of which the client may have signed, likeliest first. */
  payloads(): readonly string[];
}

/** A message that is no request; `id` is its id where it has a good one, else null. */
export class WsRequestError extends Error {
  override name = 'WsRequestError';
  readonly error: BinanceError;
  readonly id: string;

  constructor(error: BinanceError, id = 'null') {
    super(error.message, { cause: error });
    this.error = error;
    this.id = id;
  }
}

/** Longest id that is kept and echoed. */
const MAX_ID_LENGTH = 256;

function invalidJson(): WsRequestError {
  return new WsRequestError(new BinanceError(-1135, 'Invalid JSON Request'));
}

/** The parameters of a request, as they are read. */
class ReadParams {
  readonly values = new Map<string, string>();
  readonly pairs: SignedPair[] = [];
  readonly nulls: string[] = [];
  count = 0;

  add(text: string, name: string, value: Lexeme): void {
    this.count++;
    const plain = plainText(text, value);
    this.values.set(name, value.kind === 'array' ? compact(plain) : plain);
    if (name !== 'signature') this.pairs.push([name, plain]);
    if (value.kind === 'null') this.nulls.push(name);
  }
}

interface Members {
  id: Lexeme | undefined;
  method: Lexeme | undefined;
  params: Lexeme | undefined;
  /** Of `params`, where it is an object. */
  read: ReadParams;
}

function membersOf(text: string): Members {
  const members: Members = { id: undefined, method: undefined, params: undefined, read: new ReadParams() };
  let read = members.read;
  try {
    const isObject = scanObject(
      text,
      (name, value) => {
        if (name === 'params') {
          // The last one counts, here as everywhere in JSON.
          members.read = read;
          read = new ReadParams();
        }
        if (name === 'id' || name === 'method' || name === 'params') members[name] = value;
      },
      { name: 'params', onMember: (name, value) => read.add(text, name, value) },
    );
    if (isObject) return members;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  throw invalidJson();
}

function idOf(text: string, id: Lexeme | undefined): string {
  if (id === undefined) throw new WsRequestError(missing('id'));
  const isFit = id.kind === 'number' || id.kind === 'string' || id.kind === 'null';
  if (!isFit || id.end - id.start > MAX_ID_LENGTH) {
    throw new WsRequestError(new BinanceError(-1135, "Invalid 'id' in JSON request; expected an integer, a string or null."));
  }
  return rawText(text, id);
}

function methodOf(text: string, method: Lexeme | undefined, id: string): string {
  if (method === undefined) throw new WsRequestError(missing('method'), id);
  if (method.kind !== 'string') {
    throw new WsRequestError(new BinanceError(-1135, "Invalid 'method' in JSON request; expected a string."), id);
  }
  const name = plainText(text, method);
  return name.startsWith('v3/') ? name.slice(3) : name;
}

/** Arrays are read as REST reads them, without spaces; what was signed keeps them. */
function compact(array: string): string {
  return JSON.stringify(JSON.parse(array));
}

type SignedPair = readonly [name: string, text: string];

function byName(a: SignedPair, b: SignedPair): number {
  return a[0] < b[0] ? -1 : 1;
}

/** Texts that percent-encoding leaves as they are. */
const UNRESERVED = /^[A-Za-z0-9\-_.!~*'()=&]*$/;

/** Names in alphabetical order, as documented; then the values percent-encoded, as several clients sign them. */
function payloadsOf(pairs: SignedPair[]): readonly string[] {
  const signed = pairs.sort(byName);
  let plain = '';
  for (const [name, text] of signed) plain += `${plain === '' ? '' : '&'}${name}=${text}`;
  if (UNRESERVED.test(plain)) return [plain];
  const encoded = signed.map(([name, text]) => `${name}=${percentEncoded(text)}`).join('&');
  return encoded === plain ? [plain] : [plain, encoded];
}

function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // A lone surrogate has no UTF-8 form; nobody can have signed it.
    return text;
  }
}

/** Throws WsRequestError. */
export function parseWsRequest(text: string): WsRequest {
  const { id, method, params, read } = membersOf(text);
  const idText = idOf(text, id);
  const name = methodOf(text, method, idText);
  const { values, pairs, nulls, count } = read;
  if (params !== undefined && params.kind !== 'null' && params.kind !== 'object') {
    throw new WsRequestError(new BinanceError(-1135, "Invalid 'params' in JSON request; expected an object."), idText);
  }
  if (values.size < count) throw new WsRequestError(duplicateValues(), idText);
  for (const name of nulls) values.delete(name);
  return { id: idText, method: name, params: new RawParams(values), payloads: () => payloadsOf(pairs) };
}
