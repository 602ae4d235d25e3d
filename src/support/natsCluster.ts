// A cluster of real nats-servers as child processes, for development and tests: started together, killed, hung, started again
// with or without what they had stored. Never used in production.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envOfPassword, type NatsKeys, type NatsUser } from './natsKeys.ts';
import { freePort, NatsServer } from './natsServer.ts';

export interface NatsClusterOptions {
  /** @default 3 */
  readonly size?: number;
  /** Where each server keeps a folder of its own. @default a new temporary folder, removed by stop() */
  readonly dir?: string;
  /** Every write reaches the disk before it is acknowledged. @default false: tests are in a hurry */
  readonly syncAlways?: boolean;
  /** Runs on config/nats/server.conf, as production does: TLS, users, fsync. */
  readonly keys?: NatsKeys;
  /** Ports for clients, this one and those behind it. @default any free ones */
  readonly firstPort?: number;
  /** In process groups of their own, so that Ctrl-C does not reach them. @default false */
  readonly ownGroup?: boolean;
  /** The port by which one server reaches another's route port, for tests that come between them. @default the port itself */
  readonly through?: (from: number, to: number, routePort: number) => Promise<number>;
}

const READY_TIMEOUT_MS = 60_000;

const SHIPPED = fileURLToPath(new URL('../../config/nats/server.conf', import.meta.url));

async function startServer(i: number, dir: string, routePorts: readonly number[], options: NatsClusterOptions): Promise<NatsServer> {
  const { keys, firstPort, ownGroup = false, syncAlways = false, through } = options;
  const port = firstPort === undefined ? await freePort() : firstPort + i;
  const routePort = routePorts[i]!;
  if (keys === undefined) {
    const ways = await Promise.all(routePorts.map((to, j) => (through === undefined || j === i ? to : through(i, j, to))));
    const cluster = { server: `n${i}`, routePort, routePorts: ways, isolated: through !== undefined };
    return NatsServer.start({ dir, port, ownGroup, syncAlways, cluster });
  }
  const monitorPort = await freePort();
  const env: Record<string, string> = {
    NATS_NAME: `n${i}`,
    NATS_PORT: String(port),
    NATS_MONITOR: `127.0.0.1:${monitorPort}`,
    NATS_ROUTE: `127.0.0.1:${routePort}`,
    NATS_ROUTES: `[${routePorts.map((one) => `nats://127.0.0.1:${one}`).join(', ')}]`,
    NATS_STORE: dir,
    NATS_CERT: keys.certFile,
    NATS_KEY: keys.keyFile,
    NATS_CA: keys.caFile,
  };
  for (const [user, password] of Object.entries(keys.passwords)) env[envOfPassword(user as NatsUser)] = password;
  return NatsServer.start({ dir, port, ownGroup, config: { file: SHIPPED, monitorPort, env } });
}

export class NatsCluster {
  /** n0, n1, n2: as their monitoring and the NATS CLI name them. */
  readonly servers: readonly NatsServer[];
  readonly #dir: string;
  readonly #ownDir: boolean;

  private constructor(servers: readonly NatsServer[], dir: string, ownDir: boolean) {
    this.servers = servers;
    this.#dir = dir;
    this.#ownDir = ownDir;
  }

  /** Resolves when every server has a leader to follow: streams can be made. */
  static async start(options: NatsClusterOptions = {}): Promise<NatsCluster> {
    const { size = 3 } = options;
    const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sedax-nats-cluster-'));
    const routePorts: number[] = [];
    for (let i = 0; i < size; i++) routePorts.push(await freePort());
    const started = await Promise.allSettled(
      routePorts.map((_, i) => {
        const own = join(dir, `n${i}`);
        mkdirSync(own, { recursive: true });
        return startServer(i, own, routePorts, options);
      }),
    );
    const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const cluster = new NatsCluster(servers, dir, options.dir === undefined);
    try {
      const failed = started.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      await cluster.whenHealthy();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** host:port of every server. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  get monitoringUrls(): string[] {
    return this.servers.map(({ monitoringUrl }) => monitoringUrl);
  }

  /** By the name that JetStream gives as a leader's: 'n1'. */
  server(name: string): NatsServer {
    const found = this.servers[Number(name.slice(1))];
    if (found === undefined) throw new RangeError(`no server ${name} in a cluster of ${this.servers.length}`);
    return found;
  }

  /** Resolves when every server that runs says that it is healthy: caught up, with a leader. */
  async whenHealthy(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    for (const server of this.servers) {
      while (server.runs && !(await server.isHealthy())) {
        if (Date.now() > deadline) throw new Error(`nats-server at ${server.url} did not become healthy:\n${server.log}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** As an operator would: each ends cleanly. What is stored stays. */
  async shutDown(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.signal('SIGTERM')));
  }

  /** At once. What is stored stays when `dir` was given. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    if (this.#ownDir) rmSync(this.#dir, { recursive: true, force: true });
  }
}
