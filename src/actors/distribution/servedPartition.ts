// The requests the owner of a partition answers while it owns it: commands, queries, the operator's. One set of subjects per
// epoch, so that an owner is only ever asked by those who know it.
import type { Bus, Subscription } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import { MOVED } from './partitionClient.ts';

/** Throws to refuse; the message reaches whoever asked. */
export type Endpoint = (payload: Uint8Array) => Promise<Uint8Array>;

const MOVED_ERROR = new Error(MOVED);

export class ServedPartition {
  readonly #subscriptions: Subscription[] = [];
  /** Requests without an answer yet. */
  readonly #open = new Set<(error: Error) => void>();
  #closed = false;

  constructor(bus: Bus, stream: string, epoch: number, endpoints: Readonly<Record<string, Endpoint>>) {
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const subject = subjects.ask(stream, name, epoch);
      this.#subscriptions.push(bus.respond(subject, stream, (payload) => this.#answer(endpoint, payload)));
    }
  }

  /** Takes nothing more; what is open still gets its answer. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.close();
  }

  /** The partition is gone: who waits is told to ask its next owner. */
  abandon(): void {
    this.close();
    for (const reject of this.#open) reject(MOVED_ERROR);
    this.#open.clear();
  }

  #answer(endpoint: Endpoint, payload: Uint8Array): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(MOVED_ERROR);
    return new Promise((resolve, reject) => {
      this.#open.add(reject);
      endpoint(payload)
        .then(resolve, reject)
        .finally(() => this.#open.delete(reject));
    });
  }
}
