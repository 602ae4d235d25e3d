// What processes say to the history and it to them: plain msgpack, by position, the version of the protocol first.
//   request = [version, {stream: position}, waitMs, [question, ...]]
//   reply   = kind, then: ANSWERED [answer, ...] · IN_PARTS server, id, parts · NOT_NOW text · REFUSED text
//   answer  = rows behind true, or a text behind false: that question failed
// An answer too large for a message is held in parts by the process that gave it: [id, part] asks for one.
import { CodecError } from '../../codec/codecError.ts';
import { MsgpackReader } from '../../codec/msgpackReader.ts';
import { MsgpackWriter } from '../../codec/msgpackWriter.ts';
import { type QueryName, type Question, readAnswer, readQuestion, writeAnswer, writeQuestion } from './queryCodec.ts';

const VERSION = 1;
/** Questions in one request; who has more sends several. */
export const QUESTIONS_MAX = 1000;
const STREAMS_MAX = 10_000;

export type Positions = Readonly<Record<string, number>>;

export interface HistoryRequest {
  /** The answer reflects at least this much of each stream. */
  readonly positions: Positions;
  /** How long the history may read on until it does. */
  readonly waitMs: number;
  readonly questions: readonly Question[];
}

export type Answer = { readonly ok: true; readonly rows: unknown } | { readonly ok: false; readonly text: string };

const ReplyKind = { ANSWERED: 0, IN_PARTS: 1, NOT_NOW: 2, REFUSED: 3 } as const;

export type HistoryReply =
  | { readonly kind: 'answered'; readonly answers: readonly Answer[] }
  /** The bytes of an ANSWERED reply, cut in parts. */
  | { readonly kind: 'inParts'; readonly server: string; readonly id: number; readonly parts: number }
  /** Not yet read that far, too busy, of another version: another process, or this one later, may answer. */
  | { readonly kind: 'notNow'; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string };

/** The history understood the query and could not answer it, or did not understand it: asking again is of no use. */
export class HistoryQueryError extends Error {
  override name = 'HistoryQueryError';
}

/** The request is of a version of the protocol this process does not speak. */
export class VersionError extends Error {
  override name = 'VersionError';
}

const writer = new MsgpackWriter();
const reader = new MsgpackReader();

function write(body: () => void): Uint8Array {
  writer.begin();
  try {
    body();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return writer.finish();
}

/** Throws CodecError on arguments no query may have. */
export function encodeRequest({ positions, waitMs, questions }: HistoryRequest): Uint8Array {
  return write(() => {
    const streams = Object.entries(positions);
    writer.array(4);
    writer.int(VERSION);
    writer.map(streams.length);
    for (const [stream, position] of streams) {
      writer.string(stream);
      writer.int(position);
    }
    writer.int(waitMs);
    writer.array(questions.length);
    for (const question of questions) writeQuestion(writer, question);
  });
}

/** Throws CodecError on anything that is not a request, VersionError on one of another version. */
export function decodeRequest(bytes: Uint8Array): HistoryRequest {
  reader.begin(bytes);
  const length = reader.array();
  const version = reader.int();
  if (version !== VERSION) throw new VersionError(`this history speaks version ${VERSION} of the protocol, not ${version}`);
  if (length !== 4) throw new CodecError(`a request has 4 values, not ${length}`);
  const streams = reader.map();
  if (streams > STREAMS_MAX) throw new CodecError(`${streams} positions, at most ${STREAMS_MAX} are taken`);
  const positions: [string, number][] = [];
  for (let i = 0; i < streams; i++) positions.push([reader.string(), reader.int()]);
  const waitMs = reader.int();
  const count = reader.array();
  if (count > QUESTIONS_MAX) throw new CodecError(`${count} questions, at most ${QUESTIONS_MAX} are taken`);
  const questions: Question[] = [];
  for (let i = 0; i < count; i++) questions.push(readQuestion(reader));
  reader.finish();
  return { positions: Object.fromEntries(positions), waitMs, questions };
}

/** Throws CodecError on rows no answer may have. */
export function encodeAnswer(query: QueryName, rows: unknown): Uint8Array {
  return write(() => {
    writer.boolean(true);
    writeAnswer(writer, query, rows);
  });
}

export function encodeFailure(text: string): Uint8Array {
  return write(() => {
    writer.boolean(false);
    writer.string(text);
  });
}

export function encodeAnswered(answers: readonly Uint8Array[]): Uint8Array {
  const head = write(() => {
    writer.int(ReplyKind.ANSWERED);
    writer.array(answers.length);
  });
  return Buffer.concat([head, ...answers]);
}

export function encodeInParts(server: string, id: number, parts: number): Uint8Array {
  return write(() => {
    writer.int(ReplyKind.IN_PARTS);
    writer.string(server);
    writer.int(id);
    writer.int(parts);
  });
}

export function encodeNotNow(text: string): Uint8Array {
  return write(() => {
    writer.int(ReplyKind.NOT_NOW);
    writer.string(text);
  });
}

export function encodeRefused(text: string): Uint8Array {
  return write(() => {
    writer.int(ReplyKind.REFUSED);
    writer.string(text);
  });
}

/** Throws CodecError on anything that is not a reply to these questions. */
export function decodeReply(bytes: Uint8Array, questions: readonly Question[]): HistoryReply {
  reader.begin(bytes);
  const reply = readReply(questions);
  reader.finish();
  return reply;
}

function readReply(questions: readonly Question[]): HistoryReply {
  const kind = reader.int();
  switch (kind) {
    case ReplyKind.ANSWERED: {
      const count = reader.array();
      if (count !== questions.length) throw new CodecError(`${count} answers to ${questions.length} questions`);
      return { kind: 'answered', answers: questions.map(({ query }) => readOneAnswer(query)) };
    }
    case ReplyKind.IN_PARTS:
      return { kind: 'inParts', server: reader.string(), id: reader.int(), parts: reader.int() };
    case ReplyKind.NOT_NOW:
      return { kind: 'notNow', text: reader.string() };
    case ReplyKind.REFUSED:
      return { kind: 'refused', text: reader.string() };
    default:
      throw new CodecError(`no such reply: ${kind}`);
  }
}

function readOneAnswer(query: QueryName): Answer {
  return reader.boolean() ? { ok: true, rows: readAnswer(reader, query) } : { ok: false, text: reader.string() };
}

export function encodePartRequest(id: number, part: number): Uint8Array {
  return write(() => {
    writer.array(2);
    writer.int(id);
    writer.int(part);
  });
}

/** Throws CodecError on anything else. */
export function decodePartRequest(bytes: Uint8Array): { readonly id: number; readonly part: number } {
  reader.begin(bytes);
  if (reader.array() !== 2) throw new CodecError('a request for a part has 2 values');
  const request = { id: reader.int(), part: reader.int() };
  reader.finish();
  return request;
}
