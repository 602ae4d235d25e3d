// One logger a process: lines for people on a terminal, JSON for machines elsewhere.
import pino, { type Logger } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: string;
  /** 'json' or 'text'. */
  readonly format: 'json' | 'text';
}

/** Values of these keys never reach a log, wherever they stand. */
const SECRETS: ReadonlySet<string> = new Set([
  'secret',
  'apiKey',
  'authorization',
  'headers',
  'signature',
  'token',
  'password',
  'listenKey',
]);
/** Nothing that is logged is nested deeper; what is, is left out. */
const DEPTH_MAX = 8;

function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth > DEPTH_MAX) return '[nested too deep]';
  if (value instanceof Error) return withoutSecrets(pino.stdSerializers.err(value), depth + 1);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  const rest: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) rest[name] = SECRETS.has(name) ? '[hidden]' : withoutSecrets(inner, depth + 1);
  return rest;
}

const shown = (facts: object): Record<string, unknown> => withoutSecrets(facts) as Record<string, unknown>;

/** `write` gets whole lines; unless given, JSON goes to stdout and text to stderr. */
export function makeLogger(options: LoggerOptions, write?: (line: string) => void): Logger {
  const settings = {
    level: options.level,
    base: null,
    formatters: { log: shown },
    // What a child logger is bound to does not pass the formatter.
    redact: { paths: [...SECRETS], censor: '[hidden]' },
    // Errors are plain facts by then.
    serializers: { err: (error: unknown) => error },
  };
  if (options.format === 'json') return write === undefined ? pino(settings) : pino(settings, { write });
  const writeText = write ?? ((line: string) => process.stderr.write(line));
  return pino(settings, { write: (line: string) => writeText(textLine(line)) });
}

const levelNames: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** `12:00:00.000 warn  match-0: child rebuilt (child=BTCUSDT)`. */
function textLine(line: string): string {
  const { level, time, msg, stage, err, ...facts } = JSON.parse(line) as Record<string, unknown> & {
    err?: { message?: string; stack?: string };
  };
  const at = new Date(Number(time)).toISOString().slice(11, 23);
  const rest = Object.entries(facts).map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  const where = stage === undefined ? '' : `${String(stage)}: `;
  const what = `${where}${String(msg ?? '')}${rest.length > 0 ? ` (${rest.join(', ')})` : ''}`;
  const trace = err === undefined ? '' : `\n  ${err.stack ?? err.message ?? ''}`;
  return `${at} ${(levelNames[Number(level)] ?? '?').padEnd(5)} ${what}${trace}\n`;
}
