// A whole exchange in this process for tests: real stages, real bus; no edges. Journalled when a folder is given.
import { Exchange } from '../../src/actors/exchange.ts';
import { Pipeline, type PipelineConfig, type PipelineDeps } from '../../src/actors/pipeline.ts';
import { parseRoles } from '../../src/actors/roles.ts';
import type { StageLogger } from '../../src/actors/supervision.ts';
import { MemoryBus } from '../../src/bus/memory/memoryBus.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import type { NewOrder } from '../../src/domain/command.ts';
import type { Instrument } from '../../src/domain/instrument.ts';
import { OrderType, Side, StpMode, TimeInForce } from '../../src/domain/orderTerms.ts';
import { openKeeper } from '../../src/history/openKeeper.ts';
import { HistoryClient } from '../../src/history/remote/historyClient.ts';
import { AesSecretBox, sealingKey } from '../../src/secrets/aesSecretBox.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { makeInstrument } from '../fixtures/fakeExchange.ts';

export const TEST_PIPELINE_CONFIG: PipelineConfig = {
  accountPartitions: 1,
  marketPartitions: 1,
  partition: {
    maxBatch: 256,
    maxInFlight: 8,
    maxQueued: 4096,
    poisonAttempts: 3,
    passivateAfterMs: 60_000,
    snapshotEverySteps: 0,
    snapshotSliceRows: 3,
  },
  acquiring: { timeoutMs: 10_000, admission: { maxPending: 8192, minPending: 64, targetMs: 1_000 } },
  consumerBatch: 256,
  pushSnapshotEveryMessages: 0,
  tickMs: 20,
  leaseTtlMs: 1_000,
  accountLimits: NO_ACCOUNT_LIMITS,
  memberTtlMs: 1_000,
};

export const TEST_SECRETS = new AesSecretBox('the tests', () => [sealingKey('5'.repeat(64))]);

export interface VenueOptions {
  /** Folder for journal and history; both live there over restarts. */
  readonly dir: string;
  readonly durability?: 'always' | 'interval' | 'none';
  /** Time between syncs with durability 'interval'. @default 20 */
  readonly intervalMs?: number;
  /** Keep the history in a thread of its own, as npm start does; it runs the built code. @default false */
  readonly historyThread?: boolean;
  readonly config?: Partial<PipelineConfig>;
  readonly faults?: Pick<PipelineDeps, 'newMarket' | 'newAccount'>;
  readonly instruments?: readonly Instrument[];
}

export class Venue {
  /** True: writers are asked over the bus, as one of many processes does. */
  static distributed = false;
  readonly bus: MemoryBus;
  readonly pipeline: Pipeline;
  readonly exchange: Exchange;
  readonly logged: { readonly level: string; readonly facts: object; readonly message: string }[];
  readonly fatal: string[];

  private constructor(bus: MemoryBus, pipeline: Pipeline, logged: Venue['logged'], fatal: string[]) {
    this.bus = bus;
    this.pipeline = pipeline;
    this.exchange = new Exchange(pipeline, {
      defaultRates: { makerRate: 100_000, takerRate: 200_000 },
      secrets: TEST_SECRETS,
    });
    this.logged = logged;
    this.fatal = fatal;
  }

  static async open(options: VenueOptions): Promise<Venue> {
    const logged: { level: string; facts: object; message: string }[] = [];
    const fatal: string[] = [];
    const log = (level: string) => (facts: object, message: string) => void logged.push({ level, facts, message });
    const logger: StageLogger = { info: log('info'), warn: log('warn'), error: log('error') };
    const bus = await MemoryBus.open({
      journal: { dir: `${options.dir}/journal`, durability: options.durability ?? 'none', intervalMs: options.intervalMs ?? 20 },
    });
    const history = await openKeeper({ dir: `${options.dir}/history`, thread: options.historyThread ?? false });
    const pipeline = new Pipeline({
      bus,
      clock: new SystemClock(),
      logger,
      history,
      config: { ...TEST_PIPELINE_CONFIG, ...options.config },
      writer: 'test',
      life: Math.floor(Math.random() * 2 ** 20),
      onFatal: (stage, error) => fatal.push(`${stage}: ${error.message}`),
      ...(Venue.distributed
        ? { distribution: { roles: parseRoles('all'), version: '0.0.0', history: (positions) => new HistoryClient({ bus }).at(positions) } }
        : {}),
      ...options.faults,
    });
    await pipeline.start();
    const venue = new Venue(bus, pipeline, logged, fatal);
    for (const instrument of options.instruments ?? [makeInstrument()]) {
      if (venue.exchange.registry.instrument(instrument.symbol) === undefined) await venue.exchange.admin.createInstrument(instrument);
    }
    return venue;
  }

  /** An account with as many whole units of every asset. */
  async fundedAccount(name: string, wholes = 1_000_000n): Promise<number> {
    const { accountId } = await this.exchange.admin.createAccount({ name });
    for (const asset of this.exchange.registry.assets()) {
      const units = wholes * 10n ** BigInt(this.exchange.registry.assetScale(asset) ?? 0);
      const result = await this.exchange.admin.deposit({ accountId, requestId: `${name}-${asset}`, asset, units });
      if (!result.ok) throw new Error(result.reason.text);
    }
    return accountId;
  }

  async close(snapshots = true): Promise<void> {
    await this.pipeline.stop({ snapshots });
    await this.bus.close();
  }
}

let clientOrders = 0;

/** A GTC limit order; everything else as given. */
export function order(side: 'BUY' | 'SELL', priceTicks: number, lots: number, over: Partial<NewOrder> = {}): NewOrder {
  return {
    clientOrderId: `c${++clientOrders}`,
    side: Side[side],
    type: OrderType.LIMIT,
    timeInForce: TimeInForce.GTC,
    priceTicks,
    lots,
    quoteUnits: 0n,
    stopPriceTicks: 0,
    trailingDelta: 0,
    icebergLots: 0,
    stpMode: StpMode.NONE,
    expireUs: 0,
    strategyId: null,
    strategyType: null,
    pegPriceType: 0,
    pegOffsetType: 0,
    pegOffsetValue: 0,
    estimateUnits: 0n,
    ...over,
  };
}
