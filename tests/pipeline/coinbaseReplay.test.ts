// Real order-by-order flow of a venue through the whole pipeline gives the venue's own trades, rests, cancels and books.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { replayCoinbase } from '../../src/replay/coinbaseReplay.ts';
import { openReplayAccounts, REPLAY_INSTRUMENT } from '../../src/replay/replayVenue.ts';
import { verifyLogs } from '../../src/verify/verifyLogs.ts';
import { Venue } from './venue.ts';

const DATA = new URL('../../../shared/data/coinbase-l3-2016-03-12/', import.meta.url);
const recording = new URL('replay_coinbase_2.in.gz', DATA);
const missing = !existsSync(recording);
/** Input lines after which the recording states the book, and where. */
const BOOKS = new Map([
  [9_485, 'replay_coinbase_0.out'],
  [10_899, 'replay_coinbase_1.out'],
  [12_843, 'replay_coinbase_2.out'],
]);

test.skipIf(missing)(
  `the Coinbase recording${missing ? ' (skipped: the recordings are not beside this clone)' : ''}`,
  { timeout: 120_000 },
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sedax-replay-'));
    const venue = await Venue.open({ dir, instruments: [REPLAY_INSTRUMENT] });
    try {
      const accounts = await openReplayAccounts(venue.exchange);
      const books = new Map<number, unknown>();
      const checkpoints = new Map(
        [...BOOKS.keys()].map((line) => [
          line,
          () => void books.set(line, venue.exchange.markets.view(REPLAY_INSTRUMENT.symbol)?.depth(50)),
        ]),
      );
      const report = await replayCoinbase(gunzipSync(readFileSync(recording)).toString('utf8').split('\n'), {
        exchange: venue.exchange,
        instrument: REPLAY_INSTRUMENT,
        accounts,
        checkpoints,
      });
      expect(report.differences).toEqual([]);
      expect(report).toMatchObject({ lines: 12_843, resting: 7_109, trades: 12, opens: 1_910, cancels: 1_888 });
      for (const [line, file] of BOOKS) {
        const expected = JSON.parse(readFileSync(new URL(file, DATA), 'utf8')) as { bids: [number, number][]; asks: [number, number][] };
        const levels = (side: [number, number][]) => side.map(([price, size]) => [Math.round(price * 100), Math.round(size * 1e8)]);
        const book = books.get(line) as { bids: unknown; asks: unknown };
        expect(book.bids, `bids after line ${line}`).toEqual(levels(expected.bids));
        expect(book.asks, `asks after line ${line}`).toEqual(levels(expected.asks));
      }
      await venue.pipeline.barrier();
      expect((await verifyLogs({ bus: venue.bus, accountPartitions: 1, marketPartitions: 1 })).problems).toEqual([]);
      for (const row of await venue.exchange.reconcile()) expect(row, row.asset).toMatchObject({ ok: true });
    } finally {
      await venue.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
