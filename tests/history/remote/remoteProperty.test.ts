// Every query over the bus against the store in this process, on random data and with messages of any size.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryBus } from '../../../src/bus/memory/memoryBus.ts';
import { encodeStep } from '../../../src/codec/stepCodec.ts';
import { LocalKeeper } from '../../../src/history/localKeeper.ts';
import { HistoryClient } from '../../../src/history/remote/historyClient.ts';
import { HistoryServer } from '../../../src/history/remote/historyServer.ts';
import { decodeRequest, encodeRequest } from '../../../src/history/remote/messages.ts';
import type { Question } from '../../../src/history/remote/queryCodec.ts';
import { FEED_STREAMS, HistoryFeed } from '../../conformance/historyFeed.ts';
import { historyCalls } from '../../conformance/historyQuestions.ts';
import { type FedMessage, NaiveHistory } from '../../conformance/naiveHistory.ts';
import { randomOf } from '../writerFeed.ts';
import { expectSameOverTheBus, ManualProgress } from './remoteParties.ts';

const runs = Number(process.env.SEDAX_PROPERTY_RUNS ?? 10);

it('answers over the bus as the store does', async () => {
  const asked = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 50, max: 400 }),
      fc.constantFrom(64, 1000, 2 ** 19),
      async (seed, actions, partBytes) => {
        const random = randomOf(seed);
        const feed = new HistoryFeed();
        for (let i = 0; i < actions; i++) feed.doRandom(random);
        const store = new NaiveHistory();
        const progress = new ManualProgress();
        for (const stream of FEED_STREAMS) progress.reach(stream, 0);
        for (const { stream, sequence, entries } of feed.messages as FedMessage[]) {
          store.apply(stream, sequence, encodeStep(entries));
          progress.reach(stream, sequence);
        }
        const bus = await MemoryBus.open();
        for (const stream of FEED_STREAMS) await bus.ensureStream(stream, [`test.${stream}`]);
        const server = new HistoryServer({ bus, answers: new LocalKeeper(store), progress, partBytes });
        await server.start();
        const client = new HistoryClient({ bus });
        const { orderIds, listIds, nowUs, times } = feed;
        const calls = historyCalls({ orderIds, listIds, nowUs, times, random });
        for (const { query } of calls) asked.add(query);
        await expectSameOverTheBus(store, client.at(Object.fromEntries(progress.positions)), calls);
        await server.stop();
        await bus.close();
      },
    ),
    { numRuns: runs, interruptAfterTimeLimit: 3_600_000 },
  );
  // The questions leave none out.
  expect([...asked].sort()).toEqual(
    [
      'accountTrades',
      'aggTrades',
      'amendments',
      'balanceChanges',
      'klines',
      'openOrderLists',
      'openOrders',
      'order',
      'orderByClientId',
      'orderList',
      'orderListByClientId',
      'orderLists',
      'orders',
      'preventedMatches',
      'trades',
    ].sort(),
  );
}, 3_600_000);

it('decodes what it encoded', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  const id = fc.maxSafeInteger();
  const page = fc.record({ limit: fc.integer({ min: 1, max: 10_000 }), fromId: id, startUs: id, endUs: id }, { requiredKeys: ['limit'] });
  const question = fc.oneof(
    fc.tuple(id, text, page).map((args) => ({ query: 'orders', args })),
    fc.tuple(id, fc.option(text, { nil: undefined })).map((args) => ({ query: 'openOrders', args })),
    fc.tuple(text, fc.constantFrom('1s', '1M'), page).map(([symbol, interval, bounds]) => ({
      query: 'klines',
      args: [symbol, interval, { ...bounds, nowUs: 5 }],
    })),
  ) as fc.Arbitrary<Question>;
  fc.assert(
    fc.property(fc.array(question, { maxLength: 20 }), fc.dictionary(text, fc.maxSafeNat()), fc.nat(), (questions, positions, waitMs) => {
      const { questions: again, ...rest } = decodeRequest(encodeRequest({ questions, positions, waitMs }));
      expect(again).toEqual(questions);
      expect(Object.entries(rest.positions)).toEqual(Object.entries(positions));
      expect(rest.waitMs).toBe(waitMs);
    }),
  );
});
