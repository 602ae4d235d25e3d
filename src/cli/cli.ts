// The command line: one table of commands, parsed by node:util. Commands are loaded when they are called, so that the
// small ones are quick.
import { parseArgs } from 'node:util';
import { ConfigError, describeSettings, packageVersion } from '../config/config.ts';
import { CLUSTER_OPTIONS } from './clusterOptions.ts';
import { type CliArgs, type CliCommand, type CliIo, CONFIG_OPTIONS, configOf, textOption, UsageError } from './command.ts';

const BRIEF = { type: 'boolean', short: 'b', help: 'text for reading instead of JSON; what is empty or zero is left out' } as const;

export const COMMANDS: readonly CliCommand[] = [
  {
    name: 'start',
    summary: 'run the exchange until SIGINT or SIGTERM',
    options: {
      ...CONFIG_OPTIONS,
      host: { type: 'string', value: '<address>', help: 'address to listen on' },
      port: { type: 'string', short: 'p', value: '<port>', help: 'port to listen on; 0 = any free one' },
      role: {
        type: 'string',
        short: 'r',
        value: '<roles>',
        help: 'what this process does, over NATS: all, or some of acquiring,admin,settlement,match,kline,push,history',
      },
    },
    run: async (args, io) => {
      const { start } = await import('./start.ts');
      const roles = textOption(args, 'role');
      const listen = {
        'http.host': textOption(args, 'host'),
        'http.port': textOption(args, 'port'),
        roles,
        // A role is one of several processes'.
        ...(roles === undefined ? {} : { mode: 'distributed' }),
      };
      return start(configOf(args, io, listen), printer(io));
    },
  },
  {
    name: 'cluster keys',
    summary: 'certificates and passwords for nats-servers and processes of development, into a folder',
    options: { dir: { type: 'string', short: 'd', value: '<dir>', help: 'folder to make; secrets unless said' } },
    run: async (args, io) => (await import('./cluster.ts')).clusterKeys(textOption(args, 'dir') ?? 'secrets', io),
  },
  {
    name: 'cluster',
    summary: 'for development: three nats-servers and sedax processes of every role on this machine, until SIGINT or SIGTERM',
    options: CLUSTER_OPTIONS,
    run: async (args, io) => (await import('./cluster.ts')).cluster(args, io),
  },
  {
    name: 'decode',
    summary: 'a step of the log on stdin (msgpack) to JSON lines, one an entry',
    options: { base64: { type: 'boolean', help: 'stdin is base64, one step a line' }, brief: BRIEF },
    run: async (args, io) => (await import('./decode.ts')).decode(args, io),
  },
  {
    name: 'tail',
    summary: 'the newest entries of the logs in a data folder, or of NATS, as JSON lines; the exchange may be running',
    positionals: '[topic | stream ...]',
    options: {
      ...CONFIG_OPTIONS,
      brief: BRIEF,
      follow: { type: 'boolean', short: 'f', help: 'go on with the entries to come' },
      steps: { type: 'string', short: 'n', value: '<count>', help: 'steps of each stream to begin with; 10 unless said' },
      from: { type: 'string', value: '<position>', help: 'position in each stream to begin with; 1 = everything' },
      symbol: { type: 'string', value: '<symbol>', help: 'only steps of this symbol, and of several at once' },
      subject: { type: 'string', short: 's', value: '<filter>', help: "only these subjects: 'spot.*.*.*.BTCUSDT'" },
      nats: { type: 'string', value: '<servers>', help: 'read from NATS instead: host:port, several separated by commas' },
    },
    run: async (args, io) => {
      const servers = textOption(args, 'nats');
      const distributed = servers === undefined ? {} : { mode: 'distributed', 'nats.servers': servers };
      return (await import('./tail.ts')).tail(configOf(args, io, distributed), args, io);
    },
  },
  {
    name: 'verify',
    summary: 'check every invariant of the logs in a data folder; 0 = all hold',
    options: {
      ...CONFIG_OPTIONS,
      acknowledged: { type: 'string', value: '<file>', help: 'JSON {orders, cancelled}: order ids clients were told of' },
      'after-cut': { type: 'boolean', help: 'read what a power cut left with durability none; verify does it by itself' },
    },
    run: async (args, io) => {
      const { verify } = await import('./verify.ts');
      const acknowledgedFile = textOption(args, 'acknowledged');
      const afterCut = args.options['after-cut'] === true;
      return verify(configOf(args, io), { afterCut, ...(acknowledgedFile === undefined ? {} : { acknowledgedFile }) }, printer(io));
    },
  },
  {
    name: 'replay',
    summary: "a recorded order flow through an exchange of its own, against the venue's answers; 0 = exactly alike",
    positionals: '<recording>',
    options: {
      set: CONFIG_OPTIONS.set,
      format: { type: 'string', value: '<format>', help: 'of the recording; coinbase-full is the one there is' },
    },
    run: async (args, io) => {
      const format = textOption(args, 'format') ?? 'coinbase-full';
      if (format !== 'coinbase-full') throw new UsageError(`--format: must be coinbase-full, not ${format}`);
      const [file] = args.positionals;
      if (file === undefined || args.positionals.length > 1) throw new UsageError('name one recording (Coinbase full channel, .gz or not)');
      const { replay } = await import('./replay.ts');
      return replay(file, (settings) => configOf(args, io, settings), printer(io));
    },
  },
  {
    name: 'history rebuild',
    summary: 'fill the queryable past of a data folder again from its logs; the exchange must not be running',
    options: CONFIG_OPTIONS,
    run: async (args, io) => {
      const { rebuildHistory } = await import('./rebuildHistory.ts');
      return rebuildHistory(configOf(args, io), printer(io));
    },
  },
  {
    name: 'history copy',
    summary: 'copy the queryable past of a data folder to a new folder, for another history process; the exchange may be running',
    positionals: '<folder>',
    options: CONFIG_OPTIONS,
    run: async (args, io) => {
      const [to] = args.positionals;
      if (to === undefined || args.positionals.length > 1) throw new UsageError('name one folder: the history of the new data folder');
      const { copyHistoryOf } = await import('./copyHistory.ts');
      return copyHistoryOf(configOf(args, io), to, printer(io));
    },
  },
  {
    name: 'secrets new-key',
    summary: "a new key to seal the API keys' secrets with; POST /admin/v1/secrets/rotate then seals them",
    options: CONFIG_OPTIONS,
    run: async (args, io) => (await import('./secrets.ts')).newSecretsKey(configOf(args, io), io),
  },
];

function printer(io: CliIo): (line: string) => void {
  return (line) => io.write(`${line}\n`);
}

const GLOBAL_HELP = 'sedax --help lists the commands and every setting';

/** Resolves with the exit code. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const [first = '--help'] = argv;
  if (first === '--version' || first === '-v') {
    io.write(`${packageVersion()}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    io.write(help());
    return 0;
  }
  const command = COMMANDS.find(({ name }) => name === first || name === argv.slice(0, 2).join(' '));
  if (command === undefined) {
    io.complain(`sedax: no such command: ${argv.slice(0, 2).join(' ')} (${GLOBAL_HELP})`);
    return 2;
  }
  try {
    const args = parse(command, argv.slice(command.name.split(' ').length));
    if (args.options.help === true) {
      io.write(helpOf(command));
      return 0;
    }
    return await command.run(args, io);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    for (const line of error.message.split('\n')) io.complain(`sedax ${command.name}: ${line}`);
    if (error instanceof UsageError) io.complain(`sedax ${command.name} --help says more`);
    return 2;
  }
}

function parse(command: CliCommand, argv: readonly string[]): CliArgs {
  const options = Object.entries(command.options).map(([name, { type, short, multiple }]) => [
    name,
    { type, multiple: multiple ?? false, ...(short === undefined ? {} : { short }) },
  ]);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...Object.fromEntries(options), help: { type: 'boolean', short: 'h' } },
      allowPositionals: command.positionals !== undefined,
    });
    return { options: values, positionals };
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError((error as Error).message);
  }
}

function help(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const commands = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n');
  return `sedax ${packageVersion()}: a spot exchange

usage: sedax <command> [options]; sedax <command> --help

${commands}

Settings, from the weakest: the defaults below, config/<mode>.json of the package, a JSON file (--config, SEDAX_CONFIG), the
environment, the command line (--set key=value).

${describeSettings()}
`;
}

function helpOf({ name, summary, positionals, options }: CliCommand): string {
  const rows = Object.entries(options).map(([option, { short, value, multiple, help: text }]) => {
    const names = `${short === undefined ? '    ' : `-${short}, `}--${option}${value === undefined ? '' : ` ${value}`}`;
    return [names, multiple === true ? `${text}; may be repeated` : text] as const;
  });
  const width = Math.max(0, ...rows.map(([names]) => names.length));
  const usage = ['usage: sedax', name, rows.length > 0 ? '[options]' : '', positionals ?? ''].filter((part) => part !== '');
  return `${usage.join(' ')}

${summary}
${rows.map(([names, text]) => `\n  ${names.padEnd(width)}  ${text}`).join('')}
`;
}
