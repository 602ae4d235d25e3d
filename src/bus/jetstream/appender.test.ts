// The appender against a server that loses, delays and reorders requests and answers, and a rival that takes the stream.
// Time is virtual; a failure prints its seed.
import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppendTimeoutError, EPOCH_HEADER, WrongLastSequenceError } from '../bus.ts';
import { Appender } from './appender.ts';
import type { RequestOptions } from './requests.ts';

interface Stored {
  readonly text: string;
  readonly header: MsgHdrs;
}

interface Faults {
  /** Chances of 100 that a request never arrives, that its answer never does. */
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly delayMs: number;
  /** The rival appends once, when the stream has this many messages. */
  readonly rivalAt: number | undefined;
  readonly seed: number;
}

const RIVAL = 'rival';

/** A stream, and the way to it. */
class UnreliableServer {
  readonly log: Stored[] = [];
  readonly #faults: Faults;
  readonly #batches = new Map<string, { readonly id: string; readonly texts: string[]; readonly headers: MsgHdrs[] }>();
  #random: number;
  #faulty = true;

  constructor(faults: Faults) {
    this.#faults = faults;
    this.#random = faults.seed | 1;
  }

  heal(): void {
    this.#faulty = false;
  }

  #chance(percent: number): boolean {
    return this.#faulty && this.#next() % 100 < percent;
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) & 0x7fffffff;
    return this.#random >>> 8;
  }

  async #travel(): Promise<void> {
    const ms = this.#faulty ? this.#next() % (this.#faults.delayMs + 1) : 0;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** What `handle` answers, if request and answer get through in time. */
  #call<T>(handle: () => T, timeoutMs: number): Promise<T> {
    const arrives = !this.#chance(this.#faults.loseRequest);
    const returns = !this.#chance(this.#faults.loseAnswer);
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new errors.TimeoutError()), timeoutMs);
      if (!arrives) return;
      const answer = async (): Promise<void> => {
        await this.#travel();
        try {
          const result = handle();
          if (!returns) return;
          await this.#travel();
          resolve(result);
        } catch (error) {
          if (!returns) return;
          await this.#travel();
          reject(error as Error);
        }
      };
      void answer();
    });
  }

  #store(texts: string[], headers: MsgHdrs[], expected: number): object {
    const { rivalAt } = this.#faults;
    if (rivalAt !== undefined && this.log.length >= rivalAt && !this.log.some(({ text }) => text === RIVAL)) {
      this.log.push({ text: RIVAL, header: headers[0]! });
      (this.log.at(-1) as { header: unknown }).header = { get: () => '' };
    }
    if (expected !== this.log.length) {
      return { error: { code: 400, err_code: 10_071, description: `wrong last sequence: ${this.log.length}` } };
    }
    for (const [i, text] of texts.entries()) this.log.push({ text, header: headers[i]! });
    return { stream: 's', seq: this.log.length };
  }

  #receive(text: string, headers: MsgHdrs, last: boolean): object | undefined {
    const batch = headers.get('Nats-Batch-Id');
    if (batch === '') return this.#store([text], [headers], Number(headers.get('Nats-Expected-Last-Sequence')));
    const known = this.#batches.get(batch) ?? { id: batch, texts: [], headers: [] };
    this.#batches.set(batch, known);
    known.texts.push(text);
    known.headers.push(headers);
    if (!last) return undefined;
    if (known.texts.length !== Number(headers.get('Nats-Batch-Sequence'))) {
      return { error: { code: 400, err_code: 10_176, description: 'batch is incomplete' } };
    }
    return this.#store(known.texts, known.headers, Number(known.headers[0]!.get('Nats-Expected-Last-Sequence')));
  }

  readonly connection = {
    isClosed: () => false,
    publish: (_subject: string, payload: Uint8Array, { headers }: { headers: MsgHdrs }) => {
      // Messages of a unit share their way; now and then the connection breaks between two of them.
      if (!this.#chance(this.#faults.loseRequest / 10)) this.#receive(text(payload), headers, false);
    },
  } as unknown as NatsConnection;

  readonly requests = {
    send: async (_subject: string, payload: Uint8Array, { headers, timeoutMs }: RequestOptions) => {
      const answer = await this.#call(() => this.#receive(text(payload), headers as MsgHdrs, true), timeoutMs);
      return { json: () => answer } as Msg;
    },
  };

  readonly manager = {
    streams: {
      getMessage: (_stream: string, { seq }: { seq: number }) =>
        this.#call(() => {
          const found = this.log[seq - 1];
          if (found === undefined) {
            throw new JetStreamApiError({ code: 404, err_code: 10_037, description: 'no message found' });
          }
          return found;
        }, 100),
      info: () => this.#call(() => ({ state: { last_seq: this.log.length } }), 100),
    },
  } as unknown as JetStreamManager;
}

const text = (payload: Uint8Array): string => Buffer.from(payload).toString();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const arbitraryFaults = fc.record({
  loseRequest: fc.constantFrom(0, 10, 40),
  loseAnswer: fc.constantFrom(0, 10, 40),
  delayMs: fc.constantFrom(0, 20, 80, 400),
  rivalAt: fc.option(fc.nat(60), { nil: undefined }),
  seed: fc.nat(),
});

test.each([true, false])(
  'what is acknowledged is stored once, in order, and nothing behind a rival (atomic: %s)',
  async (atomic) => {
    await fc.assert(
      fc.asyncProperty(arbitraryFaults, fc.array(fc.nat(20), { minLength: 1, maxLength: 10 }), async (faults, bursts) => {
        const server = new UnreliableServer(faults);
        let open = 0;
        const options = { atomic, ackTimeoutMs: 50, resolveTimeoutMs: 5000, own: () => undefined };
        const appender = new Appender('s', server.connection, server.manager, server.requests, options, () => open--);
        const settled: Promise<PromiseSettledResult<number>[]>[] = [];
        let last = 0;
        for (const burst of bursts) {
          const appends = Array.from({ length: burst }, () => {
            const request = { stream: 's', subject: 'a', headers: { [EPOCH_HEADER]: '1' }, payload: Buffer.from(`m${++last}`) };
            open++;
            return appender.append({ ...request, expectedLastSequence: last - 1 }, 10);
          });
          settled.push(Promise.allSettled(appends));
          await vi.advanceTimersByTimeAsync(30);
        }
        const all = Promise.all(settled);
        await vi.advanceTimersByTimeAsync(2000);
        server.heal();
        await vi.advanceTimersByTimeAsync(60_000);
        const results = (await all).flat();
        expect(open).toBe(0);

        const rival = server.log.findIndex((stored) => stored.text === RIVAL);
        const mine = server.log.filter((stored) => stored.text !== RIVAL).map((stored) => stored.text);
        expect(mine).toEqual(mine.map((_, i) => `m${i + 1}`));
        if (rival >= 0) expect(rival).toBe(server.log.length - 1);
        for (const [i, result] of results.entries()) {
          if (result.status === 'fulfilled') {
            expect(result.value).toBe(i + 1);
            expect(server.log[i]?.text).toBe(`m${i + 1}`);
          } else if (result.reason instanceof WrongLastSequenceError) {
            // Never without a reason: somebody else wrote, or an append before this one was given up.
            expect(rival >= 0 || results.slice(0, i).some(isTimeout)).toBe(true);
          } else expect(result.reason).toBeInstanceOf(AppendTimeoutError);
        }
      }),
      { numRuns: 300 },
    );
  },
  60_000,
);

function isTimeout(result: PromiseSettledResult<number>): boolean {
  return result.status === 'rejected' && result.reason instanceof AppendTimeoutError;
}

test('what is queued while a unit is on its way leaves as one', async () => {
  const server = new UnreliableServer({ loseRequest: 0, loseAnswer: 0, delayMs: 0, rivalAt: undefined, seed: 1 });
  const requests = vi.spyOn(server.requests, 'send');
  const options = { atomic: true, ackTimeoutMs: 50, resolveTimeoutMs: 5000, own: () => undefined };
  const appender = new Appender('s', server.connection, server.manager, server.requests, options, () => undefined);
  const append = (sequence: number): Promise<number> => {
    const request = { stream: 's', subject: 'a', headers: {}, payload: Buffer.from(`m${sequence}`) };
    return appender.append({ ...request, expectedLastSequence: sequence - 1 }, 10);
  };
  const appends = [append(1)];
  await Promise.resolve();
  for (let sequence = 2; sequence <= 600; sequence++) appends.push(append(sequence));
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.all(appends)).toHaveLength(600);
  // 1, then 512, then the rest.
  expect(requests).toHaveBeenCalledTimes(3);
});

test('an append that does not follow from what is queued is refused at once', async () => {
  const server = new UnreliableServer({ loseRequest: 0, loseAnswer: 0, delayMs: 5, rivalAt: undefined, seed: 1 });
  const options = { atomic: true, ackTimeoutMs: 50, resolveTimeoutMs: 5000, own: () => undefined };
  const appender = new Appender('s', server.connection, server.manager, server.requests, options, () => undefined);
  const request = { stream: 's', subject: 'a', headers: {}, payload: Buffer.from('m1') };
  const first = appender.append({ ...request, expectedLastSequence: 0 }, 10);
  await expect(appender.append({ ...request, expectedLastSequence: 5 }, 10)).rejects.toMatchObject({ expected: 5, actual: 1 });
  await vi.advanceTimersByTimeAsync(100);
  expect(await first).toBe(1);
});
