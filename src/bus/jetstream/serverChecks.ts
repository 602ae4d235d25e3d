// What the nats-servers are, against what the log needs: looked at once, at the start. Every finding is one clear line.
// The client protocol shows the version, the limits and the replicas; how a server syncs shows on its monitoring port alone.
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { busError } from './connection.ts';
import { readVarz, type Varz } from './varz.ts';

export type Check = 'version' | 'limits' | 'sync' | 'replicas' | 'clock';

export interface Finding {
  readonly check: Check;
  /** An error can't be lived with; a warning may be, as configured. */
  readonly severity: 'ok' | 'warning' | 'error';
  readonly text: string;
}

export interface ServerCheckOptions {
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  /** Base URLs of the monitoring ports of all servers. */
  readonly monitoringUrls: readonly string[];
  readonly clockSkewMaxMs: number;
  /** Streams the exchange will have, the buckets of the bus not among them. */
  readonly streams: number;
}

/** The oldest line that passes the conformance suite and the tests of faults. */
export const OLDEST_VERSION = '2.11.0';
/** Older ones may lose acknowledged messages in some failures, sync_interval: always or not. */
export const DURABLE_VERSION = '2.15.1';
/** A step holds the outcome of a whole batch of inputs. */
const PAYLOAD_MIN = 8 * 2 ** 20;
const FULL_AT = 0.8;
const BUCKETS = 3;
const NANOS_PER_MS = 1e6;
const CLOCK_SAMPLES = 3;
/** What a copy that lives takes at most to catch up with a bucket of a few hundred bytes, on servers that have just started too. */
const CATCH_UP_MS = 5_000;
const CATCH_UP_POLL_MS = 100;

export async function checkServers(
  connection: NatsConnection,
  manager: JetStreamManager,
  options: ServerCheckOptions,
): Promise<readonly Finding[]> {
  const { found, findings } = await monitoring(options);
  findings.push(...checkVersions(connection, found));
  findings.push(...(await checkLimits(connection, manager, found, options)));
  findings.push(...(await checkReplicas(() => manager.streams.info('KV_sedax_leases'), found, options)));
  findings.push(...checkSync(found, options));
  findings.push(await checkClock(manager, found, options));
  return findings;
}

const finding = (check: Check, severity: Finding['severity'], text: string): Finding => ({ check, severity, text });

/** Ports that do not answer are findings of the check that needs them most. */
async function monitoring({ monitoringUrls }: ServerCheckOptions): Promise<{ readonly found: Varz[]; readonly findings: Finding[] }> {
  const found: Varz[] = [];
  const findings: Finding[] = [];
  const results = await Promise.allSettled(monitoringUrls.map((url) => readVarz(url)));
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') found.push(result.value);
    else findings.push(finding('sync', 'warning', `${monitoringUrls[i]} does not answer: ${(result.reason as Error).message}`));
  }
  return { found, findings };
}

function checkVersions({ info }: NatsConnection, servers: readonly Varz[]): Finding[] {
  const versions = new Map(servers.map(({ name, version }) => [name, version]));
  if (info !== undefined) versions.set(info.server_name, info.version);
  const listed = [...versions].map(([name, version]) => `${name} ${version}`).join(', ');
  const oldest = [...versions.values()].sort(compareVersions)[0] ?? '';
  if (compareVersions(oldest, OLDEST_VERSION) < 0) {
    return [finding('version', 'error', `nats-server ${OLDEST_VERSION} is the oldest that will do: ${listed}`)];
  }
  if (compareVersions(oldest, DURABLE_VERSION) < 0) {
    const why = 'may lose acknowledged orders in failures that later ones survive';
    return [finding('version', 'warning', `nats-server before ${DURABLE_VERSION} ${why}: ${listed}; upgrade`)];
  }
  return [finding('version', 'ok', listed)];
}

async function checkLimits(
  { info }: NatsConnection,
  manager: JetStreamManager,
  servers: readonly Varz[],
  { streams, storage: kind }: ServerCheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const complain = (severity: 'warning' | 'error', text: string): void => void findings.push(finding('limits', severity, text));
  const { limits, storage, memory } = await manager.getAccountInfo().catch((error: unknown) => {
    throw busError(error, 'JetStream account');
  });
  const need = streams + BUCKETS;
  if (limits.max_streams > 0 && limits.max_streams < need) {
    complain('error', `the account may have ${limits.max_streams} streams, ${need} are needed: raise its limit`);
  }
  if (limits.max_bytes_required) complain('error', 'the account wants max_bytes of every stream, a log has none: lift that');
  const used = kind === 'file' ? storage : memory;
  const most = kind === 'file' ? limits.max_storage : limits.max_memory;
  if (most === 0) complain('error', `the account has no ${kind} storage: raise its limit`);
  if (most > 0 && used > most * FULL_AT) complain('warning', `${size(used)} of the ${size(most)} of the account's ${kind} storage is used`);
  for (const { name, storeUsed, storeMax } of servers) {
    if (kind === 'file' && storeMax > 0 && storeUsed > storeMax * FULL_AT) {
      complain('warning', `${name}: ${size(storeUsed)} of ${size(storeMax)} of its storage is used: raise max_file_store or free disk`);
    }
  }
  const payload = info?.max_payload ?? PAYLOAD_MIN;
  if (payload < PAYLOAD_MIN) {
    complain('warning', `max_payload is ${size(payload)}: a large step may not fit; set it to ${size(PAYLOAD_MIN)} on every server`);
  }
  const room = most > 0 ? `${size(used)} of ${size(most)} used` : `${size(used)} used`;
  return findings.length > 0 ? findings : [finding('limits', 'ok', `${room}, max_payload ${size(payload)}`)];
}

/**
 * The bucket of the leases has as many copies as every stream: whoever is missing there is missing. Copies of a bucket that was made
 * a moment ago, or that is being written, are behind for a moment: only those that stay behind are.
 */
export async function checkReplicas(
  leases: () => Promise<Pick<StreamInfo, 'cluster' | 'config'>>,
  servers: readonly Pick<Varz, 'clusterSize'>[],
  { replicas }: Pick<ServerCheckOptions, 'replicas'>,
): Promise<Finding[]> {
  let { cluster, config } = await leases();
  const lags = (): boolean => (cluster?.replicas ?? []).some(({ offline, current }) => offline !== true && !current);
  for (const until = performance.now() + CATCH_UP_MS; lags() && performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, CATCH_UP_POLL_MS));
    ({ cluster, config } = await leases());
  }
  const copies = [cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)].filter((name) => name !== undefined);
  const missing = (cluster?.replicas ?? []).filter(({ offline, current }) => offline === true || !current);
  const size = Math.max(copies.length, ...servers.map(({ clusterSize }) => clusterSize));
  const findings: Finding[] = [];
  const warn = (text: string): void => void findings.push(finding('replicas', 'warning', text));
  if (missing.length > 0) {
    const names = missing.map(({ name, offline }) => `${name} ${offline ? 'is offline' : 'lags behind'}`).join(', ');
    warn(`${config.num_replicas - missing.length} of ${config.num_replicas} copies are there: ${names}`);
  }
  if (replicas % 2 === 0) warn(`${replicas} replicas survive no more failures than ${replicas - 1}: configure an odd number`);
  if (replicas === 1 && cluster?.name !== undefined) warn('one replica on a cluster: the loss of a server stops the exchange; configure 3');
  if (findings.length > 0) return findings;
  return [finding('replicas', 'ok', replicas === 1 ? 'one copy' : `${replicas} copies on a cluster of ${size}: ${copies.join(', ')}`)];
}

function checkSync(servers: readonly Varz[], { storage, monitoringUrls }: ServerCheckOptions): Finding[] {
  if (storage === 'memory') return [finding('sync', 'warning', 'streams are kept in memory: they are lost when their servers end')];
  if (monitoringUrls.length === 0) {
    const text = "the servers' fsync setting can't be seen: name their monitoring ports in nats.monitoringUrls";
    return [finding('sync', 'warning', text)];
  }
  const findings = servers
    .filter(({ syncAlways }) => !syncAlways)
    .map(({ name, syncIntervalNs }) =>
      finding(
        'sync',
        'warning',
        `${name} acknowledges before fsync (sync_interval ${syncIntervalNs / NANOS_PER_MS / 1000} s): ` +
          'a power failure may lose acknowledged orders; set sync_interval: always in its jetstream section',
      ),
    );
  const size = Math.max(0, ...servers.map(({ clusterSize }) => clusterSize));
  if (servers.length < size) {
    findings.push(finding('sync', 'warning', `${servers.length} of ${size} servers are looked at: name all in nats.monitoringUrls`));
  }
  if (findings.length > 0 || servers.length === 0) return findings;
  return [finding('sync', 'ok', `fsync before every acknowledgement on ${servers.map(({ name }) => name).join(', ')}`)];
}

/** Writers stamp entries by their own clocks: each is held against the servers', and so against every other's. */
async function checkClock(manager: JetStreamManager, servers: readonly Varz[], { clockSkewMaxMs }: ServerCheckOptions): Promise<Finding> {
  const skews = servers.map(({ name, skewMs, accuracyMs }) => ({ name, skewMs, accuracyMs }));
  for (let i = 0; i < CLOCK_SAMPLES; i++) {
    const askedMs = Date.now();
    const { ts, cluster } = await manager.streams.info('KV_sedax_leases');
    const accuracyMs = (Date.now() - askedMs) / 2;
    if (ts !== undefined) skews.push({ name: cluster?.leader ?? 'the server', skewMs: askedMs + accuracyMs - Date.parse(ts), accuracyMs });
  }
  const worst = skews
    .map((one) => ({ ...one, atLeastMs: Math.abs(one.skewMs) - one.accuracyMs }))
    .sort((a, b) => b.atLeastMs - a.atLeastMs)[0];
  if (worst === undefined) return finding('clock', 'warning', "the servers don't tell their time");
  const { name, skewMs, accuracyMs, atLeastMs } = worst;
  if (atLeastMs <= clockSkewMaxMs) return finding('clock', 'ok', `within ${Math.max(1, Math.ceil(atLeastMs))} ms of the servers'`);
  const relation = skewMs > 0 ? 'ahead of' : 'behind';
  const by = `${Math.round(Math.abs(skewMs))} ms ${relation} that of ${name}, give or take ${Math.ceil(accuracyMs)} ms`;
  return finding('clock', 'warning', `this machine's clock is ${by}; ${clockSkewMaxMs} ms are allowed: synchronise them (NTP)`);
}

/** By numbers; what follows a '-' does not count. */
function compareVersions(a: string, b: string): number {
  const parse = (version: string): number[] => version.split('-')[0]!.split('.').map(Number);
  const [left, right] = [parse(a), parse(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** at;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
