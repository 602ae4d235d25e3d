// `sedax tail`: the newest entries of the logs of a data folder, or of NATS, as JSON lines, and with --follow those to come.
// The exchange may be running: nothing is locked and nothing is written.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BusMessage } from '../bus/bus.ts';
import { MIXED, matchesFilter } from '../bus/subjects.ts';
import { decodeStep } from '../codec/stepCodec.ts';
import type { Config } from '../config/schema.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';
import { connectionOf } from '../openBus.ts';
import { type CliArgs, type CliIo, textOption, UsageError } from './command.ts';
import { entryLine } from './entryLine.ts';
import { JournalSource } from './journalSource.ts';

type Awaitable<T> = T | Promise<T>;

export interface LogSource {
  /** Every stream as it is now, with the positions of its oldest and newest message. */
  streams(): Awaitable<ReadonlyMap<string, { readonly first: number; readonly last: number }>>;
  /** Messages from a position on, as of the last streams(). */
  read(stream: string, from: number, limit: number): Awaitable<BusMessage[]>;
  close(): Promise<void>;
}

export interface TailOptions {
  /** Names, or 'markets-*'; none = all. */
  readonly streams: readonly string[];
  /** NATS-style subject filter: 'spot.*.*.*.BTCUSDT'. */
  readonly subject: string | undefined;
  /** Topics of subjects (order, trade, balance, kline, admin); none = all. */
  readonly topics?: readonly string[];
  /** Steps of this symbol, or of several symbols at once; undefined = all. */
  readonly symbol?: string | undefined;
  /** Steps of each stream shown before those to come. */
  readonly steps: number;
  /** First position of each stream; wins over steps. */
  readonly from: number | undefined;
  /** One line of text an entry instead of JSON. */
  readonly brief: boolean;
}

/** Second words of subjects: what a person follows without knowing the streams. */
const TOPICS: readonly string[] = ['order', 'trade', 'balance', 'kline', 'admin', 'epoch'];
const READ_MAX = 256;
const POLL_MS = 100;
const NATS_POLL_MS = 300;
const DEFAULT_STEPS = 10;

export async function tail(config: Config, args: CliArgs, io: CliIo): Promise<number> {
  const options: TailOptions = {
    streams: args.positionals.filter((name) => !TOPICS.includes(name)),
    topics: args.positionals.filter((name) => TOPICS.includes(name)),
    symbol: textOption(args, 'symbol')?.toUpperCase(),
    subject: textOption(args, 'subject'),
    steps: count(args, 'steps') ?? DEFAULT_STEPS,
    from: count(args, 'from'),
    brief: args.options.brief === true,
  };
  const distributed = config.mode === 'distributed';
  const journal = join(config.dataDir, 'journal');
  if (!distributed && !existsSync(journal)) {
    io.complain(`no journal in ${config.dataDir}`);
    return 2;
  }
  let source: LogSource;
  try {
    source = distributed ? await natsSource(config) : new JournalSource(journal);
  } catch (error) {
    if (!distributed) throw error;
    io.complain((error as Error).message);
    return 2;
  }
  const pollMs = distributed ? NATS_POLL_MS : POLL_MS;
  try {
    const follow = args.options.follow === true;
    return await show(source, options, io, () => (follow ? sleep(pollMs, true) : Promise.resolve(false)));
  } finally {
    await source.close();
  }
}

/** The client is loaded when it is needed. */
async function natsSource({ nats }: Config): Promise<LogSource> {
  const { JetStreamLog } = await import('../bus/jetstream/jetStreamLog.ts');
  return JetStreamLog.connect(connectionOf(nats, 'sedax tail'));
}

function count(args: CliArgs, name: string): number | undefined {
  const text = textOption(args, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${name}: must be a whole number, not ${text}`);
  return Number(text);
}

/** Until `more` resolves with false. What is read at once is shown in the order of its time, over all streams. */
export async function show(source: LogSource, options: TailOptions, io: CliIo, more: () => Promise<boolean>): Promise<number> {
  const positions = new Map<string, number>();
  for (let isFirst = true; isFirst || (await more()); isFirst = false) {
    const known = await source.streams();
    const streams = [...known].filter(([stream]) => isWanted(stream, options.streams));
    if (isFirst && streams.length === 0) {
      io.complain(`no such stream; there are: ${[...known.keys()].join(', ')}`);
      return 2;
    }
    for (const [stream, { first, last }] of streams) {
      // A stream that comes up later is shown from its start.
      const start = isFirst ? (options.from ?? last + 1 - options.steps) : first;
      positions.set(stream, Math.max(first - 1, positions.get(stream) ?? start - 1));
    }
    while (await showSome(source, streams, positions, options, io)) {}
  }
  return 0;
}

/** False when there was nothing left. */
async function showSome(
  source: LogSource,
  streams: readonly (readonly [string, unknown])[],
  positions: Map<string, number>,
  options: TailOptions,
  io: CliIo,
): Promise<boolean> {
  const steps: { readonly message: BusMessage; readonly entries: readonly ChangeLogEntry[] }[] = [];
  let read = 0;
  for (const [stream] of streams) {
    const position = positions.get(stream) ?? 0;
    const messages = await source.read(stream, position + 1, READ_MAX);
    positions.set(stream, position + messages.length);
    read += messages.length;
    for (const message of messages) {
      if (isShown(message.subject, options)) steps.push({ message, entries: decodeStep(message.payload) });
    }
  }
  // Stable: steps of one stream stay in their order.
  steps.sort((a, b) => (a.entries[0]?.timestamp ?? 0) - (b.entries[0]?.timestamp ?? 0));
  for (const { message, entries } of steps) {
    const where = { stream: message.stream, message: message.sequence, subject: message.subject };
    io.write(entries.map((entry) => entryLine(entry, where, options.brief)).join(''));
  }
  return read > 0;
}

function isShown(subject: string, { subject: filter, topics = [], symbol }: TailOptions): boolean {
  if (filter !== undefined && !matchesFilter(filter, subject)) return false;
  if (topics.length > 0 && !topics.some((topic) => matchesFilter(`spot.${topic}.>`, subject))) return false;
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  return symbol === undefined || last === symbol || last === MIXED;
}

function isWanted(stream: string, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  return wanted.some((name) => name === stream || (name.endsWith('*') && stream.startsWith(name.slice(0, -1))));
}
