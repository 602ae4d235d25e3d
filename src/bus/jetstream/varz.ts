// A nats-server's monitoring page /varz: the little of it that matters here.

const TIMEOUT_MS = 3000;

export interface Varz {
  readonly name: string;
  readonly version: string;
  /** Every write reaches the disk before it is acknowledged. */
  readonly syncAlways: boolean;
  readonly syncIntervalNs: number;
  readonly storeUsed: number;
  readonly storeMax: number;
  /** Servers with JetStream in its cluster; 1 without a cluster. */
  readonly clusterSize: number;
  /** This machine's clock minus the server's, and how exact that is. */
  readonly skewMs: number;
  readonly accuracyMs: number;
}

interface Page {
  readonly server_name?: string;
  readonly version?: string;
  readonly now?: string;
  readonly jetstream?: {
    readonly config?: { readonly sync_always?: boolean; readonly sync_interval?: number; readonly max_storage?: number };
    readonly stats?: { readonly storage?: number };
    readonly meta?: { readonly cluster_size?: number };
  };
}

/** Rejects when the port does not answer, or with what no nats-server with JetStream says. */
export async function readVarz(url: string): Promise<Varz> {
  // The first request opens the connection; the second one's way is short enough to compare clocks by.
  await fetchPage(url);
  const askedMs = Date.now();
  const page = await fetchPage(url);
  const accuracyMs = (Date.now() - askedMs) / 2;
  const { server_name: name, version, now, jetstream } = page;
  if (name === undefined || version === undefined || now === undefined) throw new Error('not the monitoring port of a nats-server');
  if (jetstream?.config === undefined) throw new Error(`JetStream is off on ${name}`);
  return {
    name,
    version,
    syncAlways: jetstream.config.sync_always === true,
    syncIntervalNs: jetstream.config.sync_interval ?? 0,
    storeUsed: jetstream.stats?.storage ?? 0,
    storeMax: jetstream.config.max_storage ?? 0,
    clusterSize: jetstream.meta?.cluster_size ?? 1,
    skewMs: askedMs + accuracyMs - Date.parse(now),
    accuracyMs,
  };
}

async function fetchPage(url: string): Promise<Page> {
  try {
    const response = await fetch(new URL('/varz', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.json()) as Page;
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(cause instanceof Error ? cause.message : message, { cause: error });
  }
}
