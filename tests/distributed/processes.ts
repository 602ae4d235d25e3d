// Processes of one exchange for tests: each a pipeline with its own roles, over buses that lead to the same log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exchange } from '../../src/actors/exchange.ts';
import { Pipeline, type PipelineConfig } from '../../src/actors/pipeline.ts';
import { parseRoles } from '../../src/actors/roles.ts';
import type { StageLogger } from '../../src/actors/supervision.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { LocalKeeper } from '../../src/history/localKeeper.ts';
import { openHistory } from '../../src/history/openHistory.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { SystemClock } from '../../src/support/clock.ts';
import { TEST_PIPELINE_CONFIG, TEST_SECRETS } from '../pipeline/venue.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly roles: string;
  readonly config?: Partial<PipelineConfig>;
  readonly clock?: Clock;
  readonly life?: number;
}

export class Process {
  readonly name: string;
  readonly bus: Bus;
  readonly pipeline: Pipeline;
  readonly exchange: Exchange;
  readonly logged: { readonly level: string; readonly facts: object; readonly message: string }[] = [];
  readonly fatal: string[] = [];
  readonly #dir: string;

  private constructor(bus: Bus, options: ProcessOptions) {
    this.name = options.name;
    this.bus = bus;
    this.#dir = mkdtempSync(join(tmpdir(), 'sedax-process-'));
    const log = (level: string) => (facts: object, message: string) => void this.logged.push({ level, facts, message });
    const logger: StageLogger = { info: log('info'), warn: log('warn'), error: log('error') };
    const roles = parseRoles(options.roles);
    this.pipeline = new Pipeline({
      bus,
      clock: options.clock ?? new SystemClock(),
      logger,
      ...(roles.has('history') ? { history: new LocalKeeper(openHistory({ dir: this.#dir })) } : {}),
      config: { ...TEST_PIPELINE_CONFIG, accountPartitions: 3, marketPartitions: 3, ...options.config },
      writer: options.name,
      life: options.life ?? Math.floor(Math.random() * 2 ** 20),
      onFatal: (stage, error) => this.fatal.push(`${stage}: ${error.message}`),
      distribution: {
        roles,
        version: '0.0.0',
        history: () => {
          const { history } = this.pipeline;
          if (history === undefined) throw new Error('no history here');
          return history.keeper.queries;
        },
      },
    });
    this.exchange = new Exchange(this.pipeline, { defaultRates: { makerRate: 100_000, takerRate: 200_000 }, secrets: TEST_SECRETS });
  }

  static async start(bus: Bus, options: ProcessOptions): Promise<Process> {
    const process = new Process(bus, options);
    await process.pipeline.start();
    return process;
  }

  /** The partitions it works now. */
  get works(): readonly string[] {
    const { admin, settlement, match, kline } = this.pipeline;
    return [admin, ...settlement, ...match, ...kline].flatMap((host) => (host.running === undefined ? [] : [host.name]));
  }

  async stop(): Promise<void> {
    await this.pipeline.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
