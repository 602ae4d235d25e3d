// `sedax cluster`: the topology of docker-compose.yml as processes of this machine: three nats-servers as configured for
// production, and as many sedax processes a role as wanted. For development; ends with Ctrl-C.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ROLES, type Role, servesClients } from '../actors/roles.ts';
import { PACKAGE_DIR } from '../config/config.ts';
import { NamedProcess } from '../support/namedProcess.ts';
import { NatsCluster } from '../support/natsCluster.ts';
import { ensureNatsKeys, type NatsKeys } from '../support/natsKeys.ts';
import { freePort } from '../support/natsServer.ts';
import { DIR, PORT } from './clusterOptions.ts';
import { type CliArgs, type CliIo, textOption, UsageError } from './command.ts';

/** Stops of one process after another finish well before this. */
const STOP_MS = 30_000;
const COUNT_MAX = 64;
/** As npm start and the image do: what is in flight stays in the young generation (docs/decisions/0030-batches.md). */
const NODE_FLAGS = ['--max-semi-space-size=64'];

interface Topology {
  readonly dir: string;
  /** First HTTP port; 0 = any. */
  readonly port: number;
  readonly natsPort: number | undefined;
  readonly counts: readonly (readonly [Role, number])[];
  /** 'key=value' for every process. */
  readonly set: readonly string[];
}

export interface RunningCluster {
  readonly nats: NatsCluster;
  readonly processes: readonly NamedProcess[];
  /** Where clients connect. */
  readonly urls: readonly string[];
  /** The sedax processes first, so that each hands over what it has, then the servers. */
  stop(): Promise<void>;
}

/** Runs until SIGINT or SIGTERM; resolves with the exit code. */
export async function cluster(args: CliArgs, io: CliIo): Promise<number> {
  const topology = topologyOf(args);
  const print = (line: string): void => void io.write(`${line}\n`);
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
  let running: RunningCluster;
  try {
    running = await startCluster(topology, print);
  } catch (error) {
    io.complain(`sedax cluster could not start: ${shortly(error as Error)}`);
    return 1;
  }
  const signal = await asked;
  print(`${signal}: stopping: sedax first, then the nats-servers; once more ends at once`);
  const again = new Promise<number>((resolve) => {
    for (const one of ['SIGINT', 'SIGTERM'] as const) process.once(one, () => resolve(130));
  });
  const code = await Promise.race([again, running.stop().then(() => 0)]);
  if (code !== 0) killAll(running);
  print(code === 0 ? `stopped; the data is in ${topology.dir}` : 'ended at once');
  return code;
}

/** Of a nats-server's log what it died of; everything of other errors. */
function shortly({ message }: Error): string {
  const mark = '[FTL] ';
  const died = message.split('\n').filter((line) => line.includes(mark));
  return died.length === 0 ? message : died.map((line) => `nats-server: ${line.slice(line.indexOf(mark) + mark.length)}`).join('; ');
}

/** The keys alone: for docker compose. */
export async function clusterKeys(dir: string, io: CliIo): Promise<number> {
  const keys = await ensureNatsKeys(resolve(dir));
  io.write(`certificates and passwords for development: ${resolve(dir)}\n  authority ${keys.caFile}\n`);
  return 0;
}

function topologyOf(args: CliArgs): Topology {
  const counts = ROLES.map((role) => [role, number(args, role, 0, COUNT_MAX) ?? 1] as const);
  const alone = counts.find(([role, count]) => count === 0 && role !== 'push' && role !== 'history' && role !== 'kline');
  if (alone !== undefined) throw new UsageError(`--${alone[0]}: no exchange without it`);
  return {
    dir: resolve(textOption(args, 'dir') ?? DIR),
    port: number(args, 'port', 0, 65_535) ?? PORT,
    natsPort: number(args, 'nats-port', 1, 65_000),
    counts,
    set: (args.options.set ?? []) as readonly string[],
  };
}

function number(args: CliArgs, name: string, least: number, most: number): number | undefined {
  const text = textOption(args, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < least || value > most)
    throw new UsageError(`--${name}: must be from ${least} to ${most}, not ${text}`);
  return value;
}

export async function startCluster(topology: Topology, print: (line: string) => void): Promise<RunningCluster> {
  const { dir, natsPort, counts } = topology;
  const keys = await ensureNatsKeys(join(dir, 'keys'));
  const nats = await NatsCluster.start({
    dir: join(dir, 'nats'),
    keys,
    ownGroup: true,
    ...(natsPort === undefined ? {} : { firstPort: natsPort }),
  });
  for (const [i, { url, monitoringUrl, pid }] of nats.servers.entries()) {
    print(`n${i}  nats-server, pid ${pid}: clients ${url}, monitoring ${monitoringUrl}`);
  }
  print(`NATS CLI: set -a; . ${writeOperator(dir, nats, keys)}; set +a; nats stream report`);

  const names = counts.flatMap(([role, count]) => Array.from({ length: count }, (_, i) => [role, `${role}-${i + 1}`] as const));
  const width = Math.max(...names.map(([, name]) => name.length));
  const processes: NamedProcess[] = [];
  const urls: string[] = [];
  let nextPort = topology.port;
  for (const [role, name] of names) {
    const isEdge = servesClients(new Set([role]));
    const port = topology.port === 0 || !isEdge ? await freePort() : nextPort++;
    const url = `http://127.0.0.1:${port}`;
    if (isEdge) urls.push(url);
    const settings = ['start', '--role', role, '--port', String(port), ...topology.set.flatMap((one) => ['--set', one])];
    const args = [...NODE_FLAGS, join(PACKAGE_DIR, 'bin', 'sedax.js'), ...settings];
    const env = environmentOf(role, name, dir, nats, keys);
    const ownProcess = new NamedProcess({ name, args, env, onLine: (line) => print(`${name.padEnd(width)} | ${line}`) });
    processes.push(ownProcess);
    print(`${name.padEnd(width)} | pid ${ownProcess.pid}${isEdge ? `: ${url}` : `: health ${url}/api/spot/health`}`);
  }
  return {
    nats,
    processes,
    urls,
    stop: async () => {
      await Promise.all(processes.map((one) => one.stop(STOP_MS)));
      await nats.shutDown();
    },
  };
}

function environmentOf(role: Role, name: string, dir: string, nats: NatsCluster, keys: NatsKeys): Record<string, string> {
  return {
    SEDAX_PROCESS: name,
    SEDAX_HTTP_HOST: '127.0.0.1',
    SEDAX_DATA_DIR: join(dir, name),
    SEDAX_NATS_SERVERS: nats.urls.join(','),
    SEDAX_NATS_MONITORING_URLS: nats.monitoringUrls.join(','),
    SEDAX_NATS_USER: role,
    SEDAX_NATS_PASSWORD: keys.passwords[role],
    SEDAX_NATS_TLS_CA_FILE: keys.caFile,
    ...(servesClients(new Set([role])) ? { SEDAX_SECRETS_KEY: keys.secretsKey, SEDAX_ADMIN_TOKEN: keys.adminToken } : {}),
  };
}

/** What the NATS CLI reads from its environment; `sedax tail` too. */
function writeOperator(dir: string, nats: NatsCluster, keys: NatsKeys): string {
  const file = join(dir, 'operator.env');
  const values: Readonly<Record<string, string>> = {
    NATS_URL: nats.urls.join(','),
    NATS_USER: 'operator',
    NATS_PASSWORD: keys.passwords.operator,
    NATS_CA: keys.caFile,
    SEDAX_MODE: 'distributed',
    SEDAX_NATS_SERVERS: nats.urls.join(','),
    SEDAX_NATS_USER: 'operator',
    SEDAX_NATS_PASSWORD: keys.passwords.operator,
    SEDAX_NATS_TLS_CA_FILE: keys.caFile,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

function killAll({ processes, nats }: RunningCluster): void {
  for (const pid of [...processes, ...nats.servers].map((one) => one.pid)) {
    try {
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    } catch {
      // It was gone already.
    }
  }
}
