// What the owner of each kind of partition answers. Payloads are plain data in msgpack; '' in an asking subject's place is
// never used: whoever knows the epoch knows the owner.

import { decodeSnapshot, encodeSnapshot } from '../../codec/snapshotCodec.ts';
import type { Account } from '../../domain/account/account.ts';
import type { RegistryState } from '../../domain/registryState.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import { type AdminAnswer, type AdminChange, type AdminInput, REGISTRY } from '../admin/adminBehaviour.ts';
import { closesDoor } from '../admin/doors.ts';
import type { RegistryPosition } from '../outputLog.ts';
import type { Partition } from '../partition.ts';
import { type AccountAnswer, type AccountInput, balancesOf, isHouseOf } from '../settlement/accountBehaviour.ts';
import { accountsOf, sumAccounts } from '../settlement/reconciliation.ts';
import { decodeCommands, encodeAnswers } from './commandBatch.ts';
import { OVERLOADED } from './partitionClient.ts';
import type { Endpoint } from './servedPartition.ts';

export type Endpoints = Readonly<Record<string, Endpoint>>;

/** Positions a reader must have reached before it answers, by stream. */
type Positions = Readonly<Record<string, number>>;

/** Every stage's: poisoned children, and the hash of the living state for whoever folds the log beside it. */
export function commonEndpoints<S, I>(partition: Partition<S, I>): Endpoints {
  return {
    hash: async () => encodeSnapshot(await partition.hash()),
    halted: async (payload) => {
      const name = decodeSnapshot(payload);
      return encodeSnapshot(partition.halted().some((child) => child.name === name));
    },
    resume: async (payload) => {
      const [name, how] = decodeSnapshot(payload) as [string, 'retry' | 'skip'];
      return encodeSnapshot(partition.resumePoisoned(name, how));
    },
  };
}

export interface SettlementContext {
  readonly registry: Registry & RegistryPosition;
  readonly accountPartitions: number;
  /** Queued inputs at which commands are refused. */
  readonly maxQueued: number;
}

export function settlementEndpoints(partition: Partition<Account, AccountInput>, context: SettlementContext): Endpoints {
  const { registry, accountPartitions, maxQueued } = context;
  return {
    ...commonEndpoints(partition),
    command: async (payload) => {
      const { registryPosition, commands } = decodeCommands(payload);
      if (partition.queued > maxQueued) throw new Error(OVERLOADED);
      await registry.reached(registryPosition);
      return new Promise((resolve) => {
        const answers = new Array<AccountAnswer>(commands.length);
        let missing = commands.length;
        for (const [i, command] of commands.entries()) {
          const answered = (reply: AccountAnswer): void => {
            answers[i] = reply;
            if (--missing === 0) resolve(encodeAnswers(answers));
          };
          partition.submit(command.accountId, { kind: 'command', command, asker: { answered } });
        }
      });
    },
    balances: async (payload) => {
      const [accountId, positions] = decodeSnapshot(payload) as [number, Positions];
      await consumed(partition, positions);
      const balances = await partition.read(() => balancesOf(partition.peek(accountId)));
      return encodeSnapshot(balances.map((balance) => ({ ...balance })));
    },
    sums: async (payload) => {
      await consumed(partition, decodeSnapshot(payload) as Positions);
      const sums = await partition.read(() => sumAccounts(accountsOf(partition), isHouseOf(accountPartitions), registry));
      return encodeSnapshot(sums.map((sum) => ({ ...sum })));
    },
  };
}

export function adminEndpoints(partition: Partition<RegistryState, AdminInput>): Endpoints {
  const submit = (change: AdminChange): Promise<Uint8Array> =>
    new Promise((resolve) => {
      partition.submit(REGISTRY, { change, answer: (answer) => resolve(encodeSnapshot(answer)) });
    });
  return {
    ...commonEndpoints(partition),
    /** Everything an admin may do: for edges alone, which have asked who it is. */
    change: (payload) => submit(decodeSnapshot(payload) as AdminChange),
    close: async (payload) => {
      const change = decodeSnapshot(payload) as AdminChange;
      if (closesDoor(change)) return submit(change);
      const refusal: AdminAnswer = { ok: false, problem: 'invalid', message: 'a stage may close a door and change nothing else' };
      return encodeSnapshot(refusal);
    },
  };
}

async function consumed<S, I>(partition: Partition<S, I>, positions: Positions): Promise<void> {
  for (const [stream, sequence] of Object.entries(positions)) await partition.whenConsumed(stream, sequence);
}
