// The exchange of one simulated process: the real pipeline, in small dimensions, so that its bounds are met.
import { Pipeline } from '../../src/actors/pipeline.ts';
import { ROLES, type Role } from '../../src/actors/roles.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { NO_ACCOUNT_LIMITS } from '../../src/domain/account/limits.ts';
import type { HistoryStore } from '../../src/history/historyStore.ts';
import { LocalKeeper } from '../../src/history/localKeeper.ts';
import type { Machine } from './scheduler.ts';
import type { Seams } from './seams.ts';
import type { WorldConfig } from './world.ts';

const TIMEOUT_MS = 4_500;
const LEASE_TTL_MS = 600;

const SPLIT: readonly (readonly Role[])[] = [
  ['acquiring', 'push', 'admin', 'settlement', 'history'],
  ['match', 'kline', 'settlement'],
  ['acquiring', 'match', 'kline', 'admin'],
];

export interface PipelineParts {
  readonly config: WorldConfig;
  readonly seat: number;
  readonly bus: Bus;
  readonly machine: Machine;
  readonly history: HistoryStore | undefined;
  readonly life: number;
  readonly seams: Seams;
  readonly log: (level: 'info' | 'warn' | 'error', facts: object, message: string) => void;
  readonly onFatal: (stage: string, error: Error) => void;
}

export function makePipeline({ config, seat, bus, machine, history, life, seams, log, onFatal }: PipelineParts): Pipeline {
  const { embedded, splitRoles, processes } = config;
  const roles = new Set(splitRoles && processes > 1 ? SPLIT[seat % SPLIT.length] : ROLES);
  return new Pipeline({
    bus,
    clock: machine,
    logger: {
      info: (facts, message) => log('info', facts, message),
      warn: (facts, message) => log('warn', facts, message),
      error: (facts, message) => log('error', facts, message),
    },
    config: {
      accountPartitions: config.accountPartitions,
      marketPartitions: config.marketPartitions,
      partition: {
        maxBatch: 32,
        maxInFlight: 4,
        maxQueued: 256,
        poisonAttempts: 3,
        passivateAfterMs: 60_000,
        snapshotEverySteps: config.snapshotEverySteps,
        // So few that a snapshot of a handful of orders is taken between batches that change them.
        snapshotSliceRows: 2,
      },
      acquiring: { timeoutMs: TIMEOUT_MS, admission: { maxPending: 256, minPending: 16, targetMs: 500 } },
      consumerBatch: 64,
      pushSnapshotEveryMessages: config.snapshotEverySteps * 4,
      tickMs: 40,
      leaseTtlMs: LEASE_TTL_MS,
      memberTtlMs: LEASE_TTL_MS,
      accountLimits: NO_ACCOUNT_LIMITS,
    },
    writer: machine.name,
    life,
    onFatal,
    ...(history === undefined ? {} : { history: new LocalKeeper(history) }),
    ...(embedded
      ? {}
      : {
          distribution: {
            roles,
            version: '0.0.0',
            history: () => {
              throw new Error('nobody asks for the past here');
            },
          },
        }),
    ...(seams.newAccount === undefined ? {} : { newAccount: seams.newAccount }),
    ...(seams.newMarket === undefined ? {} : { newMarket: seams.newMarket }),
  });
}
