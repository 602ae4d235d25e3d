// Composition root: config, bus, stages, edges; stops in reverse. The whole process on one screen.
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DistributionOptions } from './actors/distribution/cluster.ts';
import { AdminError, Exchange } from './actors/exchange.ts';
import { Pipeline, type PipelineDeps } from './actors/pipeline.ts';
import { parseRoles, type Role, servesClients } from './actors/roles.ts';
import { ensureAdminToken } from './adminToken.ts';
import type { Bus } from './bus/bus.ts';
import { packageVersion } from './config/config.ts';
import { readInstruments } from './config/instruments.ts';
import type { Config } from './config/schema.ts';
import { type DemoKey, ensureDemoAccounts } from './demo.ts';
import { serveEdges } from './edges.ts';
import type { HistoryKeeper } from './history/historyKeeper.ts';
import { openKeeper } from './history/openKeeper.ts';
import { HistoryClient } from './history/remote/historyClient.ts';
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
  const distributed = config.mode === 'distributed';
  const roles = parseRoles(config.roles);
  const forClients = servesClients(roles);
  const secrets = secretBoxOf(config.secrets);

  const writer = config.process || `${hostname()}-${process.pid}`;
  const bus = await openBus({ config, name: writer, onStarted: started, onWarning: (text) => logger.warn(text) });
  const history = roles.has('history') ? await openHistoryOf(bus, config, roles, logger) : undefined;
  const pipeline = new Pipeline({
    bus,
    clock,
    logger,
    ...(history === undefined ? {} : { history }),
    config: config.pipeline,
    writer,
    life: randomInt(2 ** 21),
    onFatal,
    onStarted: started,
    ...(distributed ? { distribution: distributionOf(bus, roles) } : {}),
    ...options.faults,
  });
  await pipeline.start();
  const exchange = new Exchange(pipeline, {
    defaultRates: { makerRate: rateOf(config.fees.maker), takerRate: rateOf(config.fees.taker) },
    secrets,
  });
  const undo = async (): Promise<void> => {
    await pipeline.stop();
    await bus.close();
  };
  try {
    if (forClients) {
      const stored = { settings: config.secrets, box: secrets, apiKeys: pipeline.registry.apiKeys(), mayCreate: !distributed };
      started('secrets', prepareSecrets({ ...stored, warn: (facts, message) => logger.warn({ stage: 'secrets', ...facts }, message) }));
    }
    if (roles.has('admin')) await listFirstSymbols(exchange, config);
  } catch (error) {
    await undo();
    throw error;
  }
  const demoKeys = config.demo.enabled && !distributed ? await ensureDemoAccounts(exchange, config.dataDir) : [];
  // Only now: the first start has listed its symbols and made its accounts. Among others it is the admin process that does.
  const { registry } = pipeline;
  if (roles.has('admin')) started('registry', `${registry.instruments().length} symbols, ${registry.profileCount} accounts`);
  const adminToken = await ensureAdminToken(config);

  const server: HttpServer = await serveEdges({
    exchange,
    config,
    adminToken,
    logger: logger.child({ stage: 'http' }, { level: quieter(logger.level) }),
    forClients,
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
      await undo();
    },
  };
}

function distributionOf(bus: Bus, roles: ReadonlySet<Role>): DistributionOptions {
  const client = new HistoryClient({ bus });
  return { roles, version: packageVersion(), history: (positions) => client.at(positions) };
}

async function openHistoryOf(bus: Bus, config: Config, roles: ReadonlySet<Role>, logger: Logger): Promise<HistoryKeeper> {
  // Alone, the history has the process's thread to itself.
  const thread = config.history.thread && roles.size > 1;
  const options = { thread, dir: join(config.dataDir, 'history'), mapSizeBytes: config.history.mapSizeBytes };
  // Among others a history that is ahead is more likely at the wrong servers than behind a power cut: its stage refuses it.
  if (config.mode === 'distributed') return openKeeper(options);
  return openHistoryOfLogs(bus, historyStreams(config), openKeeper, options, (ahead) =>
    logger.warn(ahead, 'the history knows more than the log has after a power cut: it is filled again'),
  );
}

/** Only the first start lists symbols from the file; from then on the admin log says which there are. */
async function listFirstSymbols(exchange: Exchange, config: Config): Promise<void> {
  if (exchange.registry.instruments().length > 0) return;
  for (const instrument of readInstruments(config.instrumentsFile)) {
    await exchange.admin.createInstrument(instrument).catch((error: unknown) => {
      // Another process may start at the same time.
      if (!(error instanceof AdminError && error.problem === 'exists')) throw error;
    });
  }
}

/** The HTTP server's info lines (listening, closing) say what start says better. */
function quieter(level: string): string {
  return level === 'info' ? 'warn' : level;
}
