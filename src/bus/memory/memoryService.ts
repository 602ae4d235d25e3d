// A service inside one process: endpoints that count. There is nobody to list it for.
import { randomUUID } from 'node:crypto';
import type { BusService, EndpointStats, RequestHandler, ServiceInfo, Subscription } from '../bus.ts';
import { checkService, Endpoints } from '../endpoints.ts';
import type { Messenger } from './messenger.ts';

export class MemoryService implements BusService {
  readonly id = randomUUID();
  readonly #endpoints: Endpoints;

  constructor(info: ServiceInfo, messenger: Messenger) {
    checkService(info);
    this.#endpoints = new Endpoints((subject, queueGroup, handler) => messenger.respond(subject, queueGroup, handler));
  }

  endpoint(name: string, subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    return this.#endpoints.add(name, subject, queueGroup, handler);
  }

  stats(): readonly EndpointStats[] {
    return this.#endpoints.stats();
  }

  async stop(): Promise<void> {
    this.#endpoints.stop();
  }
}
