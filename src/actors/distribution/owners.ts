// Who writes each stream now, as the logs themselves say: every step names its writer and epoch. Requests go to the owner of
// an epoch by name, so that a writer that was paused and lost its partition is not asked any more, even while its
// connection still stands.
import type { Bus, BusMessage } from '../../bus/bus.ts';
import { Header } from '../step.ts';

export interface Owner {
  readonly epoch: number;
  /** The process, as it names itself. */
  readonly writer: string;
}

export class Owners {
  readonly #owners = new Map<string, Owner>();
  readonly #waiters = new Map<string, Set<() => void>>();

  /** Reads the newest message of each stream: who wrote it owns the stream, as far as the log tells. */
  async load(bus: Bus, streams: readonly string[]): Promise<void> {
    await Promise.all(
      streams.map(async (stream) => {
        const { firstSequence, lastSequence } = await bus.streamInfo(stream);
        if (lastSequence < firstSequence) return;
        const reader = bus.read(stream, { fromSequence: lastSequence, maxBatch: 1 });
        try {
          for (const message of await reader.next()) this.note(message);
        } finally {
          reader.close();
        }
      }),
    );
  }

  note(message: BusMessage): void {
    const epoch = Number(message.headers[Header.epoch]);
    const { stream } = message;
    if (!(epoch > (this.#owners.get(stream)?.epoch ?? 0))) return;
    this.#owners.set(stream, { epoch, writer: message.headers[Header.writer] ?? '' });
    const waiters = this.#waiters.get(stream);
    if (waiters === undefined) return;
    this.#waiters.delete(stream);
    for (const wake of waiters) wake();
  }

  of(stream: string): Owner | undefined {
    return this.#owners.get(stream);
  }

  all(): ReadonlyMap<string, Owner> {
    return this.#owners;
  }

  /** Calls back once when the stream gets another owner; returns the way to stop waiting. */
  onNext(stream: string, wake: () => void): () => void {
    const waiters = this.#waiters.get(stream) ?? new Set();
    waiters.add(wake);
    this.#waiters.set(stream, waiters);
    return () => waiters.delete(wake);
  }
}
