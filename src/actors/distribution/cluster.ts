// A process among others: a member of the exchange, with the partitions that fall to it, served to whoever asks.
import type { BusService, Membership, ReaderLag, ServiceInfo } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import type { HistoryKeeper } from '../../history/historyKeeper.ts';
import type { HistoryQueries } from '../../ports/historyQueries.ts';
import type { Partition } from '../partition.ts';
import type { PartitionHost } from '../partitionHost.ts';
import type { Pipeline } from '../pipeline.ts';
import { parseRoles, type Role } from '../roles.ts';
import type { StageLogger } from '../supervision.ts';
import { adminEndpoints, commonEndpoints, type Endpoints, settlementEndpoints } from './endpoints.ts';
import { accountInspections, bookInspections, type Inspections, inspectionJson, partitionInspections } from './inspection.ts';
import { type Member, type Movable, Placement } from './placement.ts';
import { Retention } from './retention.ts';
import { ServedPartition } from './servedPartition.ts';

export interface DistributionOptions {
  readonly roles: ReadonlySet<Role>;
  /** Of the program, for operators. */
  readonly version: string;
  /** The past as of these positions, from whoever keeps it. */
  readonly history: (positions: Readonly<Record<string, number>>) => HistoryQueries;
}

interface ServedMovable extends Movable {
  /** It runs here no more: open requests are sent on. */
  abandon(): Promise<void>;
}

const GROUP = 'sedax';
/** How long a start waits for the partitions that fall to it; another process may still be handing them over. */
const SETTLE_MS = 10_000;
const SETTLE_POLL_MS = 20;
const HISTORY_ANSWER_MS = 3000;

/** A partition's name in NATS: letters, digits, '-' and '_'. */
const idOf = (writer: string): string => writer.replace(/[^A-Za-z0-9_-]/g, '_');

export class Cluster {
  readonly #pipeline: Pipeline;
  readonly #options: DistributionOptions;
  readonly #id: string;
  readonly #writer: string;
  readonly #placement: Placement;
  readonly #movables: readonly ServedMovable[];
  #membership: Membership | undefined;
  #process: BusService | undefined;
  #retention: NodeJS.Timeout | undefined;

  constructor(pipeline: Pipeline, options: DistributionOptions, writer: string, logger: StageLogger) {
    this.#pipeline = pipeline;
    this.#options = options;
    this.#writer = writer;
    this.#id = idOf(writer);
    const { registry, config } = pipeline;
    const { accountPartitions, marketPartitions } = config;
    const { maxQueued } = config.partition;
    const settlement = { registry, accountPartitions, maxQueued };
    this.#movables = [
      this.#movable('admin', pipeline.admin, adminEndpoints),
      ...pipeline.settlement.map((host) =>
        this.#movable(
          'settlement',
          host,
          (partition) => settlementEndpoints(partition, settlement),
          (partition) => accountInspections(partition, accountPartitions),
        ),
      ),
      ...pipeline.match.map((host) =>
        this.#movable('match', host, commonEndpoints, (partition) =>
          bookInspections(partition, marketPartitions, (symbol) => registry.instrument(symbol)),
        ),
      ),
      ...pipeline.kline.map((host) => this.#movable('kline', host, commonEndpoints)),
    ].filter(({ role }) => options.roles.has(role));
    this.#placement = new Placement(this.#id, this.#movables, logger);
  }

  /** Joins and takes what falls to this process. Resolves with what it has, once it has it or the wait is over. */
  async start(): Promise<string> {
    const { roles } = this.#options;
    const info = { roles: [...roles].join(','), process: this.#writer, version: this.#options.version };
    const membership = await this.#pipeline.bus.join(GROUP, { id: this.#id, info }, this.#pipeline.config.memberTtlMs);
    this.#membership = membership;
    this.#process = await this.#serveProcess();
    membership.onChange(() => this.#placement.follow(this.members()));
    this.#placement.follow(this.members());
    const until = performance.now() + SETTLE_MS;
    while (!this.#placement.isSettled && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    this.#startRetention();
    const running = this.#movables.filter(({ isRunning }) => isRunning).map(({ name }) => name);
    return `${this.#id}, one of ${this.members().length}; works ${running.length === 0 ? 'no partition' : running.join(' ')}`;
  }

  members(): readonly Member[] {
    return (this.#membership?.members() ?? []).map(({ id, info }) => ({ id, roles: parseRoles(info.roles ?? '') }));
  }

  /** False while the others, and this process itself, hear nothing of it: its word does not reach the log. */
  get isMember(): boolean {
    return this.members().some(({ id }) => id === this.#id);
  }

  /** True for one of the members with such roles. */
  leads(able: (roles: ReadonlySet<Role>) => boolean): boolean {
    return this.members().find(({ roles }) => able(roles))?.id === this.#id;
  }

  /** The partition was let go here: who asked is sent on, and after the pause it may be taken again. */
  lost(name: string, pauseMs: number): void {
    this.#movables
      .find((movable) => movable.name === name)
      ?.abandon()
      .catch((err: unknown) =>
        this.#pipeline.root.logger.warn({ stage: name, err }, 'requests to a partition that was let go wait for their time-outs'),
      );
    setTimeout(() => this.#placement.lost(name), pauseMs);
  }

  /** The others are told first, and wait for each lease as it is given free. */
  async stop(): Promise<void> {
    clearInterval(this.#retention);
    await this.#membership?.leave();
    await this.#placement.stop();
    await this.#process?.stop();
  }

  /** Edges too, which own no partition, are listed among the services, and say how they are. */
  async #serveProcess(): Promise<BusService> {
    const { bus, acquiring, history } = this.#pipeline;
    const { roles, version } = this.#options;
    const metadata = { process: this.#writer, roles: [...roles].join(',') };
    const service = await bus.service({
      name: 'sedax-process',
      version,
      description: `sedax ${this.#writer}: ${metadata.roles}`,
      metadata,
    });
    service.endpoint('inspect-process', subjects.inspectProcess(this.#id), this.#id, async () =>
      inspectionJson({
        process: this.#writer,
        roles: [...roles],
        version,
        members: this.members().map(({ id }) => id),
        works: this.#movables.filter(({ isRunning }) => isRunning).map(({ name }) => name),
        pendingCommands: acquiring.pending.size,
        lag: lagByReader(bus.lag()),
        // What is committed, not what was read: the store may be that of the only history there is.
        ...(history === undefined ? {} : { history: this.#positionsOf(history.keeper) }),
      }),
    );
    return service;
  }

  #positionsOf(keeper: HistoryKeeper): Record<string, number> {
    return Object.fromEntries(this.#pipeline.readStreams().map((stream) => [stream, keeper.position(stream)]));
  }

  /** One process trims: the owner of the admin log. */
  #startRetention(): void {
    const { bus, config, admin, root, settlement, match, kline } = this.#pipeline;
    const { retention } = config;
    if (retention === undefined || retention.everyMs === 0 || !this.#options.roles.has('admin')) return;
    const partitions = [...settlement, ...match, ...kline].map(({ behaviour }) => {
      return { output: behaviour.output, inputs: behaviour.inputs.map(({ stream }) => stream) };
    });
    const trimmer = new Retention({
      bus,
      config: retention,
      partitions,
      streams: this.#pipeline.readStreams(),
      histories: () => this.#histories(),
      log: (facts, message) => root.logger.info({ stage: 'retention', ...facts }, message),
    });
    let busy = false;
    this.#retention = setInterval(() => {
      if (busy || admin.running === undefined) return;
      busy = true;
      trimmer
        .trim()
        .catch((error: unknown) => root.logger.error({ stage: 'retention', err: error }, 'the logs could not be trimmed'))
        .finally(() => {
          busy = false;
        });
    }, retention.everyMs).unref();
  }

  /** Of every member that keeps history and answers. */
  async #histories(): Promise<readonly ReadonlyMap<string, number>[]> {
    const keepers = this.members().filter(({ roles }) => roles.has('history'));
    const answers = await Promise.allSettled(
      keepers.map(async ({ id }) => {
        const answer = await this.#pipeline.bus.request(subjects.inspectProcess(id), new Uint8Array(), HISTORY_ANSWER_MS);
        const { history } = JSON.parse(Buffer.from(answer).toString()) as { readonly history?: Readonly<Record<string, number>> };
        if (history === undefined) throw new Error(`${id} keeps no history`);
        return new Map(Object.entries(history));
      }),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #movable<S, I>(
    role: Role,
    host: PartitionHost<S, I>,
    endpoints: (partition: Partition<S, I>) => Endpoints,
    inspections: (partition: Partition<S, I>) => Inspections = () => ({}),
  ): ServedMovable {
    const { root, bus } = this.#pipeline;
    let served: ServedPartition | undefined;
    const info = (epoch: number): ServiceInfo => ({
      name: `sedax-${role}`,
      version: this.#options.version,
      description: `sedax ${host.name}, writer of ${host.behaviour.output}`,
      metadata: { partition: host.name, epoch: String(epoch), process: this.#writer },
    });
    return {
      name: host.name,
      role,
      get isRunning() {
        return host.running !== undefined;
      },
      start: async () => {
        const facts = await host.start();
        const { epoch } = host.current;
        try {
          served = await ServedPartition.open(bus, info(epoch), host.behaviour.output, epoch, endpoints(host.current), {
            ...partitionInspections(host.current, this.#writer),
            ...inspections(host.current),
          });
        } catch (error) {
          await host.stop();
          throw error;
        }
        return facts;
      },
      abandon: async () => {
        const was = served;
        served = undefined;
        await was?.abandon();
      },
      handOver: async () => {
        await served?.close();
        await host.running?.snapshot().catch((error: unknown) => {
          root.logger.error({ stage: host.name, err: error }, 'no snapshot before the hand-over: the next owner reads more of the log');
        });
        await host.stop();
        await served?.abandon();
        served = undefined;
      },
    };
  }
}

/** Messages that each stage of this process has not taken in yet, over all it reads. */
function lagByReader(lags: readonly ReaderLag[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { reader, lag } of lags) sums[reader] = (sums[reader] ?? 0) + lag;
  return sums;
}
