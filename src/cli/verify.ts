// `sedax verify`: reads the whole journal of a data folder, or the streams of the nats-servers, checks every invariant and
// compares state hashes. Exit code 0 = well.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, CorruptLogError, UnknownStreamError } from '../bus/bus.ts';
import { MemoryBus } from '../bus/memory/memoryBus.ts';
import { forgetUnsynced, wasCutUnsynced } from '../bus/memory/unsyncedMark.ts';
import type { Config } from '../config/schema.ts';
import { connectionOf } from '../openBus.ts';
import { verifyLogs } from '../verify/verifyLogs.ts';
import { runAgain } from './ownProcess.ts';

/** Problems beyond these are counted, not printed. */
const PROBLEMS_SHOWN = 50;

export interface VerifyArgs {
  /** JSON {orders: [...], cancelled: [...]}: order ids clients were told of. */
  readonly acknowledgedFile?: string;
  /** Reads what a power cut left of a journal with durability 'none': pages that are not whole may end the process that does. */
  readonly afterCut?: boolean;
}

/** Resolves with the exit code: 0 = well, 1 = problems, damage included, 2 = nothing to verify. */
export async function verify(config: Config, args: VerifyArgs, print: (line: string) => void): Promise<number> {
  const dir = join(config.dataDir, 'journal');
  if (config.mode === 'embedded' && args.afterCut !== true && wasCutUnsynced(dir)) return verifyCut(dir, print);
  try {
    return await verifyFolder(config, args, print);
  } catch (error) {
    if (args.afterCut === true && !(error instanceof UnknownStreamError)) {
      print(`PROBLEM ${(error as Error).message}`);
      return 1;
    }
    if (error instanceof CorruptLogError) {
      print(`PROBLEM ${error.message}`);
      return 1;
    }
    if (error instanceof UnknownStreamError) {
      print(`${error.message}: the first start in ${config.dataDir} did not come to its end; another completes it`);
      return 2;
    }
    throw error;
  }
}

/** In a process of its own. Whole, it may be started from now on. */
async function verifyCut(dir: string, print: (line: string) => void): Promise<number> {
  print(`${dir}: the machine went down while it was written with durability none; reading all of it`);
  const { code, signal } = await runAgain(['--after-cut']);
  if (code === 0) {
    await forgetUnsynced(dir);
    print('it is whole, whatever else was told and lost: it may be started');
    return 0;
  }
  if (signal !== null) print(`PROBLEM ${dir} can't be read: ${signal}`);
  print('the power cut left no journal that can be trusted: go back to a copy of the folder, or begin with an empty one');
  return 1;
}

/** The client is loaded when it is needed. */
async function natsBus({ nats }: Config): Promise<Bus> {
  const { JetStreamBus } = await import('../bus/jetstream/jetStreamBus.ts');
  return JetStreamBus.connect({ ...connectionOf(nats, 'sedax verify'), replicas: nats.replicas });
}

/** Of the data folder, which its exchange must have left; or of the nats-servers, while nobody trades. */
async function openLogs(config: Config, dir: string, afterCut: boolean): Promise<Bus> {
  if (config.mode === 'distributed') return natsBus(config);
  const { mapSizeBytes, memoryBytesMax } = config.journal;
  return MemoryBus.open({ memoryBytesMax, journal: { dir, durability: 'none', intervalMs: 1000, mapSizeBytes, afterCut } });
}

async function verifyFolder(config: Config, args: VerifyArgs, print: (line: string) => void): Promise<number> {
  const dir = join(config.dataDir, 'journal');
  if (config.mode === 'embedded' && !existsSync(dir)) {
    print(`no journal in ${config.dataDir}`);
    return 2;
  }
  const told =
    args.acknowledgedFile === undefined
      ? {}
      : (JSON.parse(readFileSync(args.acknowledgedFile, 'utf8')) as { orders?: number[]; cancelled?: number[] });
  const bus = await openLogs(config, dir, args.afterCut === true);
  try {
    const report = await verifyLogs({
      bus,
      accountPartitions: config.pipeline.accountPartitions,
      marketPartitions: config.pipeline.marketPartitions,
      onProgress: print,
      ...(told.orders === undefined ? {} : { acknowledgedOrderIds: told.orders }),
      ...(told.cancelled === undefined ? {} : { cancelledOrderIds: told.cancelled }),
    });
    for (const [stream, hash] of Object.entries(report.hashes)) print(`${stream}: state ${hash}`);
    for (const problem of report.problems.slice(0, PROBLEMS_SHOWN)) print(`PROBLEM ${problem}`);
    if (report.problems.length > PROBLEMS_SHOWN) print(`... and ${report.problems.length - PROBLEMS_SHOWN} more`);
    const found = report.problems.length === 0 ? 'every invariant holds' : `${report.problems.length} problems`;
    print(`${report.messages} market steps, ${report.orders} orders, ${report.trades} trades: ${found}`);
    return report.problems.length === 0 ? 0 : 1;
  } finally {
    await bus.close();
  }
}
