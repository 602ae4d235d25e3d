// A nats-server for development and tests: found, else fetched once into a cache folder, then started as a child process.
// In: PATH, the environment. Out: the path of a program; running servers. Never used in production.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export const NATS_SERVER_VERSION = '2.15.2';

const run = promisify(execFile);

/** What a nats-server logs once it takes connections. */
const READY = 'Server is ready';

/**
 * The program: NATS_SERVER, then PATH, then the cache, then `go install`, then the release archive with its checksum
 * checked. Rejects with an error that says what was tried and what to do.
 */
export async function findNatsServer(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = env.NATS_SERVER;
  if (named) {
    if (!isProgram(named)) throw new Error(`NATS_SERVER=${named} is not a program`);
    return named;
  }
  const onPath = (env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'nats-server'));
  const dir = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sedax', `nats-server-v${NATS_SERVER_VERSION}`);
  const cached = join(dir, 'nats-server');
  const found = [...onPath, cached].find(isProgram);
  if (found !== undefined) return found;
  const tried: string[] = [];
  for (const fetchInto of [installWithGo, downloadRelease]) {
    try {
      mkdirSync(dir, { recursive: true });
      await fetchInto(dir);
      if (isProgram(cached)) return cached;
    } catch (error) {
      tried.push((error as Error).message);
    }
  }
  throw new Error(
    `no nats-server: none on PATH, NATS_SERVER is not set, and it could not be fetched (${tried.join('; ')}). ` +
      `Install version ${NATS_SERVER_VERSION} (https://github.com/nats-io/nats-server/releases) and set NATS_SERVER to its path.`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Builds next to its place and moves it there, so that nobody starts half a program. */
async function installWithGo(dir: string): Promise<void> {
  const building = mkdtempSync(join(dir, 'building-'));
  try {
    const module = `github.com/nats-io/nats-server/v2@v${NATS_SERVER_VERSION}`;
    await run('go', ['install', module], { env: { ...process.env, GOBIN: building }, timeout: 600_000 });
    renameSync(join(building, 'nats-server'), join(dir, 'nats-server'));
  } catch (error) {
    throw new Error(`go install: ${(error as Error).message.split('\n')[0]}`);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

async function downloadRelease(dir: string): Promise<void> {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new Error(`no release for ${process.arch}`);
  const folder = `nats-server-v${NATS_SERVER_VERSION}-${process.platform}-${architecture}`;
  const base = `https://github.com/nats-io/nats-server/releases/download/v${NATS_SERVER_VERSION}`;
  const sums = (await download(`${base}/SHA256SUMS`)).toString();
  const archive = await download(`${base}/${folder}.tar.gz`);
  const wanted = sums
    .split('\n')
    .find((line) => line.endsWith(` ${folder}.tar.gz`))
    ?.split(' ')[0];
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== wanted) throw new Error(`${folder}.tar.gz has checksum ${actual}, the release says ${wanted}`);
  const unpacking = mkdtempSync(join(dir, 'unpacking-'));
  try {
    writeFileSync(join(unpacking, 'archive.tar.gz'), archive);
    await run('tar', ['-xzf', 'archive.tar.gz'], { cwd: unpacking });
    chmodSync(join(unpacking, folder, 'nats-server'), 0o755);
    renameSync(join(unpacking, folder, 'nats-server'), join(dir, 'nats-server'));
  } finally {
    rmSync(unpacking, { recursive: true, force: true });
  }
}

async function download(url: string): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`${url}: ${(error as Error).message}`);
  }
}

export interface NatsServerOptions {
  /** Where JetStream keeps its files. @default a new temporary folder, removed by stop() */
  readonly dir?: string;
  readonly port?: number;
  /** Every write reaches the disk before it is acknowledged. @default false: tests are in a hurry */
  readonly syncAlways?: boolean;
  /** More lines of configuration. */
  readonly extra?: string;
  /** In a process group of its own, so that Ctrl-C does not reach it. @default false */
  readonly ownGroup?: boolean;
  /** Time for it to end after SIGTERM before it is killed. @default 10000 */
  readonly stopGraceMs?: number;
  /** Instead of everything above but dir and port: a file, with the environment it is filled in from. */
  readonly config?: { readonly file: string; readonly monitorPort: number; readonly env: Readonly<Record<string, string>> };
  /**
   * Servers of a cluster: its name, this server's name, its route port and all route ports. `isolated`: its own port is not
   * gossiped, so that the others reach it by those ports alone.
   */
  readonly cluster?: {
    readonly server: string;
    readonly routePort: number;
    readonly routePorts: readonly number[];
    readonly isolated?: boolean;
  };
}

/** One with a full disk may not end by itself. */
const STOP_GRACE_MS = 10_000;

export class NatsServer {
  readonly port: number;
  readonly monitorPort: number;
  readonly #dir: string;
  readonly #ownDir: boolean;
  readonly program: string;
  readonly config: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #ownGroup: boolean;
  readonly #stopGraceMs: number;
  #child: ChildProcess | undefined;
  #log = '';

  private constructor(
    made: Pick<NatsServer, 'port' | 'monitorPort' | 'program' | 'config' | 'env'>,
    dir: string,
    options: NatsServerOptions,
  ) {
    this.program = made.program;
    this.port = made.port;
    this.monitorPort = made.monitorPort;
    this.config = made.config;
    this.env = made.env;
    this.#dir = dir;
    this.#ownDir = options.dir === undefined;
    this.#ownGroup = options.ownGroup === true;
    this.#stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS;
  }

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const program = await findNatsServer();
    const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sedax-nats-'));
    const port = options.port ?? (await freePort());
    const monitorPort = options.config?.monitorPort ?? (await freePort());
    const config = options.config?.file ?? join(dir, 'nats.conf');
    if (options.config === undefined) writeFileSync(config, configText(dir, port, monitorPort, options));
    const server = new NatsServer({ program, port, monitorPort, config, env: options.config?.env ?? {} }, dir, options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `127.0.0.1:${this.port}`;
  }

  get monitoringUrl(): string {
    return `http://127.0.0.1:${this.monitorPort}`;
  }

  /** The newest of what it has said. */
  get log(): string {
    return this.#log;
  }

  /** Neither dead nor ended; one that was stopped by SIGSTOP counts as running. */
  get runs(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Caught up with its cluster, JetStream included. */
  async isHealthy(): Promise<boolean> {
    try {
      return (await fetch(`${this.monitoringUrl}/healthz`, { signal: AbortSignal.timeout(1000) })).ok;
    } catch {
      return false;
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it (again), on the same port and the same files; resolves when it accepts connections. */
  async restart(): Promise<void> {
    const child = spawn(this.program, ['-c', this.config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.env },
      detached: this.#ownGroup,
    });
    this.#child = child;
    let said = '';
    const hear = (chunk: Buffer): void => {
      if (!said.includes(READY)) said += chunk.toString();
      this.#log = (this.#log + chunk.toString()).slice(-20_000);
    };
    child.stderr.on('data', hear);
    const deadline = Date.now() + 20_000;
    // Its word too: whoever has its port already may be the one that accepts.
    while (!said.includes(READY) || !(await accepts(this.port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`nats-server did not start:\n${this.#log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Starts it again with nothing stored, as a new machine in its place: its cluster has to give it everything. */
  async restartEmpty(): Promise<void> {
    await this.signal('SIGKILL');
    rmSync(join(this.#dir, 'jetstream'), { recursive: true, force: true });
    await this.restart();
  }

  /**
   * SIGKILL and SIGSTOP for tests of faults; SIGTERM shuts down cleanly, and kills a server that has not ended after the grace period.
   * Resolves when it is gone, at once for SIGSTOP and SIGCONT.
   */
  async signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    const grace = signal === 'SIGTERM' ? setTimeout(() => child.kill('SIGKILL'), this.#stopGraceMs) : undefined;
    await gone;
    clearTimeout(grace);
  }

  async stop(): Promise<void> {
    await this.signal('SIGKILL');
    if (this.#ownDir) rmSync(this.#dir, { recursive: true, force: true });
  }
}

function configText(dir: string, port: number, monitorPort: number, options: NatsServerOptions): string {
  const lines = [
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    'max_payload: 8MB',
    'write_deadline: "10s"',
    `jetstream { store_dir: ${JSON.stringify(dir)}${options.syncAlways ? ', sync_interval: always' : ''} }`,
  ];
  if (options.cluster !== undefined) {
    const { server, routePort, routePorts, isolated = false } = options.cluster;
    // Nobody listens on port 1.
    const advertise = isolated ? ', advertise: "127.0.0.1:1"' : '';
    const routes = routePorts.map((one) => `"nats://127.0.0.1:${one}"`).join(', ');
    lines.push(`server_name: ${JSON.stringify(server)}`);
    lines.push(`cluster { name: sedax, listen: "127.0.0.1:${routePort}", routes: [${routes}]${advertise} }`);
  }
  if (options.extra !== undefined) lines.push(options.extra);
  return `${lines.join('\n')}\n`;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const finish = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', finish(true));
    socket.once('error', finish(false));
  });
}
