// Commands on their way to the account's writer in another process. What one turn of the event loop sends to one partition
// travels together. A command may be sent again: its account remembers the commands that took effect.

import { streams } from '../../bus/subjects.ts';
import type { AccountCommand } from '../../domain/command.ts';
import { accountPartition } from '../../domain/partitions.ts';
import type { CommandRoute } from '../acquiring/acquiring.ts';
import type { RegistryPosition } from '../outputLog.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';
import { decodeAnswers, encodeCommands } from './commandBatch.ts';
import type { PartitionClient } from './partitionClient.ts';

interface Sent {
  readonly command: AccountCommand;
  readonly answer: (answer: AccountAnswer) => void;
  readonly fail: (error: Error) => void;
}

/** Keeps a message far below the server's 1 MB. */
const BATCH_MAX = 256;

export interface BatchedRouteOptions {
  readonly client: PartitionClient;
  readonly registry: RegistryPosition;
  readonly accountPartitions: number;
  readonly timeoutMs: number;
}

export class BatchedRoute implements CommandRoute {
  readonly #options: BatchedRouteOptions;
  readonly #waiting = new Map<number, Sent[]>();

  constructor(options: BatchedRouteOptions) {
    this.#options = options;
  }

  send(command: AccountCommand, answer: (answer: AccountAnswer) => void, fail: (error: Error) => void): void {
    const partition = accountPartition(command.accountId, this.#options.accountPartitions);
    const sent = { command, answer, fail };
    // Its answer may wait for the symbol's writer: it must not hold up the others.
    if (command.kind === 'CancelReplace') {
      void this.#ask(partition, [sent]);
      return;
    }
    const waiting = this.#waiting.get(partition);
    if (waiting !== undefined && waiting.length < BATCH_MAX) {
      waiting.push(sent);
      return;
    }
    const batch = [sent];
    this.#waiting.set(partition, batch);
    setImmediate(() => {
      if (this.#waiting.get(partition) === batch) this.#waiting.delete(partition);
      void this.#ask(partition, batch);
    });
  }

  async #ask(partition: number, batch: readonly Sent[]): Promise<void> {
    const { client, registry, timeoutMs } = this.#options;
    try {
      const request = encodeCommands({ registryPosition: registry.position, commands: batch.map(({ command }) => command) });
      const answers = decodeAnswers(await client.ask(streams.accounts(partition), 'command', request, { timeoutMs, idempotent: true }));
      for (const [i, { answer, fail }] of batch.entries()) {
        const reply = answers[i];
        if (reply === undefined) fail(new Error('the account writer left a command without an answer'));
        else answer(reply);
      }
    } catch (error) {
      for (const { fail } of batch) fail(error as Error);
    }
  }
}
