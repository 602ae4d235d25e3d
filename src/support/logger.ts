// One logger a process: lines for people on a terminal, JSON for machines elsewhere.
import pino, { type Logger } from 'pino';

export type { Logger };

export interface LoggerOptions {
  readonly level: string;
  /** 'json' or 'text'. */
  readonly format: 'json' | 'text';
}

/** Values of these keys never reach a log, wherever they stand. */
const SECRETS = [
  'secret',
  '*.secret',
  'apiKey',
  '*.apiKey',
  'authorization',
  '*.authorization',
  'req.headers',
  'signature',
  '*.signature',
  'token',
  '*.token',
];

export function makeLogger(options: LoggerOptions): Logger {
  const redact = { paths: SECRETS, censor: '[hidden]' };
  if (options.format === 'json') return pino({ level: options.level, redact, base: null });
  return pino({ level: options.level, redact, base: null }, { write: (line: string) => process.stderr.write(textLine(line)) });
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
