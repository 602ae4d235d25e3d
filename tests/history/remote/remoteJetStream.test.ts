// The remote history over a real nats-server: two history processes that follow the logs into stores of their own, and an
// asker that wants its own writes at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HistoryStage } from '../../../src/actors/history/historyStage.ts';
import { ActorRoot } from '../../../src/actors/supervision.ts';
import { JetStreamBus } from '../../../src/bus/jetstream/jetStreamBus.ts';
import { subjectsOf } from '../../../src/bus/subjects.ts';
import { encodeStep } from '../../../src/codec/stepCodec.ts';
import { type ChangeLogEntry, created, EntityType } from '../../../src/domain/changeLogEntry.ts';
import type { HistoryStore } from '../../../src/history/historyStore.ts';
import { LocalKeeper } from '../../../src/history/localKeeper.ts';
import { copyHistory, openHistory } from '../../../src/history/openHistory.ts';
import { HistoryClient } from '../../../src/history/remote/historyClient.ts';
import { HistoryUnavailableError } from '../../../src/ports/historyQueries.ts';
import { NatsServer } from '../../../src/support/natsServer.ts';
import { FEED_STREAMS, HistoryFeed, newOrder } from '../../conformance/historyFeed.ts';
import { historyCalls } from '../../conformance/historyQuestions.ts';
import { NaiveHistory } from '../../conformance/naiveHistory.ts';
import { randomOf } from '../writerFeed.ts';
import { expectSameOverTheBus } from './remoteParties.ts';

let server: NatsServer;
let bus: JetStreamBus;
let dir: string;
let processes: HistoryProcess[];

const connect = (name: string): Promise<JetStreamBus> => JetStreamBus.connect({ servers: [server.url], name, replicas: 1 });

class HistoryProcess {
  readonly bus: JetStreamBus;
  readonly store: HistoryStore;
  readonly stage: HistoryStage;
  readonly errors: Error[] = [];
  readonly #root: ActorRoot;

  private constructor(own: JetStreamBus, folder: string) {
    this.bus = own;
    this.store = openHistory({ dir: folder, fsync: false });
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    this.#root = new ActorRoot(logger, (_stage, error) => this.errors.push(error));
    this.stage = new HistoryStage({
      bus: own,
      root: this.#root,
      parent: this.#root.group('history'),
      keeper: new LocalKeeper(this.store),
      streams: FEED_STREAMS,
      maxBatch: 100,
      serves: { version: '1.2.3', metadata: { process: folder } },
    });
  }

  static async start(folder: string): Promise<HistoryProcess> {
    const one = new HistoryProcess(await connect('history'), folder);
    processes.push(one);
    await one.stage.start();
    return one;
  }

  async whenAnswering(): Promise<void> {
    await expect.poll(() => this.stage.server?.isAnswering, { timeout: 30_000 }).toBe(true);
  }

  async stop(): Promise<void> {
    await this.stage.stop();
    this.#root.stop();
    await this.bus.close();
  }
}

beforeAll(async () => {
  server = await NatsServer.start();
}, 600_000);
afterAll(() => server?.stop());

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  processes = [];
  bus = await connect('asker');
  for (const stream of FEED_STREAMS) await bus.ensureStream(stream, subjectsOf(stream));
});
afterEach(async () => {
  for (const one of processes) await one.stop().catch(() => {});
  for (const stream of FEED_STREAMS) await bus.connection.request(`$JS.API.STREAM.DELETE.${stream}`, '', { timeout: 5000 });
  await bus.close();
  rmSync(dir, { recursive: true, force: true });
});

const last = new Map<string, number>();
beforeEach(() => last.clear());

/** Resolves when it is in the log. */
async function append(stream: string, entries: readonly ChangeLogEntry[]): Promise<void> {
  const expectedLastSequence = last.get(stream) ?? 0;
  last.set(stream, expectedLastSequence + 1);
  const subject = (subjectsOf(stream)[0] as string).replace('>', 'X');
  await bus.append({ stream, subject, headers: {}, payload: encodeStep(entries), expectedLastSequence });
}

async function heads(): Promise<Record<string, number>> {
  const positions: Record<string, number> = {};
  for (const stream of FEED_STREAMS) positions[stream] = (await bus.streamInfo(stream)).lastSequence;
  return positions;
}

/** A feed whose messages are in the logs and in an oracle. */
class LoggedFeed {
  readonly feed = new HistoryFeed();
  readonly oracle = new NaiveHistory();
  readonly random = randomOf(11);
  #logged = 0;

  async log(actions: number): Promise<void> {
    for (let i = 0; i < actions; i++) this.feed.doRandom(this.random);
    const appends: Promise<void>[] = [];
    for (; this.#logged < this.feed.messages.length; this.#logged++) {
      const { stream, sequence, entries } = this.feed.messages[this.#logged]!;
      appends.push(append(stream, entries));
      this.oracle.apply(stream, sequence, encodeStep(entries));
    }
    await Promise.all(appends);
  }

  async expectSame(client: HistoryClient): Promise<void> {
    const { orderIds, listIds, nowUs, times } = this.feed;
    const calls = historyCalls({ orderIds, listIds, nowUs, times, random: this.random });
    await expectSameOverTheBus(this.oracle, client.at(await heads()), calls);
  }
}

describe('two history processes', () => {
  it('answer with what the asker has just written, one for the other', async () => {
    const logged = new LoggedFeed();
    await logged.log(100);
    const [one, two] = [await HistoryProcess.start(join(dir, 'one')), await HistoryProcess.start(join(dir, 'two'))];
    await one.whenAnswering();
    await two.whenAnswering();
    const client = new HistoryClient({ bus, timeoutMs: 20_000 });
    for (let round = 0; round < 5; round++) {
      await logged.log(40);
      await logged.expectSame(client);
    }
    expect(one.stage.server?.answered).toBeGreaterThan(0);
    expect(two.stage.server?.answered).toBeGreaterThan(0);

    // One dies without a word while it is asked, then stops in peace: the other answers.
    const asked = logged.expectSame(client);
    await one.bus.abort();
    await asked;
    await logged.log(10);
    await logged.expectSame(client);

    // It comes back to where its store was, reads on and answers for the other, which stops.
    await one.stage.stop();
    const again = await HistoryProcess.start(join(dir, 'one'));
    await again.whenAnswering();
    await two.stop();
    await logged.expectSame(client);
    expect(processes.flatMap(({ errors }) => errors)).toEqual([]);
  }, 120_000);

  it('answer with more than a message holds', async () => {
    const entries = (from: number): ChangeLogEntry[] =>
      Array.from({ length: 500 }, (_, i) => {
        const order = newOrder({ orderId: from + i, clientOrderId: `${'x'.repeat(30)}${from + i}` });
        return { ...created(EntityType.SpotOrder, order.orderId, order, order.createdUs), sequence: from + i };
      });
    for (let from = 1; from < 20_000; from += 500) await append('markets-0', entries(from));
    const one = await HistoryProcess.start(join(dir, 'one'));
    await one.whenAnswering();
    const positions = await heads();
    const { request } = bus;
    const replies: number[] = [];
    bus.request = async (...args) => {
      const reply = await request.apply(bus, args);
      replies.push(reply.length);
      return reply;
    };
    const open = await new HistoryClient({ bus, timeoutMs: 20_000 }).at(positions).openOrders(1000);
    expect(open).toHaveLength(20_000);
    expect(open).toEqual(one.store.openOrders(1000));
    // Twice what a server with its defaults takes, in messages half as large.
    expect(replies.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(2 * 2 ** 20);
    expect(Math.max(...replies)).toBeLessThanOrEqual(512 * 1024);
    expect(one.stage.server?.heldBytes).toBe(0);
  }, 120_000);

  it('show among the services of the exchange', async () => {
    const one = await HistoryProcess.start(join(dir, 'one'));
    await one.whenAnswering();
    const reply = await bus.connection.request('$SRV.PING.sedax-history', '', { timeout: 5000 });
    expect(reply.json()).toMatchObject({ name: 'sedax-history', version: '1.2.3', metadata: { process: join(dir, 'one') } });
  });

  it('that are gone: the query says so in time', async () => {
    const history = new HistoryClient({ bus, timeoutMs: 300 }).at({});
    await expect(history.openOrders(1)).rejects.toThrow(HistoryUnavailableError);
  });
});

describe('a trimmed log', () => {
  it('is refused by a history that lacks its beginning, and followed from a copy', async () => {
    const logged = new LoggedFeed();
    await logged.log(100);
    const one = await HistoryProcess.start(join(dir, 'one'));
    await one.whenAnswering();
    await one.stop();
    await copyHistory(join(dir, 'one'), join(dir, 'copy'));
    const { lastSequence } = await bus.streamInfo('markets-0');
    await bus.trim('markets-0', lastSequence);
    await logged.log(30);

    await expect(HistoryProcess.start(join(dir, 'new'))).rejects.toThrow(
      `the history has nothing of markets-0, whose log begins at ${lastSequence + 1}: start with a copy`,
    );
    const copy = await HistoryProcess.start(join(dir, 'copy'));
    await copy.whenAnswering();
    await logged.expectSame(new HistoryClient({ bus, timeoutMs: 20_000 }));
  }, 120_000);

  it('a log that is not the one the history was filled from is refused', async () => {
    await new LoggedFeed().log(100);
    const one = await HistoryProcess.start(join(dir, 'one'));
    await one.whenAnswering();
    await one.stop();
    await bus.connection.request('$JS.API.STREAM.DELETE.markets-0', '', { timeout: 5000 });
    await bus.ensureStream('markets-0', subjectsOf('markets-0'));
    await expect(HistoryProcess.start(join(dir, 'one'))).rejects.toThrow(/of markets-0, whose log ends at 0: they are not of one exchange/);
  }, 120_000);
});
