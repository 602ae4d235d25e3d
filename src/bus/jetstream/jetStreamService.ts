// A service as NATS defines it (ADR-32): its instances answer $SRV.PING, INFO and STATS, to all, by name and by id, which is
// what `nats micro ls|info|stats` asks. Written here because the published @nats-io/services is a pre-release bound to an old
// core of the client.
import { type NatsConnection, type Subscription as NatsSubscription, nuid } from '@nats-io/transport-node';
import type { BusService, EndpointStats, RequestHandler, ServiceInfo, Subscription } from '../bus.ts';
import { checkService, Endpoints } from '../endpoints.ts';

const NANOS_PER_MS = 1e6;

export class JetStreamService implements BusService {
  readonly id = nuid.next();
  readonly #info: ServiceInfo;
  readonly #connection: NatsConnection;
  readonly #endpoints: Endpoints;
  readonly #started = new Date().toISOString();
  readonly #subscriptions: NatsSubscription[] = [];

  constructor(
    info: ServiceInfo,
    connection: NatsConnection,
    respond: (subject: string, queueGroup: string, handler: RequestHandler) => Subscription,
  ) {
    checkService(info);
    this.#info = info;
    this.#connection = connection;
    this.#endpoints = new Endpoints(respond);
    this.#serve('PING', () => this.#identity('ping'));
    this.#serve('INFO', () => this.#description());
    this.#serve('STATS', () => this.#statistics());
  }

  endpoint(name: string, subject: string, queueGroup: string, handler: RequestHandler): Subscription {
    return this.#endpoints.add(name, subject, queueGroup, handler);
  }

  stats(): readonly EndpointStats[] {
    return this.#endpoints.stats();
  }

  async stop(): Promise<void> {
    this.#endpoints.stop();
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    // Nobody is to see it after this.
    if (this.#connection.isClosed() || this.#connection.isDraining()) return;
    // A connection that breaks meanwhile has no subscriptions left at the server either.
    await this.#connection.flush().catch(() => undefined);
  }

  #serve(verb: string, answer: () => object): void {
    const { name } = this.#info;
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${this.id}`]) {
      const subscription = this.#connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) message.respond(JSON.stringify(answer()));
        },
      });
      this.#subscriptions.push(subscription);
    }
  }

  #identity(kind: 'ping' | 'info' | 'stats'): object {
    const { name, version, metadata } = this.#info;
    return { type: `io.nats.micro.v1.${kind}_response`, name, id: this.id, version, metadata };
  }

  #description(): object {
    const endpoints = this.#endpoints.stats().map(({ name, subject, queueGroup }) => ({ name, subject, queue_group: queueGroup }));
    return { ...this.#identity('info'), description: this.#info.description, endpoints };
  }

  #statistics(): object {
    const endpoints = this.#endpoints.stats().map((one) => ({
      name: one.name,
      subject: one.subject,
      queue_group: one.queueGroup,
      num_requests: one.requests,
      num_errors: one.errors,
      last_error: one.lastError,
      processing_time: Math.round(one.processingMs * NANOS_PER_MS),
      average_processing_time: one.requests === 0 ? 0 : Math.round((one.processingMs * NANOS_PER_MS) / one.requests),
    }));
    return { ...this.#identity('stats'), started: this.#started, endpoints };
  }
}
