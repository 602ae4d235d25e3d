// One life of a consumer: an ephemeral ordered pull consumer from a position on, and the subscription its messages come to.
// Asks for as many messages as its owner has room for, one request at a time. Ends at the first sign of a fault: its owner
// starts another one behind the last message it got.
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, nanos, nuid, type Subscription } from '@nats-io/transport-node';
import type { BusMessage } from '../bus.ts';
import { newInbox, parseDelivery } from './connection.ts';
import { readHeaders, UNIT_HEADER } from './messageHeaders.ts';
import type { OwnAppends } from './ownAppends.ts';

export interface PullEvents {
  message(message: BusMessage, bytes: number): void;
  /** A request is used up or timed out: time to ask again. */
  idle(): void;
  /** It is over. */
  fault(reason: string): void;
}

export interface PullRequest {
  readonly stream: string;
  /** Part of the consumer's name, for `nats consumer report`. */
  readonly name: string;
  readonly fromSequence: number;
  readonly filters: readonly string[] | undefined;
  /**
   * Shows in `nats consumer report` how far its owner is: Unprocessed is what has not left the server, Ack Pending what waits
   * in the process, Ack Floor what is done.
   */
  readonly visible: boolean;
}

/** What a message costs beside its payload, roughly. */
const MESSAGE_BYTES = 400;
const HEARTBEAT_MS = 1000;
const EXPIRES_MS = 30_000;
/** An owner that does not ask for so long loses the consumer, and makes a new one when it asks again. */
const INACTIVE_MS = 60_000;
const MISSED_HEARTBEATS_MS = 3 * HEARTBEAT_MS;
/** Acknowledgements only tell how far a reader is: nothing is ever delivered again for want of one. */
const ACK_WAIT_MS = 24 * 3600 * 1000;
/** While more messages wait, one in so many can be acknowledged. */
const CHECKPOINT_EVERY = 64;

export class Pull {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #request: PullRequest;
  readonly #events: PullEvents;
  readonly #own: OwnAppends | undefined;
  readonly #inbox: string;
  readonly #consumer: string;
  #subscription: Subscription | undefined;
  /** Messages asked for and not yet here; 0 = no request is open. */
  #credit = 0;
  #delivered = 0;
  #heardAt = 0;
  #watch: NodeJS.Timeout | undefined;
  /** Messages that may be acknowledged, with those before them, oldest first. */
  #checkpoints: { readonly sequence: number; readonly reply: string }[] = [];
  #processed = 0;
  #over = false;
  /** Matching messages in the stream behind the newest one received. */
  pending = 0;

  constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    request: PullRequest,
    own: OwnAppends | undefined,
    events: PullEvents,
  ) {
    this.#connection = connection;
    this.#inbox = newInbox(connection);
    this.#manager = manager;
    this.#request = request;
    this.#events = events;
    this.#own = own;
    this.#consumer = `${request.name.replace(/[^A-Za-z0-9_-]/g, '_')}-${nuid.next()}`;
  }

  get asking(): boolean {
    return this.#credit > 0;
  }

  async start(): Promise<void> {
    const { stream, fromSequence, filters, visible } = this.#request;
    const config: Partial<ConsumerConfig> = {
      name: this.#consumer,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: fromSequence,
      ...(visible
        ? { ack_policy: AckPolicy.All, ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: -1, max_deliver: 1 }
        : { ack_policy: AckPolicy.None }),
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
      ...(filters === undefined ? {} : { filter_subjects: [...filters] }),
    };
    const info = await this.#manager.consumers.add(stream, config);
    if (this.#over) {
      this.#delete();
      return;
    }
    this.pending = info.num_pending;
    this.#subscription = this.#connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) this.#fault(error.message);
        else this.#received(message);
      },
    });
    this.#heardAt = performance.now();
    this.#watch = setInterval(() => {
      this.#checkHeartbeat();
      this.#acknowledge();
    }, HEARTBEAT_MS).unref();
  }

  ask(messages: number, bytesMax: number): void {
    this.#credit = messages;
    this.#heardAt = performance.now();
    const { stream } = this.#request;
    const request = {
      batch: messages,
      max_bytes: bytesMax,
      expires: nanos(EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    };
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`;
    this.#connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
  }

  /** The owner is done with everything up to this position. Told to the server once a second at most. */
  processed(sequence: number): void {
    this.#processed = sequence;
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#watch);
    this.#subscription?.unsubscribe();
    if (this.#subscription !== undefined) this.#delete();
  }

  #delete(): void {
    // Best effort: it goes by itself after INACTIVE_MS.
    this.#manager.consumers.delete(this.#request.stream, this.#consumer).catch(() => undefined);
  }

  #received(message: Msg): void {
    if (this.#over) return;
    this.#heardAt = performance.now();
    const delivery = message.reply === undefined ? undefined : parseDelivery(message.reply);
    if (delivery === undefined) {
      this.#status(message);
      return;
    }
    if (delivery.consumerSequence !== this.#delivered + 1) {
      this.#fault(`message ${this.#delivered + 1} of the consumer is missing`);
      return;
    }
    this.#delivered++;
    this.#credit--;
    this.pending = delivery.pending;
    if (this.#request.visible && (delivery.pending === 0 || this.#delivered % CHECKPOINT_EVERY === 0)) {
      this.#checkpoints.push({ sequence: delivery.streamSequence, reply: message.reply! });
    }
    const { stream } = this.#request;
    const { subject, data: payload } = message;
    const headers = readHeaders(message.headers);
    const sequence = delivery.streamSequence;
    const decoded = this.#own?.has(sequence) ? this.#own.decoded(sequence, message.headers?.get(UNIT_HEADER) ?? '') : undefined;
    this.#events.message({ stream, sequence, subject, headers, payload, decoded }, payload.length + MESSAGE_BYTES);
    if (this.#credit === 0) this.#events.idle();
  }

  #status(message: Msg): void {
    const code = message.headers?.code ?? 0;
    const description = message.headers?.description.toLowerCase() ?? '';
    if (code === 100) return;
    // 404, 408: nothing came in time. 409 of these kinds: the request was served as far as its limits allow.
    const served = code === 409 && (description.includes('maxbytes') || description.includes('batch completed'));
    if (code === 404 || code === 408 || served) {
      this.#credit = 0;
      this.#events.idle();
      return;
    }
    this.#fault(`${code} ${description}`);
  }

  #acknowledge(): void {
    const done = this.#checkpoints.findLastIndex(({ sequence }) => sequence <= this.#processed);
    if (this.#over || done < 0) return;
    this.#connection.publish(this.#checkpoints[done]!.reply, '+ACK');
    this.#checkpoints.splice(0, done + 1);
  }

  #checkHeartbeat(): void {
    if (!this.asking) return;
    if (performance.now() - this.#heardAt > MISSED_HEARTBEATS_MS) this.#fault('heartbeats are missing');
  }

  #fault(reason: string): void {
    if (this.#over) return;
    this.stop();
    this.#events.fault(reason);
  }
}
