// What a bus is: the only place where its semantics are specified. Every implementation passes all of it.
// Nothing here may assume that an effect is there before its promise resolved, nor that one process holds both ends.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Bus,
  BusClosedError,
  type BusMessage,
  EPOCH_HEADER,
  type Lease,
  type Membership,
  NoRespondersError,
  OverloadedError,
  type Reader,
  RequestError,
  RequestTimeoutError,
  TrimmedError,
  UnknownStreamError,
  WrongLastSequenceError,
} from '../../src/bus/bus.ts';

export interface BusUnderTest {
  readonly bus: Bus;
  /** A bus to the same log as another process has one; the very same object where the log lives in one process. */
  readonly other: Bus;
  /** A time to live that is short for this bus. */
  readonly leaseTtlMs: number;
  /** As if the process that holds the lease had died without a word. */
  expireLease(lease: Lease): Promise<void>;
  /** As if the process that `bus` belongs to had died without a word: of its members this one is asked for. */
  expireMember(group: string, id: string): Promise<void>;
  /** Closes the bus and opens it again; absent where nothing is stored. */
  reopen?(): Promise<Bus>;
  destroy(): Promise<void>;
}

export interface BusTestOptions {
  /** Bounds what is in flight, or in memory, to about this. */
  readonly bytesMax?: number;
}

const STREAM = 'accounts-0';
const OTHER = 'markets-0';
const SUBJECTS = ['spot.order.acquiring.0.>', 'spot.balance.settlement.0.>'];
const ORDER = 'spot.order.acquiring.0.BTCUSDT';
const BALANCE = 'spot.balance.settlement.0.1001';

export function busConformance(name: string, createBus: (options: BusTestOptions) => Promise<BusUnderTest>): void {
  describe(name, () => {
    let under: BusUnderTest;
    let bus: Bus;
    const start = async (options: BusTestOptions = {}): Promise<void> => {
      under = await createBus(options);
      bus = under.bus;
      await bus.ensureStream(STREAM, SUBJECTS);
      await bus.ensureStream(OTHER, ['spot.trade.match.0.>']);
    };
    beforeEach(() => start());
    afterEach(() => under.destroy());

    const append = (last: number, text: string, subject = ORDER, headers = {}): Promise<number> =>
      bus.append({ stream: STREAM, subject, headers, payload: Buffer.from(text), expectedLastSequence: last });
    /** Messages from..to, pipelined. */
    const fill = async (count: number, from = 0, subject = ORDER): Promise<void> => {
      await Promise.all(Array.from({ length: count }, (_, i) => append(from + i, `m${from + i + 1}`, subject)));
    };

    describe('append', () => {
      test('numbers the messages of a stream from 1, without gaps, each stream its own', async () => {
        expect(await append(0, 'a')).toBe(1);
        expect(await append(1, 'b')).toBe(2);
        const first = bus.append({
          stream: OTHER,
          subject: 'spot.trade.match.0.BTCUSDT',
          headers: {},
          payload: Buffer.from('x'),
          expectedLastSequence: 0,
        });
        expect(await first).toBe(1);
        expect(await bus.streamInfo(STREAM)).toMatchObject({ firstSequence: 1, lastSequence: 2, messages: 2 });
      });

      test('takes pipelined appends in the order of the calls', async () => {
        const sequences = await Promise.all(Array.from({ length: 500 }, (_, i) => append(i, `m${i + 1}`)));
        expect(sequences).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
        expect(texts(await readAll(bus.read(STREAM, { fromSequence: 1 }), 500))).toEqual(
          Array.from({ length: 500 }, (_, i) => `m${i + 1}`),
        );
      });

      test('refuses a wrong last sequence, and everything pipelined behind it', async () => {
        const results = await Promise.allSettled([append(0, 'a'), append(7, 'b'), append(8, 'c'), append(9, 'd')]);
        expect(results[0]).toEqual({ status: 'fulfilled', value: 1 });
        for (const result of results.slice(1)) {
          expect(result.status).toBe('rejected');
          expect((result as PromiseRejectedResult).reason).toBeInstanceOf(WrongLastSequenceError);
        }
        const { lastSequence } = await bus.streamInfo(STREAM);
        expect(lastSequence).toBe(1);
        expect(await append(1, 'e')).toBe(2);
      });

      test('tells the refused writer where the stream is', async () => {
        await fill(3);
        await expect(append(1, 'late')).rejects.toMatchObject({ stream: STREAM, expected: 1, actual: 3 });
      });

      test('of two writers with the same idea of the end, one wins', async () => {
        await fill(2);
        const again = (by: Bus): Promise<number> =>
          by.append({
            stream: STREAM,
            subject: ORDER,
            headers: {},
            payload: Buffer.from('race'),
            expectedLastSequence: 2,
          });
        await under.other.ensureStream(STREAM, SUBJECTS);
        const results = await Promise.allSettled([again(bus), again(under.other)]);
        expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
        expect((await bus.streamInfo(STREAM)).lastSequence).toBe(3);
      });

      test('of a writer whose epoch is over nothing lands, not even what it had pipelined', async () => {
        await fill(2);
        const by = (writer: Bus, epoch: string, last: number): Promise<number> =>
          writer.append({
            stream: STREAM,
            subject: ORDER,
            headers: { [EPOCH_HEADER]: epoch },
            payload: Buffer.from(epoch),
            expectedLastSequence: last,
          });
        await under.other.ensureStream(STREAM, SUBJECTS);
        expect(await by(under.other, '2', 2)).toBe(3);
        // The second one expects just what is there now: the message of the writer that took over.
        const results = await Promise.allSettled([by(bus, '1', 2), by(bus, '1', 3), by(bus, '1', 4)]);
        for (const result of results) {
          expect(result.status).toBe('rejected');
          expect((result as PromiseRejectedResult).reason).toBeInstanceOf(WrongLastSequenceError);
        }
        expect(await by(under.other, '2', 3)).toBe(4);
        expect((await bus.streamInfo(STREAM)).lastSequence).toBe(4);
      });

      test('refuses unknown streams and subjects the stream does not hold', async () => {
        const request = { headers: {}, payload: Buffer.from('x'), expectedLastSequence: 0 };
        await expect(bus.append({ ...request, stream: 'nowhere-7', subject: ORDER })).rejects.toBeInstanceOf(UnknownStreamError);
        await expect(append(0, 'x', 'spot.trade.match.0.BTCUSDT')).rejects.toBeInstanceOf(UnknownStreamError);
        await expect(append(0, 'x', 'spot.order.acquiring.1.BTCUSDT')).rejects.toBeInstanceOf(UnknownStreamError);
        expect(await append(0, 'a')).toBe(1);
      });

      test('keeps payload, subject and headers to the byte', async () => {
        const payload = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) & 0xff);
        const headers = { Writer: 'host-1', Positions: 'accounts-0=5,markets-0=77', Note: 'grün 0: "x"' };
        await bus.append({ stream: STREAM, subject: BALANCE, headers, payload, expectedLastSequence: 0 });
        await append(1, '');
        const [big, empty] = await readAll(bus.read(STREAM, { fromSequence: 1 }), 2);
        expect(big).toMatchObject({ stream: STREAM, sequence: 1, subject: BALANCE });
        expect({ ...big?.headers }).toEqual(headers);
        expect(Buffer.from(big!.payload).equals(Buffer.from(payload))).toBe(true);
        expect(empty?.payload).toHaveLength(0);
        expect({ ...empty?.headers }).toEqual({});
      });
    });

    describe('read', () => {
      test('starts anywhere, and goes on with what comes', async () => {
        await fill(10);
        const reader = bus.read(STREAM, { fromSequence: 4 });
        expect(texts(await readAll(reader, 7))).toEqual(['m4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10']);
        expect(reader.position).toBe(10);
        const more = readAll(reader, 2);
        await fill(2, 10);
        expect(texts(await more)).toEqual(['m11', 'm12']);
        reader.close();
      });

      test('may start before the first message and beyond the last one', async () => {
        const fromStart = readAll(bus.read(STREAM, { fromSequence: 1 }), 4);
        const fromThird = readAll(bus.read(STREAM, { fromSequence: 3 }), 2);
        await fill(4);
        expect(texts(await fromStart)).toEqual(['m1', 'm2', 'm3', 'm4']);
        expect(texts(await fromThird)).toEqual(['m3', 'm4']);
      });

      test('gives at most maxBatch at a time, each message once', async () => {
        await fill(25);
        const reader = bus.read(STREAM, { fromSequence: 1, maxBatch: 4 });
        const seen: number[] = [];
        while (seen.length < 25) {
          const batch = await reader.next();
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(4);
          seen.push(...batch.map((message) => message.sequence));
          expect(reader.position).toBe(seen.at(-1));
        }
        expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
        reader.close();
      });

      test('gives what the filters let pass, and moves its position over the rest', async () => {
        const subjects = ['BTCUSDT', 'ETHUSDT', 'BTCUSDT', 'XRPUSDT'].map((s) => `spot.order.acquiring.0.${s}`);
        for (const [i, subject] of [...subjects, BALANCE, BALANCE].entries()) await append(i, `m${i + 1}`, subject);
        const read = async (filters: string[], count: number): Promise<string[]> => {
          const reader = bus.read(STREAM, { fromSequence: 1, filters });
          const found = texts(await readAll(reader, count));
          reader.close();
          return found;
        };
        expect(await read(['spot.order.acquiring.*.BTCUSDT'], 2)).toEqual(['m1', 'm3']);
        expect(await read(['spot.order.>'], 4)).toEqual(['m1', 'm2', 'm3', 'm4']);
        expect(await read(['spot.order.acquiring.0.ETHUSDT', 'spot.balance.>'], 3)).toEqual(['m2', 'm5', 'm6']);
        expect(await read(['>'], 6)).toHaveLength(6);

        const reader = bus.read(STREAM, { fromSequence: 1, filters: ['spot.order.acquiring.0.XRPUSDT'] });
        expect(texts(await readAll(reader, 1))).toEqual(['m4']);
        const next = readAll(reader, 1);
        await append(6, 'm7', subjects[3]);
        expect(texts(await next)).toEqual(['m7']);
        expect(reader.position).toBe(7);
        reader.close();
      });

      test('readers are independent of each other', async () => {
        await fill(6);
        const slow = bus.read(STREAM, { fromSequence: 1, maxBatch: 1 });
        const fast = bus.read(STREAM, { fromSequence: 1 });
        expect(texts(await slow.next())).toEqual(['m1']);
        expect(await readAll(fast, 6)).toHaveLength(6);
        expect(texts(await slow.next())).toEqual(['m2']);
        slow.close();
        expect(await readAll(bus.read(STREAM, { fromSequence: 6 }), 1)).toHaveLength(1);
      });

      test('a writer goes on while a reader does not ask', async () => {
        const idle = bus.read(STREAM, { fromSequence: 1, name: 'idle' });
        await fill(3000);
        expect((await bus.streamInfo(STREAM)).lastSequence).toBe(3000);
        expect(await readAll(idle, 3000)).toHaveLength(3000);
      });

      test('close ends a waiting next() with an empty batch', async () => {
        const reader = bus.read(STREAM, { fromSequence: 1 });
        const waiting = reader.next();
        reader.close();
        expect(await waiting).toEqual([]);
        expect(await reader.next()).toEqual([]);
      });

      test('refuses unknown streams and positions below 1', async () => {
        const readFrom = async (stream: string, fromSequence: number) => bus.read(stream, { fromSequence }).next();
        await expect(readFrom('nowhere-7', 1)).rejects.toBeInstanceOf(UnknownStreamError);
        await expect(readFrom(STREAM, 0)).rejects.toBeInstanceOf(RangeError);
      });

      test('has no problems while all is well', () => {
        expect(bus.problems()).toEqual([]);
        expect(bus.canStore()).toBe(true);
      });

      test('named readers show their lag', async () => {
        await fill(10);
        const reader = bus.read(STREAM, { fromSequence: 1, name: 'history', maxBatch: 4 });
        const unnamed = bus.read(STREAM, { fromSequence: 1 });
        while (reader.position < 4) await reader.next();
        await until(() => {
          const [lag] = bus.lag();
          return lag?.lag === 10 - reader.position;
        });
        expect(bus.lag()).toEqual([{ reader: 'history', stream: STREAM, position: reader.position, lag: 10 - reader.position }]);
        await readAll(reader, 10 - reader.position);
        await until(() => bus.lag()[0]?.lag === 0);
        reader.close();
        unnamed.close();
        expect(bus.lag()).toEqual([]);
      });
    });

    describe('trim', () => {
      test('removes the oldest messages; asking for them is an error', async () => {
        await fill(10);
        await bus.trim(STREAM, 6);
        expect(await bus.streamInfo(STREAM)).toMatchObject({ firstSequence: 7, lastSequence: 10, messages: 4 });
        await expect(bus.read(STREAM, { fromSequence: 6 }).next()).rejects.toBeInstanceOf(TrimmedError);
        expect(texts(await readAll(bus.read(STREAM, { fromSequence: 7 }), 4))).toEqual(['m7', 'm8', 'm9', 'm10']);
        await bus.trim(STREAM, 3);
        expect((await bus.streamInfo(STREAM)).firstSequence).toBe(7);
      });

      test('a stream trimmed to its end goes on where it was', async () => {
        await fill(5);
        await bus.trim(STREAM, 5);
        expect(await bus.streamInfo(STREAM)).toMatchObject({ firstSequence: 6, lastSequence: 5, messages: 0 });
        expect(await append(5, 'm6')).toBe(6);
        expect(texts(await readAll(bus.read(STREAM, { fromSequence: 6 }), 1))).toEqual(['m6']);
      });

      test('touches no other stream', async () => {
        await fill(3);
        await bus.trim(OTHER, 3);
        expect((await bus.streamInfo(STREAM)).messages).toBe(3);
      });
    });

    test('an overloaded bus sheds, keeps what it took, and takes more later', async () => {
      await under.destroy();
      await start({ bytesMax: 400_000 });
      const payload = Buffer.alloc(20_000, 7);
      const request = { stream: STREAM, subject: ORDER, headers: {}, payload };
      const results = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => bus.append({ ...request, expectedLastSequence: i })));
      const taken = results.filter((result) => result.status === 'fulfilled').length;
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThan(200);
      const first = results[taken] as PromiseRejectedResult;
      expect(first.reason).toBeInstanceOf(OverloadedError);
      expect(results.slice(taken).every((result) => result.status === 'rejected')).toBe(true);
      expect((await bus.streamInfo(STREAM)).lastSequence).toBe(taken);
      expect(await readAll(bus.read(STREAM, { fromSequence: 1 }), taken)).toHaveLength(taken);
      await bus.trim(STREAM, taken);
      expect(await bus.append({ ...request, expectedLastSequence: taken })).toBe(taken + 1);
    });

    describe('requests', () => {
      const SUBJECT = 'sedax.command.accounts.0';
      const shout = async (payload: Uint8Array): Promise<Uint8Array> => Buffer.from(Buffer.from(payload).toString().toUpperCase());

      test('are answered by whoever responds, from any process', async () => {
        const responder = bus.respond(SUBJECT, 'owner', shout);
        const replies = await Promise.all(
          [bus, under.other].map((by) => eventually(() => by.request(SUBJECT, Buffer.from('hello'), 2000))),
        );
        expect(replies.map((reply) => Buffer.from(reply).toString())).toEqual(['HELLO', 'HELLO']);
        responder.close();
      });

      test('the handler gets the payload and the subject', async () => {
        const seen: string[] = [];
        const responder = bus.respond('sedax.echo.*', 'q', async (payload, subject) => {
          seen.push(`${subject}: ${Buffer.from(payload).toString()}`);
          return payload;
        });
        await eventually(() => bus.request('sedax.echo.7', Buffer.from('x'), 2000));
        expect(seen.at(-1)).toBe('sedax.echo.7: x');
        responder.close();
      });

      test('fail at once when nobody responds', async () => {
        const started = performance.now();
        await expect(bus.request(SUBJECT, Buffer.from('x'), 10_000)).rejects.toBeInstanceOf(NoRespondersError);
        expect(performance.now() - started).toBeLessThan(2000);
        const responder = bus.respond(SUBJECT, 'owner', shout);
        await eventually(() => bus.request(SUBJECT, Buffer.from('x'), 2000));
        responder.close();
        await eventually(() => expect(bus.request(SUBJECT, Buffer.from('x'), 2000)).rejects.toBeInstanceOf(NoRespondersError));
      });

      test('fail when the answer does not come in time', async () => {
        const responder = bus.respond(SUBJECT, 'owner', () => new Promise(() => undefined));
        await eventually(() => expect(bus.request(SUBJECT, Buffer.from('x'), 50)).rejects.toBeInstanceOf(RequestTimeoutError));
        responder.close();
      });

      test("a handler's error comes back with its message", async () => {
        const responder = bus.respond(SUBJECT, 'owner', async () => {
          throw new Error('no such account: grün');
        });
        const failing = (): Promise<Uint8Array> => bus.request(SUBJECT, Buffer.from('x'), 2000);
        await eventually(() => expect(failing()).rejects.toBeInstanceOf(RequestError));
        await expect(failing()).rejects.toThrow('no such account: grün');
        responder.close();
      });

      test('members of a queue group share them', async () => {
        const counts = [0, 0];
        const responders = counts.map((_, i) =>
          bus.respond(SUBJECT, 'workers', async (payload) => {
            counts[i]!++;
            return payload;
          }),
        );
        await eventually(() => bus.request(SUBJECT, Buffer.from('x'), 2000));
        const before = counts[0]! + counts[1]!;
        await Promise.all(Array.from({ length: 100 }, () => bus.request(SUBJECT, Buffer.from('x'), 2000)));
        expect(counts[0]! + counts[1]!).toBe(before + 100);
        expect(Math.min(...counts)).toBeGreaterThan(0);
        for (const responder of responders) responder.close();
      });
    });

    describe('services', () => {
      const INFO = { name: 'settlement', version: '1.2.3', description: 'balances', metadata: { process: 'p1' } };
      const SUBJECT = 'sedax.command.accounts.0';

      test('answer on their endpoints, and count', async () => {
        const service = await bus.service(INFO);
        service.endpoint('command-0', SUBJECT, 'owner', async (payload) => {
          await pause(5);
          if (payload.length === 0) throw new Error('nothing asked: grün');
          return payload;
        });
        service.endpoint('idle', 'sedax.idle', 'owner', async (payload) => payload);
        expect(service.stats()[0]).toEqual({
          name: 'command-0',
          subject: SUBJECT,
          queueGroup: 'owner',
          requests: 0,
          errors: 0,
          lastError: '',
          processingMs: 0,
        });
        const ask = (text: string): Promise<Uint8Array> => under.other.request(SUBJECT, Buffer.from(text), 2000);
        expect(Buffer.from(await eventually(() => ask('a'))).toString()).toBe('a');
        await ask('b');
        await expect(ask('')).rejects.toThrow('nothing asked: grün');
        await expect(ask('')).rejects.toBeInstanceOf(RequestError);
        expect(service.stats()).toMatchObject([
          { name: 'command-0', requests: 4, errors: 2, lastError: 'nothing asked: grün' },
          { name: 'idle', requests: 0, errors: 0 },
        ]);
        expect(service.stats()[0]!.processingMs).toBeGreaterThan(4 * 4);
        await service.stop();
        await eventually(() => expect(ask('a')).rejects.toBeInstanceOf(NoRespondersError));
      });

      test('instances share the requests of a queue group, each counts its own', async () => {
        const services = await Promise.all([bus, under.other].map((by) => by.service(INFO)));
        expect(services[0]!.id).not.toBe(services[1]!.id);
        for (const service of services) service.endpoint('echo', 'sedax.echo', 'all', async (payload) => payload);
        const requests = (): number[] => services.map((service) => service.stats()[0]!.requests);
        await eventually(async () => {
          await bus.request('sedax.echo', Buffer.from('x'), 2000);
          if (Math.min(...requests()) === 0) throw new Error('one of them has had none');
        });
        for (const service of services) await service.stop();
      });

      test('an endpoint that is closed answers no more and is not listed', async () => {
        const service = await bus.service(INFO);
        const first = service.endpoint('a', 'sedax.a', 'q', async (payload) => payload);
        service.endpoint('b', 'sedax.b', 'q', async (payload) => payload);
        await eventually(() => bus.request('sedax.a', Buffer.from('x'), 2000));
        first.close();
        await eventually(() => expect(bus.request('sedax.a', Buffer.from('x'), 2000)).rejects.toBeInstanceOf(NoRespondersError));
        expect(service.stats().map(({ name }) => name)).toEqual(['b']);
        // The name is free again.
        service.endpoint('a', 'sedax.a', 'q', async (payload) => payload);
        await eventually(() => bus.request('sedax.a', Buffer.from('x'), 2000));
        await service.stop();
      });

      test('refuse what they can not be called', async () => {
        await expect(bus.service({ ...INFO, name: 'a b' })).rejects.toBeInstanceOf(RangeError);
        await expect(bus.service({ ...INFO, version: 'one' })).rejects.toBeInstanceOf(RangeError);
        const service = await bus.service(INFO);
        const add = (name: string) => () => service.endpoint(name, 'sedax.a', 'q', async (payload) => payload);
        expect(add('a.b')).toThrow(RangeError);
        add('a')();
        expect(add('a')).toThrow(RangeError);
        await service.stop();
        expect(add('c')).toThrow();
      });
    });

    describe('members', () => {
      const ids = ({ members }: Membership): string[] => members().map(({ id }) => id);

      test('know of each other, and of those who were there before', async () => {
        const a = await bus.join('match', { id: 'a', info: { host: 'h1' } }, under.leaseTtlMs);
        expect(a.members()).toEqual([{ id: 'a', info: { host: 'h1' } }]);
        const b = await under.other.join('match', { id: 'b', info: {} }, under.leaseTtlMs);
        expect(ids(b)).toEqual(['a', 'b']);
        await until(() => ids(a).length === 2);
        const elsewhere = await under.other.join('matchless', { id: 'c', info: {} }, under.leaseTtlMs);
        expect(ids(elsewhere)).toEqual(['c']);
        const watcher = await bus.watchMembers('match');
        expect(watcher.members()).toEqual([
          { id: 'a', info: { host: 'h1' } },
          { id: 'b', info: {} },
        ]);
        await watcher.leave();
        expect(ids(await under.other.watchMembers('match'))).toEqual(['a', 'b']);
        expect(ids(await bus.watchMembers('nobody'))).toEqual([]);
      });

      test('tell of changes, once each', async () => {
        const watcher = await bus.watchMembers('match');
        const seen: string[] = [];
        const forget = watcher.onChange((members) => void seen.push(members.map(({ id, info }) => `${id}${info.n ?? ''}`).join()));
        const b = await under.other.join('match', { id: 'b', info: {} }, under.leaseTtlMs);
        await until(() => seen.at(-1) === 'b');
        const a = await bus.join('match', { id: 'a', info: { n: '1' } }, under.leaseTtlMs);
        await until(() => seen.at(-1) === 'a1,b');
        await b.leave();
        await until(() => seen.at(-1) === 'a1');
        await a.leave();
        await until(() => seen.at(-1) === '');
        expect(seen).toEqual(['b', 'a1,b', 'a1', '']);
        forget();
        await (await under.other.join('match', { id: 'c', info: {} }, under.leaseTtlMs)).leave();
        expect(seen).toHaveLength(4);
      });

      test('stay while they live', async () => {
        await bus.join('match', { id: 'a', info: {} }, under.leaseTtlMs);
        const watcher = await under.other.watchMembers('match');
        let changes = 0;
        watcher.onChange(() => void changes++);
        const end = performance.now() + 3 * under.leaseTtlMs;
        while (performance.now() < end) {
          expect(ids(watcher)).toEqual(['a']);
          await pause(under.leaseTtlMs / 5);
        }
        expect(changes).toBe(0);
      });

      test('are missed when they die without a word, by members and by watchers', async () => {
        await bus.join('match', { id: 'a', info: {} }, under.leaseTtlMs);
        const b = await under.other.join('match', { id: 'b', info: {} }, under.leaseTtlMs);
        const watcher = await under.other.watchMembers('match');
        expect(ids(watcher)).toEqual(['a', 'b']);
        const diedMs = performance.now();
        await under.expireMember('match', 'a');
        await until(() => ids(b).length === 1 && ids(watcher).length === 1);
        expect(ids(b)).toEqual(['b']);
        expect(performance.now() - diedMs).toBeLessThan(2 * under.leaseTtlMs + 500);
      });

      test('may come back under their id', async () => {
        const first = await bus.join('match', { id: 'a', info: { n: '1' } }, under.leaseTtlMs);
        await first.leave();
        const second = await bus.join('match', { id: 'a', info: { n: '2' } }, under.leaseTtlMs);
        const watcher = await under.other.watchMembers('match');
        expect(watcher.members()).toEqual([{ id: 'a', info: { n: '2' } }]);
        await first.leave();
        expect(ids(second)).toEqual(['a']);
      });

      test('need a name', async () => {
        for (const [group, id] of [
          ['match', 'a.b'],
          ['match', ''],
          ['ma tch', 'a'],
        ] as const) {
          await expect(bus.join(group, { id, info: {} }, under.leaseTtlMs)).rejects.toBeInstanceOf(RangeError);
        }
      });
    });

    describe('publish', () => {
      test('reaches every subscriber that listens, in order, and nobody later', async () => {
        const seen: string[][] = [[], [], []];
        const note = (i: number) => (payload: Uint8Array, subject: string) =>
          void seen[i]!.push(`${subject}=${Buffer.from(payload).toString()}`);
        const subscriptions = [bus.subscribe('sedax.notice.*', note(0)), under.other.subscribe('sedax.notice.a', note(1))];
        await eventually(async () => {
          bus.publish('sedax.notice.a', Buffer.from('probe'));
          await until(() => seen[0]!.length > 0 && seen[1]!.length > 0, 100);
        });
        bus.publish('sedax.notice.a', Buffer.from('start'));
        const started = (list: string[]): boolean => list.at(-1) === 'sedax.notice.a=start';
        await until(() => started(seen[0]!) && started(seen[1]!));
        for (const list of seen) list.length = 0;
        for (let i = 0; i < 20; i++) bus.publish('sedax.notice.a', Buffer.from(`${i}`));
        bus.publish('sedax.notice.b', Buffer.from('end'));
        bus.publish('sedax.other', Buffer.from('not this'));
        await until(() => seen[0]!.length === 21 && seen[1]!.length === 20);
        bus.subscribe('sedax.notice.*', note(2));
        expect(seen[0]).toEqual([...Array.from({ length: 20 }, (_, i) => `sedax.notice.a=${i}`), 'sedax.notice.b=end']);
        expect(seen[1]).toEqual(Array.from({ length: 20 }, (_, i) => `sedax.notice.a=${i}`));
        expect(seen[2]).toEqual([]);
        for (const subscription of subscriptions) subscription.close();
        bus.publish('sedax.notice.a', Buffer.from('late'));
        await until(() => seen[2]!.length === 1);
        expect(seen[1]).toHaveLength(20);
      });
    });

    describe('leases', () => {
      test('have one holder at a time; epochs grow', async () => {
        const first = await bus.acquireLease('accounts-0', under.leaseTtlMs);
        expect(first).toMatchObject({ name: 'accounts-0', epoch: 1 });
        expect(await under.other.acquireLease('accounts-0', under.leaseTtlMs)).toBeUndefined();
        expect(await bus.acquireLease('accounts-0', under.leaseTtlMs)).toBeUndefined();
        const another = await bus.acquireLease('accounts-1', under.leaseTtlMs);
        expect(another?.epoch).toBe(1);
        await first!.release();
        await first!.lost;
        const second = await under.other.acquireLease('accounts-0', under.leaseTtlMs);
        expect(second?.epoch).toBe(2);
        await second!.release();
        await another!.release();
      });

      test('of many who want it, one gets it', async () => {
        const got = await Promise.all(
          Array.from({ length: 6 }, (_, i) => (i % 2 ? bus : under.other).acquireLease('markets-0', under.leaseTtlMs)),
        );
        expect(got.filter((lease) => lease !== undefined)).toHaveLength(1);
      });

      test('are renewed while the holder lives', async () => {
        const lease = await bus.acquireLease('accounts-0', under.leaseTtlMs);
        let lost = false;
        void lease!.lost.then(() => {
          lost = true;
        });
        const end = performance.now() + 2.5 * under.leaseTtlMs;
        while (performance.now() < end) {
          expect(await under.other.acquireLease('accounts-0', under.leaseTtlMs)).toBeUndefined();
          await pause(under.leaseTtlMs / 5);
        }
        expect(lost).toBe(false);
        await lease!.release();
      });

      test('pass on when the holder dies, who learns of it', async () => {
        const lease = await bus.acquireLease('accounts-0', under.leaseTtlMs);
        await under.expireLease(lease!);
        const next = await eventually(async () => {
          const taken = await under.other.acquireLease('accounts-0', under.leaseTtlMs);
          if (taken === undefined) throw new Error('still held');
          return taken;
        });
        await lease!.lost;
        expect(next.epoch).toBe(2);
        // What the one before does now changes nothing.
        await lease!.release();
        expect(await under.other.acquireLease('accounts-0', under.leaseTtlMs)).toBeUndefined();
        await next.release();
      });
    });

    describe('snapshots', () => {
      test('come back as they were put, the newest of their name', async () => {
        expect(await bus.getSnapshot('accounts-0')).toBeUndefined();
        const meta = { position: '17', hash: 'abc', schema: '1' };
        await bus.putSnapshot({ name: 'accounts-0', meta, data: Buffer.from('first') });
        await bus.putSnapshot({ name: 'accounts-1', meta: {}, data: new Uint8Array() });
        await bus.putSnapshot({ name: 'accounts-0', meta: { ...meta, position: '18' }, data: Buffer.from('second') });
        for (const by of [bus, under.other]) {
          const snapshot = await by.getSnapshot('accounts-0');
          expect(snapshot?.name).toBe('accounts-0');
          expect({ ...snapshot?.meta }).toEqual({ ...meta, position: '18' });
          expect(Buffer.from(snapshot!.data).toString()).toBe('second');
          expect((await by.getSnapshot('accounts-1'))?.data).toHaveLength(0);
        }
      });

      test('of many megabytes, while appends go on', async () => {
        const data = new Uint8Array(5_500_000);
        for (let i = 0; i < data.length; i++) data[i] = (i * 31 + (i >> 9)) & 0xff;
        const putting = bus.putSnapshot({ name: 'big', meta: {}, data });
        await fill(50);
        await putting;
        const snapshot = await under.other.getSnapshot('big');
        expect(Buffer.from(snapshot!.data).equals(Buffer.from(data))).toBe(true);
      });

      test('shrink and grow', async () => {
        for (const size of [3_000_000, 10, 0, 2_000_001]) {
          await bus.putSnapshot({ name: 's', meta: { size: `${size}` }, data: new Uint8Array(size).fill(size & 0xff) });
          const snapshot = await bus.getSnapshot('s');
          expect(snapshot?.data).toHaveLength(size);
          expect(snapshot!.data.every((byte) => byte === (size & 0xff))).toBe(true);
        }
      });
    });

    describe('close', () => {
      test('settles what is in flight, ends readers, refuses the rest', async () => {
        const reader = bus.read(STREAM, { fromSequence: 500 });
        const waiting = reader.next();
        const appended = Promise.all(Array.from({ length: 100 }, (_, i) => append(i, `m${i}`)));
        const closed = bus.close();
        expect(await appended).toHaveLength(100);
        await closed;
        expect(await waiting).toEqual([]);
        await expect(append(100, 'late')).rejects.toBeInstanceOf(BusClosedError);
        await expect(bus.request('a', Buffer.from('x'), 100)).rejects.toBeInstanceOf(BusClosedError);
        await expect(bus.acquireLease('a', 1000)).rejects.toBeInstanceOf(BusClosedError);
        await bus.close();
      });

      test('releases its leases', async () => {
        const lease = await bus.acquireLease('accounts-0', 60_000);
        await bus.close();
        await lease!.lost;
      });

      test('is survived by everything stored', async () => {
        if (under.reopen === undefined) return;
        await append(0, 'm1', ORDER, { Writer: 'a' });
        await fill(20, 1);
        await bus.trim(STREAM, 5);
        await bus.putSnapshot({ name: 'accounts-0', meta: { position: '21' }, data: Buffer.from('state') });
        const lease = await bus.acquireLease('accounts-0', 1000);
        expect(lease?.epoch).toBe(1);
        bus = await under.reopen();
        await bus.ensureStream(STREAM, SUBJECTS);
        expect(await bus.streamInfo(STREAM)).toMatchObject({ firstSequence: 6, lastSequence: 21, messages: 16 });
        expect(texts(await readAll(bus.read(STREAM, { fromSequence: 6 }), 16)).at(-1)).toBe('m21');
        await expect(bus.read(STREAM, { fromSequence: 5 }).next()).rejects.toBeInstanceOf(TrimmedError);
        await expect(append(20, 'old')).rejects.toBeInstanceOf(WrongLastSequenceError);
        expect(await append(21, 'm22')).toBe(22);
        expect(Buffer.from((await bus.getSnapshot('accounts-0'))!.data).toString()).toBe('state');
        expect((await bus.acquireLease('accounts-0', 1000))?.epoch).toBe(2);
      });
    });
  });
}

/** Reads until there are `count` messages; the reader stays open. */
export async function readAll(reader: Reader, count: number): Promise<BusMessage[]> {
  const messages: BusMessage[] = [];
  while (messages.length < count) {
    const batch = await reader.next();
    if (batch.length === 0) throw new Error(`the reader ended after ${messages.length} of ${count} messages`);
    messages.push(...batch);
  }
  return messages;
}

export function texts(messages: readonly BusMessage[]): string[] {
  return messages.map((message) => Buffer.from(message.payload).toString());
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls: there is no event for "the other side has noticed". */
export async function until(holds: () => boolean, timeoutMs = 8000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await pause(2);
  }
}

/** Tries until it works: interest in a subject spreads between processes a little later than respond() returns. */
async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 8000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(20);
    }
  }
}
