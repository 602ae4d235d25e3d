// The bus as configured: in the process with a journal, or on NATS JetStream after a look at its servers.
import { join } from 'node:path';
import type { Bus } from './bus/bus.ts';
import type { ConnectionOptions } from './bus/jetstream/connection.ts';
import type { JetStreamBus } from './bus/jetstream/jetStreamBus.ts';
import type { Finding } from './bus/jetstream/serverChecks.ts';
import { MemoryBus } from './bus/memory/memoryBus.ts';
import type { NatsConfig } from './config/natsSchema.ts';
import type { Config } from './config/schema.ts';

export interface OpenBusOptions {
  readonly config: Config;
  /** Of this process, shown by the monitoring of the nats-servers. */
  readonly name: string;
  readonly onStarted: (stage: string, facts: string) => void;
  /** A check that failed and is not fatal as configured; later, what the servers say of themselves when it changes. */
  readonly onWarning: (text: string) => void;
}

/** Rejects when the servers can't carry the log, or when a check that is configured to be fatal warns. */
export async function openBus(options: OpenBusOptions): Promise<Bus> {
  return options.config.mode === 'distributed' ? openJetStream(options) : openMemory(options);
}

async function openMemory({ config, onStarted }: OpenBusOptions): Promise<Bus> {
  const { durability, intervalMs, mapSizeBytes, memoryBytesMax } = config.journal;
  const journal = { dir: join(config.dataDir, 'journal'), durability, intervalMs, mapSizeBytes };
  const bus = await MemoryBus.open({ memoryBytesMax, journal });
  onStarted('journal', `durability ${durability}`);
  return bus;
}

async function openJetStream({ config, name, onStarted, onWarning }: OpenBusOptions): Promise<Bus> {
  const { nats, pipeline } = config;
  const bus = await connectNats(nats, name);
  try {
    const { monitoringUrls, clockSkewMaxMs } = nats;
    // accounts, markets and klines, a stream a partition, and admin.
    const streams = 1 + pipeline.accountPartitions + 2 * pipeline.marketPartitions;
    report(await bus.checkServers({ monitoringUrls, clockSkewMaxMs, streams }), nats, { onStarted, onWarning });
    const onChange = (url: string, problem = 'is well again'): void => onWarning(`nats-server at ${url}: ${problem}`);
    bus.watchServers({ urls: monitoringUrls, onChange });
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

async function connectNats(nats: NatsConfig, name: string): Promise<JetStreamBus> {
  const { replicas, storage, inFlightBytesMax } = nats;
  // Embedded exchanges have no use for the client: it is loaded when it is needed.
  const { JetStreamBus } = await import('./bus/jetstream/jetStreamBus.ts');
  return JetStreamBus.connect({ ...connectionOf(nats, name), replicas, storage, inFlightBytesMax });
}

/** Where the nats-servers are and who asks. `name` shows in their monitoring. */
export function connectionOf(nats: NatsConfig, name: string): ConnectionOptions {
  const { servers, user, password, token, tlsCaFile, tlsCertFile, tlsKeyFile } = nats;
  const tls = {
    ...(tlsCaFile === '' ? {} : { caFile: tlsCaFile }),
    ...(tlsCertFile === '' ? {} : { certFile: tlsCertFile, keyFile: tlsKeyFile }),
  };
  return {
    servers,
    name,
    ...(user === '' ? {} : { user, pass: password }),
    ...(token === '' ? {} : { token }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

function report(
  findings: readonly Finding[],
  { fatalChecks }: NatsConfig,
  { onStarted, onWarning }: Pick<OpenBusOptions, 'onStarted' | 'onWarning'>,
): void {
  const fatal: string[] = [];
  for (const { check, severity, text } of findings) {
    const line = `nats ${check}: ${text}`;
    if (severity === 'ok') onStarted(`nats ${check}`, text);
    else if (severity === 'error') fatal.push(line);
    else if (fatalChecks.includes(check)) fatal.push(`${line} (fatal as nats.fatalChecks names ${check})`);
    else onWarning(line);
  }
  if (fatal.length > 0) throw new Error(fatal.join('\n'));
}
