// The requests the owner of a partition answers while it owns it: commands, queries, the operator's. One set of subjects per
// epoch, so that an owner is only ever asked by those who know it.
import type { Bus, BusService, ServiceInfo } from '../../bus/bus.ts';
import { subjects } from '../../bus/subjects.ts';
import { type Inspections, inspectionJson } from './inspection.ts';
import { LOST, MOVED } from './partitionClient.ts';

/** Throws to refuse; the message reaches whoever asked. */
export type Endpoint = (payload: Uint8Array) => Promise<Uint8Array>;

const MOVED_ERROR = new Error(MOVED);

export class ServedPartition {
  readonly #service: BusService;
  /** Requests without an answer yet. */
  readonly #open = new Set<(error: Error) => void>();
  #closed = false;

  private constructor(service: BusService) {
    this.#service = service;
  }

  /** Each served partition is an instance of its stage's service: `nats micro ls` lists it, with its requests and errors. */
  static async open(
    bus: Bus,
    info: ServiceInfo,
    stream: string,
    epoch: number,
    endpoints: Readonly<Record<string, Endpoint>>,
    inspections: Inspections = {},
  ): Promise<ServedPartition> {
    const served = new ServedPartition(await bus.service(info));
    for (const [name, endpoint] of Object.entries(endpoints)) {
      const subject = subjects.ask(stream, name, epoch);
      served.#service.endpoint(name, subject, stream, (payload) => served.#answer(endpoint, payload));
    }
    for (const [name, { subject, answer }] of Object.entries(inspections)) {
      served.#service.endpoint(name, subject, stream, (payload, asked) =>
        served.#answer(async () => inspectionJson(await answer(asked.slice(asked.lastIndexOf('.') + 1), payload)), payload),
      );
    }
    return served;
  }

  /** Takes nothing more; what is open still gets its answer. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#service.stop();
  }

  /** The partition is gone: who waits is told so, and asks its next owner or the log. */
  async abandon(): Promise<void> {
    for (const reject of this.#open) reject(new Error(LOST));
    this.#open.clear();
    await this.close();
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
