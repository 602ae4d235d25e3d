// The writers of an exchange in one process: called, not asked.
import type { Balance } from '../domain/balance.ts';
import type { AccountCommand } from '../domain/command.ts';
import { accountPartition } from '../domain/partitions.ts';
import { type AssetReconciliation, OverloadShedError } from '../ports/exchangePort.ts';
import type { HistoryQueries } from '../ports/historyQueries.ts';
import type { CommandAsker } from './acquiring/pendingCommands.ts';
import { type AdminAnswer, type AdminChange, REGISTRY } from './admin/adminBehaviour.ts';
import type { Pipeline } from './pipeline.ts';
import { balancesOf, isHouseOf } from './settlement/accountBehaviour.ts';
import { accountsOf, reconcile, sumAccounts } from './settlement/reconciliation.ts';
import type { HaltableStage, Writers } from './writers.ts';

export class LocalWriters implements Writers {
  readonly #pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  send(command: AccountCommand, asker: CommandAsker): void {
    const { settlement, config } = this.#pipeline;
    const account = settlement[accountPartition(command.accountId, config.accountPartitions)]?.held;
    if (account === undefined) asker.failed(stopping());
    else account.submit(command.accountId, { kind: 'command', command, asker });
  }

  change(change: AdminChange): Promise<AdminAnswer> {
    const admin = this.#pipeline.admin.held;
    if (admin === undefined) return Promise.reject(stopping());
    return new Promise((answer) => admin.submit(REGISTRY, { change, answer }));
  }

  close(change: AdminChange): Promise<AdminAnswer> {
    return this.change(change);
  }

  async balances(accountId: number): Promise<readonly Readonly<Balance>[]> {
    const { settlement, config } = this.#pipeline;
    await this.#pipeline.barrier('settlement');
    const host = settlement[accountPartition(accountId, config.accountPartitions)];
    return (await host?.current.between(() => balancesOf(host.current.peek(accountId)))) ?? [];
  }

  async reconciliation(): Promise<readonly AssetReconciliation[]> {
    const { settlement, config, registry } = this.#pipeline;
    await this.#pipeline.barrier('settlement');
    const isHouse = isHouseOf(config.accountPartitions);
    const parts = settlement.map(({ current }) => current.between(() => sumAccounts(accountsOf(current), isHouse, registry)));
    return reconcile(await Promise.all(parts));
  }

  haltedIn(name: string): Promise<HaltableStage | undefined> {
    const { settlement, match, kline } = this.#pipeline;
    const stages = { settlement, match, kline };
    const found = (Object.keys(stages) as HaltableStage[]).find((stage) =>
      stages[stage].some(({ current }) => current.halted().some((child) => child.name === name)),
    );
    return Promise.resolve(found);
  }

  async resume(stage: HaltableStage, name: string, how: 'retry' | 'skip'): Promise<boolean> {
    return this.#pipeline[stage].some(({ current }) => current.resumePoisoned(name, how));
  }

  async history(): Promise<HistoryQueries> {
    const { history, bus } = this.#pipeline;
    if (history === undefined) throw new Error('this process keeps no history');
    const heads: (readonly [stream: string, lastSequence: number])[] = [];
    for (const stream of this.#pipeline.readStreams()) heads.push([stream, (await bus.streamInfo(stream)).lastSequence]);
    await Promise.all(heads.map(([stream, lastSequence]) => history.consumer.whenConsumed(stream, lastSequence)));
    return history.keeper.queries;
  }
}

/** Requests on open connections are served while the process stops. */
function stopping(): OverloadShedError {
  return new OverloadShedError('Service unavailable: the exchange is stopping; nothing happened.');
}
