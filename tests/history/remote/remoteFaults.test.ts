// The remote history when things are not as they should be: nobody there, not read far enough, answers that are lost, bytes
// that are no request. An asker gets rows that are right, or an error that says why.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryBus } from '../../../src/bus/memory/memoryBus.ts';
import { subjects } from '../../../src/bus/subjects.ts';
import { encodeStep } from '../../../src/codec/stepCodec.ts';
import { created, EntityType } from '../../../src/domain/changeLogEntry.ts';
import { LocalKeeper } from '../../../src/history/localKeeper.ts';
import { HistoryClient } from '../../../src/history/remote/historyClient.ts';
import { HistoryServer, type HistoryServerOptions } from '../../../src/history/remote/historyServer.ts';
import { decodeReply, encodeRequest, HistoryQueryError } from '../../../src/history/remote/messages.ts';
import { HistoryUnavailableError } from '../../../src/ports/historyQueries.ts';
import { newOrder } from '../../conformance/historyFeed.ts';
import { NaiveHistory } from '../../conformance/naiveHistory.ts';
import { ManualProgress } from './remoteParties.ts';

const STREAM = 'markets-0';
const ACCOUNT = 1000;
const ORDER = { query: 'order', args: [ACCOUNT, 1] } as const;

let bus: MemoryBus;
let store: NaiveHistory;
let progress: ManualProgress;
const servers: HistoryServer[] = [];

beforeEach(async () => {
  bus = await MemoryBus.open();
  await bus.ensureStream(STREAM, ['test.>']);
  store = new NaiveHistory();
  progress = new ManualProgress();
  progress.reach(STREAM, 0);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await bus.close();
});

async function serve(options: Partial<HistoryServerOptions> = {}): Promise<HistoryServer> {
  const server = new HistoryServer({ bus, answers: new LocalKeeper(store), progress, ...options });
  servers.push(server);
  await server.start();
  return server;
}

/** Takes the order in at that position of the stream; positions are told by progress.reach. */
function place(orderId: number, sequence = orderId): void {
  const order = newOrder({ orderId, accountId: ACCOUNT });
  store.apply(STREAM, sequence, encodeStep([{ ...created(EntityType.SpotOrder, orderId, order, order.createdUs), sequence }]));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('positions', () => {
  it('an answer waits until the store has taken in what the asker has seen', async () => {
    const server = await serve();
    const client = new HistoryClient({ bus });
    const answer = client.at({ [STREAM]: 1 }).order(ACCOUNT, 1);
    await vi.waitFor(() => expect(server.waiting).toBe(1));
    place(1);
    progress.reach(STREAM, 1);
    expect((await answer)?.orderId).toBe(1);
    expect(server.waiting).toBe(0);
  });

  it('a history that does not get that far is named with where it stands', async () => {
    const server = await serve();
    const client = new HistoryClient({ bus, timeoutMs: 150, attemptMs: 60 });
    const error = await client
      .at({ [STREAM]: 7 })
      .openOrders(ACCOUNT)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HistoryUnavailableError);
    expect(String(error)).toMatch(/within 150 ms: this history stands at 0 of markets-0, asked for is 7/);
    // What was sent away is forgotten once the store gets there.
    expect(server.waiting).toBeGreaterThan(0);
    progress.reach(STREAM, 7);
    await vi.waitFor(() => expect(server.waiting).toBe(0));
  });

  it('another process answers where one is behind', async () => {
    place(1);
    const ahead = new ManualProgress();
    ahead.reach(STREAM, 1);
    await serve();
    const other = await serve({ progress: ahead });
    const history = new HistoryClient({ bus, timeoutMs: 5000, attemptMs: 50 }).at({ [STREAM]: 1 });
    for (let i = 0; i < 6; i++) expect((await history.order(ACCOUNT, 1))?.orderId).toBe(1);
    expect(other.answered).toBe(6);
  });

  it('a stream the history does not follow is a mistake of the settings, said at once', async () => {
    await serve();
    const history = new HistoryClient({ bus }).at({ 'accounts-9': 1 });
    await expect(history.order(ACCOUNT, 1)).rejects.toThrow(/^this history does not follow accounts-9/);
    await expect(history.order(ACCOUNT, 1)).rejects.toBeInstanceOf(HistoryQueryError);
  });

  it('only so many requests wait; the others are sent away', async () => {
    const server = await serve({ waitingMax: 2 });
    const client = new HistoryClient({ bus, timeoutMs: 200, attemptMs: 150 });
    const asked = Array.from({ length: 5 }, () => client.at({ [STREAM]: 1 }).order(ACCOUNT, 1));
    const errors = await Promise.all(asked.map((one) => one.catch((error: unknown) => String(error))));
    expect(errors.filter((text) => String(text).includes('2 requests wait for this history')).length).toBeGreaterThanOrEqual(3);
    expect(server.waiting).toBe(2);
  });

  it('a process that fills its store takes no requests yet', async () => {
    await bus.append({ stream: STREAM, subject: 'test.a', headers: {}, payload: Buffer.from('x'), expectedLastSequence: 0 });
    const server = new HistoryServer({ bus, answers: new LocalKeeper(store), progress });
    servers.push(server);
    const started = server.start();
    await pause(10);
    expect(server.isAnswering).toBe(false);
    await expect(bus.request(subjects.historyQuery, Buffer.from([]), 100)).rejects.toThrow(/nobody answers/);
    progress.reach(STREAM, 1);
    await started;
    expect(server.isAnswering).toBe(true);
  });

  it('one that is stopped before that never does', async () => {
    await bus.append({ stream: STREAM, subject: 'test.a', headers: {}, payload: Buffer.from('x'), expectedLastSequence: 0 });
    const server = new HistoryServer({ bus, answers: new LocalKeeper(store), progress });
    const started = server.start();
    await server.stop();
    progress.reach(STREAM, 1);
    await started;
    expect(server.isAnswering).toBe(false);
  });
});

describe('nobody there', () => {
  it('fails within its time', async () => {
    const client = new HistoryClient({ bus, timeoutMs: 120 });
    const began = performance.now();
    await expect(client.at({}).order(ACCOUNT, 1)).rejects.toThrow(/^no answer from a history process within 120 ms: nobody answers on/);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('goes on asking until somebody is', async () => {
    place(1);
    const answer = new HistoryClient({ bus }).at({}).order(ACCOUNT, 1);
    await pause(60);
    await serve();
    expect((await answer)?.orderId).toBe(1);
  });

  it('a request that is never answered is asked again', async () => {
    place(1);
    const silent = bus.respond(subjects.historyQuery, 'history', () => new Promise(() => {}));
    await serve();
    const history = new HistoryClient({ bus, attemptMs: 50 }).at({});
    for (let i = 0; i < 4; i++) expect((await history.order(ACCOUNT, 1))?.orderId).toBe(1);
    silent.close();
  });

  it('only so many requests are without an answer; the others fail at once', async () => {
    const client = new HistoryClient({ bus, timeoutMs: 200, pendingMax: 1 });
    const first = client.at({}).order(ACCOUNT, 1);
    const began = performance.now();
    await expect(client.at({}).order(ACCOUNT, 1)).rejects.toThrow(HistoryUnavailableError);
    await expect(client.at({}).order(ACCOUNT, 1)).rejects.toThrow('1 requests wait for the history already');
    expect(performance.now() - began).toBeLessThan(100);
    await expect(first).rejects.toThrow(HistoryUnavailableError);
  });

  it('a closed bus is no reason to wait', async () => {
    const client = new HistoryClient({ bus });
    await bus.close();
    await expect(client.at({}).order(ACCOUNT, 1)).rejects.toThrow(/closed/);
  });
});

describe('large answers', () => {
  const rows = 40;
  beforeEach(() => {
    for (let orderId = 1; orderId <= rows; orderId++) place(orderId);
  });

  it('come in parts, and what was fetched is no longer held', async () => {
    const server = await serve({ partBytes: 100 });
    const requests = vi.spyOn(bus, 'request');
    const open = await new HistoryClient({ bus }).at({}).openOrders(ACCOUNT);
    expect(open).toEqual(store.openOrders(ACCOUNT));
    expect(requests.mock.calls.length).toBeGreaterThan(20);
    expect(server.heldBytes).toBe(0);
  });

  it('parts that are held no longer: the question is asked again', async () => {
    // Room for one answer: a second asker's pushes the first one's out while it is fetched.
    await serve({ partBytes: 100, heldBytesMax: 4000 });
    const client = new HistoryClient({ bus });
    const { request } = bus;
    let queries = 0;
    let fetched = 0;
    bus.request = async (...args) => {
      if (args[0] === subjects.historyQuery) queries++;
      else if (++fetched === 3) expect(await client.at({}).openOrders(ACCOUNT)).toEqual(store.openOrders(ACCOUNT));
      return request.apply(bus, args);
    };
    expect(await client.at({}).openOrders(ACCOUNT)).toEqual(store.openOrders(ACCOUNT));
    expect(queries).toBe(3);
  });

  it('parts whose process has stopped: another one answers', async () => {
    const first = await serve({ partBytes: 100 });
    const { request } = bus;
    let fetched = 0;
    bus.request = (...args) => {
      if (args[0] !== subjects.historyQuery && ++fetched === 3) {
        void first.stop();
        void serve({ partBytes: 100 });
      }
      return request.apply(bus, args);
    };
    expect(await new HistoryClient({ bus }).at({}).openOrders(ACCOUNT)).toEqual(store.openOrders(ACCOUNT));
    expect(fetched).toBeGreaterThan(22);
  });

  it('one that can not be held is refused', async () => {
    await serve({ partBytes: 100, heldBytesMax: 1000 });
    await expect(new HistoryClient({ bus }).at({}).openOrders(ACCOUNT)).rejects.toThrow(/^the answer has \d+ bytes: ask for fewer rows$/);
  });

  it('what nobody fetches is dropped', async () => {
    await serve({ partBytes: 100, heldMs: 20 });
    const questions = [{ query: 'openOrders', args: [ACCOUNT] }] as const;
    const payload = encodeRequest({ positions: {}, waitMs: 0, questions });
    const reply = decodeReply(await bus.request(subjects.historyQuery, payload, 1000), questions);
    if (reply.kind !== 'inParts') throw new Error(`expected parts, got ${reply.kind}`);
    await pause(60);
    const part = bus.request(subjects.historyParts(reply.server), Buffer.from([0x92, reply.id, 0]), 1000);
    await expect(part).rejects.toThrow(/no longer held/);
  });
});

describe('questions', () => {
  it('of one turn travel together', async () => {
    for (let orderId = 1; orderId <= 50; orderId++) place(orderId);
    await serve();
    const requests = vi.spyOn(bus, 'request');
    const history = new HistoryClient({ bus }).at({});
    const orders = await Promise.all(Array.from({ length: 50 }, (_, i) => history.order(ACCOUNT, i + 1)));
    expect(orders.map((order) => order?.orderId)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(requests).toHaveBeenCalledTimes(1);
    await Promise.all(Array.from({ length: 1001 }, () => history.order(ACCOUNT, 1)));
    expect(requests).toHaveBeenCalledTimes(3);
    // Long texts are spread over messages.
    await Promise.all(Array.from({ length: 10 }, (_, i) => history.orderListByClientId(ACCOUNT, `${i}`.repeat(50_000))));
    expect(requests).toHaveBeenCalledTimes(8);
  });

  it('that fail do so alone, and the process hears of it', async () => {
    place(1);
    const failing = new Proxy(store, {
      get: (target, name) => {
        if (name !== 'trades') return (target[name as keyof NaiveHistory] as () => unknown).bind(target);
        return () => {
          throw new Error('disk on fire');
        };
      },
    });
    const heard: unknown[] = [];
    const keeper = new LocalKeeper(failing);
    keeper.listen({ onQueryFailure: (error, query) => heard.push(`${query} ${(error as Error).message}`) });
    await serve({ answers: keeper });
    const history = new HistoryClient({ bus }).at({});
    const [order, trades] = await Promise.allSettled([history.order(ACCOUNT, 1), history.trades('BTCUSDT', { limit: 1 })]);
    expect(order).toMatchObject({ status: 'fulfilled', value: { orderId: 1 } });
    expect(trades).toMatchObject({ status: 'rejected', reason: new HistoryQueryError('trades: disk on fire') });
    expect(heard).toEqual(['trades disk on fire']);
  });

  it('with arguments no query takes are refused where they are made or where they arrive', async () => {
    await serve();
    const history = new HistoryClient({ bus }).at({});
    await expect(history.order(ACCOUNT, 0.5)).rejects.toThrow(/expected an integer/);
    await expect(history.trades('BTCUSDT', { limit: 0 })).rejects.toThrow(/limit must be 1 to 10000, not 0/);
    await expect(history.trades('BTCUSDT', { limit: 1e15 })).rejects.toThrow(/limit must be 1 to 10000/);
  });
});

describe('bytes that are no request', () => {
  const kinds = async (payload: Uint8Array): Promise<string> => {
    const reply = await bus.request(subjects.historyQuery, payload, 5000);
    return decodeReply(reply, [ORDER]).kind;
  };

  it('are answered with what is wrong with them', async () => {
    await serve();
    const told = async (payload: Uint8Array): Promise<unknown> => decodeReply(await bus.request(subjects.historyQuery, payload, 5000), []);
    expect(await told(Buffer.from([]))).toEqual({
      kind: 'refused',
      text: expect.stringContaining('not a request: message ends too early'),
    });
    expect(await told(Buffer.from([0x94, 0x02, 0x80, 0x00, 0x90]))).toEqual({
      kind: 'notNow',
      text: 'this history speaks version 1 of the protocol, not 2',
    });
    const unknownQuery = Buffer.concat([Buffer.from([0x94, 0x01, 0x80, 0x00, 0x91, 0x91, 0xa5]), Buffer.from('steal')]);
    expect(await told(unknownQuery)).toEqual({ kind: 'refused', text: 'not a request: no such query: steal' });
  });

  it('never go without a reply, nor harm what comes after', async () => {
    place(1);
    await serve({ waitingMax: 5 });
    const sound = encodeRequest({ positions: { [STREAM]: 0 }, waitMs: 0, questions: [ORDER] });
    const damaged = fc.tuple(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length)).map(([at, byte, length]) => {
      const bytes = Buffer.from(sound);
      bytes[at] = byte;
      return bytes.subarray(0, length);
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), async (payload) => {
        // A damaged query may be another sound one, whose rows decodeReply can't read as an order's.
        const reply = await bus.request(subjects.historyQuery, payload, 5000);
        expect(reply.length).toBeGreaterThan(0);
        expect([0, 1, 2, 3]).toContain(reply[0]);
      }),
      { numRuns: 2000 },
    );
    expect(await kinds(sound)).toBe('answered');
  });

  it('asking for parts fails with an error of its own', async () => {
    for (let orderId = 1; orderId <= 40; orderId++) place(orderId);
    await serve({ partBytes: 100 });
    const questions = [{ query: 'openOrders', args: [ACCOUNT] }] as const;
    const reply = await bus.request(subjects.historyQuery, encodeRequest({ positions: {}, waitMs: 0, questions }), 1000);
    const inParts = decodeReply(reply, questions);
    if (inParts.kind !== 'inParts') throw new Error(`expected parts, got ${inParts.kind}`);
    const parts = subjects.historyParts(inParts.server);
    for (const bytes of [[], [0x90], [0x92, 0xc0, 0xc0], [0x92, 0x01, 0xff]]) {
      await expect(bus.request(parts, Buffer.from(bytes), 1000)).rejects.toMatchObject({ name: 'RequestError' });
    }
  });
});
