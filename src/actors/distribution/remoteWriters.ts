// The writers of an exchange of many processes: asked over the bus, wherever they run.
import { type Bus, RequestError } from '../../bus/bus.ts';
import { LogHeads } from '../../bus/logHeads.ts';
import { streams } from '../../bus/subjects.ts';
import { decodeSnapshot, encodeSnapshot } from '../../codec/snapshotCodec.ts';
import type { Balance } from '../../domain/balance.ts';
import type { AccountCommand } from '../../domain/command.ts';
import { accountPartition, symbolPartition } from '../../domain/partitions.ts';
import type { AssetReconciliation } from '../../ports/exchangePort.ts';
import type { HistoryQueries } from '../../ports/historyQueries.ts';
import type { CommandAsker } from '../acquiring/pendingCommands.ts';
import type { AdminAnswer, AdminChange } from '../admin/adminBehaviour.ts';
import type { RegistryPosition } from '../outputLog.ts';
import { type AssetSums, reconcile } from '../settlement/reconciliation.ts';
import type { HaltableStage, Writers } from '../writers.ts';
import { BatchedRoute } from './commandRoute.ts';
import type { Owners } from './owners.ts';
import { PartitionClient } from './partitionClient.ts';

export interface RemoteWritersOptions {
  readonly bus: Bus;
  readonly owners: Owners;
  readonly registry: RegistryPosition;
  readonly accountPartitions: number;
  readonly marketPartitions: number;
  readonly timeoutMs: number;
  /** The past as of these positions, from whoever keeps it. */
  readonly history: (positions: Readonly<Record<string, number>>) => HistoryQueries;
}

/** Sums over partitions agree between two fills, not during one: looked at this often before they count as wrong. */
const RECONCILE_TRIES = 5;

export class RemoteWriters implements Writers {
  readonly #options: RemoteWritersOptions;
  readonly #client: PartitionClient;
  readonly #route: BatchedRoute;
  readonly #marketHeads: LogHeads;
  readonly #allHeads: LogHeads;

  constructor(options: RemoteWritersOptions) {
    const { bus, owners, registry, accountPartitions, marketPartitions, timeoutMs } = options;
    this.#options = options;
    this.#client = new PartitionClient(bus, owners);
    this.#route = new BatchedRoute({ client: this.#client, registry, accountPartitions, timeoutMs });
    const markets = Array.from({ length: marketPartitions }, (_, s) => streams.markets(s));
    this.#marketHeads = new LogHeads(bus, markets);
    this.#allHeads = new LogHeads(bus, [
      ...markets,
      ...Array.from({ length: accountPartitions }, (_, p) => streams.accounts(p)),
      ...Array.from({ length: marketPartitions }, (_, s) => streams.klines(s)),
    ]);
  }

  send(command: AccountCommand, asker: CommandAsker): void {
    this.#route.send(command, asker);
  }

  /** Not asked twice: a lost answer leaves it open whether the change was made. */
  async change(change: AdminChange): Promise<AdminAnswer> {
    return (await this.#ask(streams.admin, 'change', change, false)) as AdminAnswer;
  }

  async close(change: AdminChange): Promise<AdminAnswer> {
    return (await this.#ask(streams.admin, 'close', change, false)) as AdminAnswer;
  }

  async balances(accountId: number): Promise<readonly Readonly<Balance>[]> {
    const stream = streams.accounts(accountPartition(accountId, this.#options.accountPartitions));
    return (await this.#ask(stream, 'balances', [accountId, await this.#marketHeads.now()])) as Balance[];
  }

  async reconciliation(): Promise<readonly AssetReconciliation[]> {
    for (let tries = 1; ; tries++) {
      const heads = await this.#marketHeads.now();
      const sums = await Promise.all(
        Array.from(
          { length: this.#options.accountPartitions },
          async (_, p) => (await this.#ask(streams.accounts(p), 'sums', heads)) as AssetSums[],
        ),
      );
      const rows = reconcile(sums);
      if (tries >= RECONCILE_TRIES || rows.every(({ ok }) => ok)) return rows;
    }
  }

  async haltedIn(name: string): Promise<HaltableStage | undefined> {
    for (const stage of ['settlement', 'match', 'kline'] as const) {
      const stream = this.#streamOf(stage, name);
      if (stream !== undefined && (await this.#ask(stream, 'halted', name)) === true) return stage;
    }
    return undefined;
  }

  async resume(stage: HaltableStage, name: string, how: 'retry' | 'skip'): Promise<boolean> {
    const stream = this.#streamOf(stage, name);
    if (stream === undefined) return false;
    try {
      return (await this.#ask(stream, 'resume', [name, how])) as boolean;
    } catch (error) {
      if (error instanceof RequestError) throw new RangeError(error.message, { cause: error });
      throw error;
    }
  }

  async history(): Promise<HistoryQueries> {
    return this.#options.history(await this.#allHeads.now());
  }

  #streamOf(stage: HaltableStage, name: string): string | undefined {
    const { accountPartitions, marketPartitions } = this.#options;
    if (stage === 'settlement') {
      const accountId = Number(/^account-(\d+)$/.exec(name)?.[1]);
      return Number.isSafeInteger(accountId) ? streams.accounts(accountPartition(accountId, accountPartitions)) : undefined;
    }
    const partition = symbolPartition(name, marketPartitions);
    return stage === 'match' ? streams.markets(partition) : streams.klines(partition);
  }

  async #ask(stream: string, endpoint: string, payload: unknown, idempotent = true): Promise<unknown> {
    const { timeoutMs } = this.#options;
    return decodeSnapshot(await this.#client.ask(stream, endpoint, encodeSnapshot(payload), { timeoutMs, idempotent }));
  }
}
