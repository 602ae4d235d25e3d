// A venue of many real processes over a real three-node cluster, for tests that kill parts of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamBus } from '../../src/bus/jetstream/jetStreamBus.ts';
import { NatsCluster, type NatsClusterOptions } from '../../src/support/natsCluster.ts';
import { NatsServer, type NatsServerOptions } from '../../src/support/natsServer.ts';
import { adminRequest, NativeClient } from '../e2e/nativeClient.ts';
import { SedaxProcess } from '../e2e/sedaxProcess.ts';

export const ADMIN_TOKEN = 'operator-of-the-tests-0123456789';

export interface ClusterHealth {
  readonly status: string;
  readonly stages: readonly { readonly stage: string; readonly lag: number }[];
  readonly streams: readonly { readonly stream: string }[];
  readonly cluster: {
    readonly members: readonly { readonly id: string; readonly roles: readonly string[] }[];
    readonly owners: readonly { readonly stream: string; readonly epoch: number; readonly writer: string }[];
    readonly problems: readonly string[];
  };
}

interface Nats {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const newDir = (): string => mkdtempSync(join(tmpdir(), 'sedax-venue-'));

export class ClusterVenue<N extends Nats = Nats> {
  readonly nats: N;
  readonly replicas: number;
  readonly partitions: number;
  readonly #dir: string;
  readonly processes = new Map<string, SedaxProcess>();
  readonly ended = new Map<string, string>();

  private constructor(nats: N, replicas: number, partitions: number, dir: string) {
    this.nats = nats;
    this.replicas = replicas;
    this.partitions = partitions;
    this.#dir = dir;
  }

  /** Over a cluster of three servers. */
  static async start(partitions: number, options: NatsClusterOptions = {}): Promise<ClusterVenue<NatsCluster>> {
    const nats = await NatsCluster.start(options);
    return new ClusterVenue(nats, 3, partitions, newDir());
  }

  /** Over one server: quicker, where no server is to fail. */
  static async startOnOne(
    partitions: number,
    options: NatsServerOptions = {},
  ): Promise<ClusterVenue<Nats & { readonly server: NatsServer }>> {
    const server = await NatsServer.start(options);
    return new ClusterVenue({ urls: [server.url], server, stop: () => server.stop() }, 1, partitions, newDir());
  }

  /** What every process has to agree on. */
  get env(): Readonly<Record<string, string>> {
    return {
      SEDAX_NATS_SERVERS: this.nats.urls.join(','),
      SEDAX_NATS_REPLICAS: String(this.replicas),
      SEDAX_NATS_FATAL_CHECKS: '',
      SEDAX_PIPELINE_ACCOUNT_PARTITIONS: String(this.partitions),
      SEDAX_PIPELINE_MARKET_PARTITIONS: String(this.partitions),
    };
  }

  /** A process by name; started again under the same name it keeps its data folder. */
  async add(name: string, roles: string, env: Readonly<Record<string, string>> = {}): Promise<SedaxProcess> {
    const process = await SedaxProcess.start(join(this.#dir, name), {
      SEDAX_MODE: 'distributed',
      SEDAX_ROLES: roles,
      SEDAX_PROCESS: name,
      SEDAX_HTTP_HOST: '127.0.0.1',
      SEDAX_LOG_LEVEL: 'info',
      SEDAX_LOG_FORMAT: 'json',
      SEDAX_ADMIN_TOKEN: ADMIN_TOKEN,
      SEDAX_SECRETS_KEY: '7'.repeat(64),
      ...this.env,
      ...env,
    });
    this.processes.set(name, process);
    void process.exited.then((code) => {
      // Not told to: whoever looks for it learns why it is gone.
      if (this.processes.get(name) === process)
        this.ended.set(name, `${name} ended with ${code}:\n${process.output.join('').slice(-4_000)}`);
    });
    return process;
  }

  /** Throws with what it said last when a process ended by itself. */
  expectAlive(): void {
    for (const said of this.ended.values()) throw new Error(said);
  }

  process(name: string): SedaxProcess {
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`no process ${name}`);
    return process;
  }

  async kill(name: string): Promise<void> {
    const process = this.process(name);
    this.processes.delete(name);
    await process.kill();
  }

  async stop(name: string): Promise<number | null> {
    const process = this.process(name);
    this.processes.delete(name);
    return process.stop();
  }

  async health(name: string): Promise<ClusterHealth> {
    const response = await fetch(`${this.process(name).url}/api/spot/health`);
    return (await response.json()) as ClusterHealth;
  }

  /** The process whose writes of the stream another process saw last. */
  async owner(stream: string, seenBy: string): Promise<string | undefined> {
    return (await this.health(seenBy)).cluster.owners.find((owner) => owner.stream === stream)?.writer;
  }

  async admin(edge: string, method: string, path: string, body?: unknown) {
    return adminRequest(this.process(edge).url, ADMIN_TOKEN, method, path, body);
  }

  /** An account with plenty of everything, and a key for it. */
  async account(edge: string, name: string): Promise<{ readonly accountId: number; readonly key: { apiKey: string; secret: string } }> {
    const { body: account } = await this.admin(edge, 'POST', '/accounts', { name });
    const { accountId } = account;
    for (const asset of ['BTC', 'USDT', 'ETH']) {
      const deposit = { requestId: `${name}-${asset}`, asset, amount: '1000000' };
      const { status, body } = await this.admin(edge, 'POST', `/accounts/${accountId}/deposits`, deposit);
      if (status !== 200 && status !== 201) throw new Error(JSON.stringify(body));
    }
    const { body: key } = await this.admin(edge, 'POST', `/accounts/${accountId}/api-keys`, { kind: 'HMAC' });
    return { accountId, key: { apiKey: key.apiKey, secret: key.secret } };
  }

  /** Edges learn of keys from the log: resolves when this one has. */
  async knows(edge: string, key: { readonly apiKey: string; readonly secret: string }): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if ((await this.client(edge, key).request('GET', '/api/spot/user/account')).status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${edge} does not know the key ${key.apiKey}`);
  }

  client(edge: string, key: { readonly apiKey: string; readonly secret: string }): NativeClient {
    return new NativeClient(this.process(edge).url, key);
  }

  bus(name: string): Promise<JetStreamBus> {
    return JetStreamBus.connect({ servers: this.nats.urls, name, replicas: this.replicas });
  }

  async close(): Promise<void> {
    const processes = [...this.processes.values()];
    this.processes.clear();
    await Promise.all(processes.map((process) => process.kill()));
    await this.nats.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
