// Streams as configured: made when absent, compared when there. A difference is an error that says what to do: nothing here
// ever changes a stream that exists.
import { DiscardPolicy, type JetStreamManager, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { UnknownStreamError } from '../bus.ts';
import { ApiCode, apiCode, busError } from './connection.ts';
import { isPassing, whileItPasses } from './creating.ts';

export class StreamMismatchError extends Error {
  override name = 'StreamMismatchError';
}

export interface StreamOptions {
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  /** Publishes several messages as one: servers from 2.12 on. */
  readonly atomic: boolean;
}

/** Messages carry no ids: the window is what it may least be, so that the server keeps no map of them. */
const DUPLICATE_WINDOW_MS = 100;
/** A cluster that has just started places streams a little later. */

function wantedConfig(name: string, subjects: readonly string[], options: StreamOptions): Partial<StreamConfig> {
  return {
    name,
    subjects: [...subjects],
    retention: RetentionPolicy.Limits,
    storage: options.storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: options.replicas,
    // Never drops a message by itself: trim() is the only way out.
    discard: DiscardPolicy.New,
    max_msgs: -1,
    max_bytes: -1,
    max_age: 0,
    max_msgs_per_subject: -1,
    deny_delete: true,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    ...(options.atomic ? { allow_atomic: true } : {}),
  };
}

export async function ensureStream(
  manager: JetStreamManager,
  name: string,
  subjects: readonly string[],
  options: StreamOptions,
): Promise<void> {
  const wanted = wantedConfig(name, subjects, options);
  try {
    await whileItPasses(async () => {
      const found = await configOf(manager, name);
      if (found !== undefined) checkConfig(name, wanted, found);
      // Of two processes that make it at the same time the second finds it there, equal.
      else await manager.streams.add(wanted as Partial<StreamConfig> & { name: string });
    });
  } catch (error) {
    if (apiCode(error) === undefined && !isPassing(error)) throw error;
    throw creationError(name, options, error);
  }
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (apiCode(error) === ApiCode.STREAM_NOT_FOUND) return undefined;
    if (isPassing(error)) return undefined;
    throw busError(error, `stream ${name}`);
  }
}

function creationError(name: string, { replicas }: StreamOptions, cause: unknown): Error {
  const why = (cause as Error).message;
  const hint =
    replicas > 1
      ? `; ${replicas} replicas need a cluster of at least as many servers with JetStream`
      : '; is JetStream enabled on the server, and is there room?';
  return new Error(`stream ${name} could not be made: ${why}${hint}`, { cause });
}

/** What must be as configured, and what to do when it is not. */
function checkConfig(name: string, wanted: Partial<StreamConfig>, found: StreamConfig): void {
  const problems: string[] = [];
  const differ = (what: string, have: unknown, want: unknown, remedy: string): void => {
    if (JSON.stringify(have) === JSON.stringify(want)) return;
    problems.push(`${what} is ${JSON.stringify(have)}, configured is ${JSON.stringify(want)}: ${remedy}`);
  };
  const replicas = `either \`nats stream edit ${name} --replicas ${wanted.num_replicas}\` or configure ${found.num_replicas}`;
  differ('number of replicas', found.num_replicas, wanted.num_replicas, replicas);
  differ('storage', found.storage, wanted.storage, 'it can not be changed: copy the stream, or configure what it has');
  differ(
    'subjects',
    [...found.subjects].sort(),
    [...(wanted.subjects ?? [])].sort(),
    'the number of partitions was changed, or another version made it: partitions are fixed once there is data',
  );
  differ('retention', found.retention, wanted.retention, 'something else made this stream: use another account');
  const limits = 'messages could be dropped before they are processed: remove the limit with `nats stream edit`';
  for (const limit of ['max_msgs', 'max_bytes', 'max_age', 'max_msgs_per_subject'] as const) {
    differ(limit, found[limit], wanted[limit], limits);
  }
  differ('discard policy', found.discard, wanted.discard, limits);
  if (wanted.allow_atomic && found.allow_atomic !== true) {
    problems.push(`atomic publishing is off: \`nats stream edit ${name} --allow-batch\``);
  }
  if (problems.length > 0) throw new StreamMismatchError(`stream ${name}: ${problems.join('; ')}`);
}

/** Buckets are streams too, which the client library makes, and takes as they are when they exist. */
export async function checkBucket(manager: JetStreamManager, stream: string, replicas: number): Promise<void> {
  const { config } = await manager.streams.info(stream);
  if (config.num_replicas === replicas) return;
  throw new StreamMismatchError(
    `stream ${stream}: number of replicas is ${config.num_replicas}, configured is ${replicas}: ` +
      `either \`nats stream edit ${stream} --replicas ${replicas}\` or configure ${config.num_replicas}`,
  );
}

export function unknownStream(name: string, cause?: unknown): UnknownStreamError {
  return new UnknownStreamError(`no such stream: ${name}`, cause === undefined ? undefined : { cause });
}
