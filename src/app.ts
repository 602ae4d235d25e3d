// Composition root: config, bus, stages, edges; stops in reverse. The whole process on one screen.
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Exchange } from './actors/exchange.ts';
import { Pipeline, type PipelineDeps } from './actors/pipeline.ts';
import { ensureAdminToken } from './adminToken.ts';
import type { Bus } from './bus/bus.ts';
import { readInstruments } from './config/instruments.ts';
import type { Config } from './config/schema.ts';
import { type DemoKey, ensureDemoAccounts } from './demo.ts';
import { serveEdges } from './edges.ts';
import { historyStreams, openHistoryOfLogs } from './historyOfLogs.ts';
import { rateOf } from './http/rates.ts';
import type { HttpServer } from './http/server.ts';
import { openBus } from './openBus.ts';
import { prepareSecrets, secretBoxOf } from './secrets/secretSettings.ts';
import { SystemClock } from './support/clock.ts';
import type { Logger } from './support/logger.ts';

export interface App {
  readonly exchange: Exchange;
  readonly pipeline: Pipeline;
  readonly bus: Bus;
  readonly url: string;
  readonly demoKeys: readonly DemoKey[];
  readonly adminToken: string;
  stop(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly onStarted?: (stage: string, facts: string) => void;
  /** The exchange cannot go on: the process must end. */
  readonly onFatal: (stage: string, error: Error) => void;
  /** Children with planted faults, for tests. */
  readonly faults?: Pick<PipelineDeps, 'newMarket' | 'newAccount'>;
}

export async function startApp(options: AppOptions): Promise<App> {
  const { config, logger, onFatal } = options;
  const started = options.onStarted ?? (() => undefined);
  const clock = new SystemClock();
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const secrets = secretBoxOf(config.secrets);

  const writer = `${hostname()}-${process.pid}`;
  const bus = await openBus({ config, name: writer, onStarted: started, onWarning: (text) => logger.warn(text) });
  const historyOptions = { dir: join(config.dataDir, 'history'), mapSizeBytes: config.history.mapSizeBytes };
  const history = await openHistoryOfLogs(bus, historyStreams(config), historyOptions, (ahead) =>
    logger.warn(ahead, 'the history knows more than the log has after a power cut: it is filled again'),
  );
  const pipeline = new Pipeline({
    bus,
    clock,
    logger,
    history,
    config: config.pipeline,
    writer,
    life: randomInt(2 ** 21),
    onFatal,
    onStarted: started,
    ...options.faults,
  });
  await pipeline.start();
  try {
    const stored = { settings: config.secrets, box: secrets, apiKeys: pipeline.registry.apiKeys(), mayCreate: config.mode === 'embedded' };
    started('secrets', prepareSecrets({ ...stored, warn: (facts, message) => logger.warn({ stage: 'secrets', ...facts }, message) }));
  } catch (error) {
    await pipeline.stop();
    await bus.close();
    throw error;
  }
  const exchange = new Exchange(pipeline, {
    defaultRates: { makerRate: rateOf(config.fees.maker), takerRate: rateOf(config.fees.taker) },
    secrets,
  });
  // Only the first start lists symbols from the file; from then on the admin log says which there are.
  if (exchange.registry.instruments().length === 0) {
    for (const instrument of readInstruments(config.instrumentsFile)) await exchange.admin.createInstrument(instrument);
  }
  const demoKeys = config.demo.enabled && config.mode === 'embedded' ? await ensureDemoAccounts(exchange, config.dataDir) : [];
  const adminToken = await ensureAdminToken(config);

  const server: HttpServer = await serveEdges({
    exchange,
    config,
    adminToken,
    logger: logger.child({ stage: 'http' }, { level: quieter(logger.level) }),
  });
  const url = await server.listen();
  started('http', url);
  return {
    exchange,
    pipeline,
    bus,
    url,
    demoKeys,
    adminToken,
    stop: async () => {
      await server.close();
      await pipeline.stop();
      await bus.close();
    },
  };
}

/** The HTTP server's info lines (listening, closing) say what start says better. */
function quieter(level: string): string {
  return level === 'info' ? 'warn' : level;
}
