// The endpoints of one service and what they have answered, the same for every bus.
import type { EndpointStats, RequestHandler, ServiceInfo, Subscription } from './bus.ts';

const NAME = /^[A-Za-z0-9_-]+$/;
const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

class Endpoint implements EndpointStats {
  readonly name: string;
  readonly subject: string;
  readonly queueGroup: string;
  requests = 0;
  errors = 0;
  lastError = '';
  processingMs = 0;
  subscription: Subscription | undefined;

  constructor(name: string, subject: string, queueGroup: string) {
    this.name = name;
    this.subject = subject;
    this.queueGroup = queueGroup;
  }

  async answer(handler: RequestHandler, payload: Uint8Array, subject: string): Promise<Uint8Array> {
    const startedMs = performance.now();
    try {
      return await handler(payload, subject);
    } catch (error) {
      this.errors++;
      this.lastError = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      this.requests++;
      this.processingMs += performance.now() - startedMs;
    }
  }
}

export class Endpoints {
  readonly #respond: (subject: string, queueGroup: string, handler: RequestHandler) => Subscription;
  readonly #endpoints = new Map<string, Endpoint>();
  #stopped = false;

  constructor(respond: (subject: string, queueGroup: string, handler: RequestHandler) => Subscription) {
    this.#respond = respond;
  }

  add(name: string, subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    checkName(name);
    if (this.#stopped) throw new Error(`endpoint ${name}: the service was stopped`);
    if (this.#endpoints.has(name)) throw new RangeError(`endpoint ${name} is there already`);
    const endpoint = new Endpoint(name, subject, queueGroup);
    const subscription = this.#respond(subject, queueGroup, (payload, at) => endpoint.answer(handler, payload, at));
    endpoint.subscription = subscription;
    this.#endpoints.set(name, endpoint);
    return {
      close: () => {
        subscription.close();
        if (this.#endpoints.get(name) === endpoint) this.#endpoints.delete(name);
      },
    };
  }

  stats(): readonly EndpointStats[] {
    return [...this.#endpoints.values()].map(({ name, subject, queueGroup, requests, errors, lastError, processingMs }) => {
      return { name, subject, queueGroup, requests, errors, lastError, processingMs };
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const { subscription } of this.#endpoints.values()) subscription?.close();
    this.#endpoints.clear();
  }
}

/** Throws RangeError for names and versions that NATS services may not have. */
export function checkService({ name, version }: ServiceInfo): void {
  checkName(name);
  if (!VERSION.test(version)) throw new RangeError(`service ${name}: not a semantic version: ${version}`);
}

/** Names of services, endpoints, groups and members: one token of a subject. */
export function checkName(name: string): void {
  if (!NAME.test(name)) throw new RangeError(`a name has letters, digits, '-' and '_', not ${JSON.stringify(name)}`);
}
