// What a command of the CLI is: words, options and a function. cli.ts holds the table and parses by it.
import { envName, loadConfig } from '../config/config.ts';
import type { Config } from '../config/schema.ts';

/** The process as a command sees it; tests hand in their own. */
export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** To stdout, as it is. */
  readonly write: (text: string) => unknown;
  /** One line to stderr. */
  readonly complain: (line: string) => unknown;
}

export interface CliOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  /** What the value is, in the help: <file>. */
  readonly value?: string;
  readonly help: string;
}

export interface CliArgs {
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

export interface CliCommand {
  /** One word or two: 'start', 'history rebuild'. */
  readonly name: string;
  readonly summary: string;
  /** Names of positional arguments, as the help shows them: '[stream ...]'. */
  readonly positionals?: string;
  readonly options: Readonly<Record<string, CliOption>>;
  /** Resolves with the exit code: 0 = well, 1 = the answer is no, 2 = wrong usage. */
  readonly run: (args: CliArgs, io: CliIo) => Promise<number>;
}

/** The arguments make no sense: exit code 2, with a hint at the help. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Options of every command that reads the settings. */
export const CONFIG_OPTIONS = {
  config: { type: 'string', short: 'c', value: '<file>', help: 'JSON file with settings of your own' },
  'data-dir': { type: 'string', short: 'd', value: '<dir>', help: 'folder of the journal, the history and the keys' },
  set: { type: 'string', multiple: true, value: '<key=value>', help: 'any setting, for instance http.port=9000' },
} as const satisfies Record<string, CliOption>;

export function textOption(args: CliArgs, name: string): string | undefined {
  const value = args.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The settings; what the command line says wins over the environment. */
export function configOf(args: CliArgs, io: CliIo, more: Readonly<Record<string, string | undefined>> = {}): Config {
  const env: Record<string, string | undefined> = { ...io.env };
  const settings: Record<string, string | undefined> = { dataDir: textOption(args, 'data-dir'), ...more };
  for (const pair of (args.options.set ?? []) as readonly string[]) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--set ${pair}: write key=value`);
    settings[pair.slice(0, at)] = pair.slice(at + 1);
  }
  for (const [key, value] of Object.entries(settings)) if (value !== undefined) env[envName(key)] = value;
  const file = textOption(args, 'config');
  return loadConfig({ env, ...(file === undefined ? {} : { file }) });
}
