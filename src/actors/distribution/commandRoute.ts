// Commands on their way to the account's writer in another process. What one turn of the event loop sends to one partition
// travels together, and under load what came in while a request was on its way: the writer would let it wait as well, for it
// appends one step at a time. A command may be sent again: its account remembers the commands that took effect.

import { streams } from '../../bus/subjects.ts';
import type { AccountCommand } from '../../domain/command.ts';
import { accountPartition } from '../../domain/partitions.ts';
import type { CommandRoute } from '../acquiring/acquiring.ts';
import type { CommandAsker } from '../acquiring/pendingCommands.ts';
import type { RegistryPosition } from '../outputLog.ts';
import { decodeAnswers, encodeCommands } from './commandBatch.ts';
import type { PartitionClient } from './partitionClient.ts';

interface Sent {
  readonly command: AccountCommand;
  readonly asker: CommandAsker;
}

/** Keeps a message far below the server's 1 MB. */
const BATCH_MAX = 256;
/** The longest wait for the answer to the request before: its owner may be gone. */
const WAIT_MS = 5;

/** The way to one partition. */
class Lane {
  readonly #ask: (batch: readonly Sent[]) => Promise<void>;
  #waiting: Sent[] = [];
  #open = 0;
  #soon = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ask: (batch: readonly Sent[]) => Promise<void>) {
    this.#ask = ask;
  }

  add(sent: Sent): void {
    this.#waiting.push(sent);
    if (this.#waiting.length >= BATCH_MAX) this.#send();
    else if (this.#open === 0) this.#sendSoon();
    else this.#timer ??= setTimeout(() => this.#send(), WAIT_MS);
  }

  /** After this turn of the event loop. */
  #sendSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#soon = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#open++;
    void this.#ask(batch).finally(() => {
      this.#open--;
      if (this.#waiting.length > 0 && this.#open === 0) this.#sendSoon();
    });
  }
}

export interface BatchedRouteOptions {
  readonly client: PartitionClient;
  readonly registry: RegistryPosition;
  readonly accountPartitions: number;
  readonly timeoutMs: number;
}

export class BatchedRoute implements CommandRoute {
  readonly #options: BatchedRouteOptions;
  readonly #lanes = new Map<number, Lane>();

  constructor(options: BatchedRouteOptions) {
    this.#options = options;
  }

  send(command: AccountCommand, asker: CommandAsker): void {
    const partition = accountPartition(command.accountId, this.#options.accountPartitions);
    const sent = { command, asker };
    // Its answer may wait for the symbol's writer: it must not hold up the others.
    if (command.kind === 'CancelReplace') {
      void this.#ask(partition, [sent]);
      return;
    }
    let lane = this.#lanes.get(partition);
    if (lane === undefined) {
      lane = new Lane((batch) => this.#ask(partition, batch));
      this.#lanes.set(partition, lane);
    }
    lane.add(sent);
  }

  async #ask(partition: number, batch: readonly Sent[]): Promise<void> {
    const { client, registry, timeoutMs } = this.#options;
    try {
      const request = encodeCommands({ registryPosition: registry.position, commands: batch.map(({ command }) => command) });
      const answers = decodeAnswers(await client.ask(streams.accounts(partition), 'command', request, { timeoutMs, idempotent: true }));
      for (const [i, { asker }] of batch.entries()) {
        const reply = answers[i];
        if (reply === undefined) asker.failed(new Error('the account writer left a command without an answer'));
        else asker.answered(reply);
      }
    } catch (error) {
      for (const { asker } of batch) asker.failed(error as Error);
    }
  }
}
