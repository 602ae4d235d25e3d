// The order book and the whole market under the neutral benchmark's contract (benchmarks/flash1): its conformance cases, report
// stream and book state alike, its file format, and the state after every message of a random flow against a list of orders.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BookEngine } from '../../benchmarks/flash1/bookEngine.ts';
import { CONFORMANCE_CASES, workloadOf } from '../../benchmarks/flash1/conformance.ts';
import type { MatchingEngine } from '../../benchmarks/flash1/engine.ts';
import { MarketEngine } from '../../benchmarks/flash1/marketEngine.ts';
import { ReportStream } from '../../benchmarks/flash1/reportStream.ts';
import { MessageType, readWorkload, type Workload } from '../../benchmarks/flash1/workload.ts';
import { Side } from '../../src/domain/orderTerms.ts';

interface Run {
  readonly reports: ReportStream;
  readonly states: string[];
}

function runBook(workload: Workload): Run {
  const reports = new ReportStream(16);
  const engine = new BookEngine(reports);
  const best = (of: Side): string => {
    const ticks = engine.book.bestTicks(of);
    return ticks === 0 ? '-' : `${ticks}x${engine.book.lotsAt(of, ticks)}`;
  };
  return { reports, states: statesAfterEach(workload, engine, () => `${best(Side.BUY)},${best(Side.SELL)}`) };
}

function runMarket(workload: Workload): Run {
  const reports = new ReportStream(16);
  const engine = new MarketEngine(reports, workload);
  const best = ([level]: readonly (readonly [ticks: number, lots: number])[]): string => (level === undefined ? '-' : level.join('x'));
  const state = (): string => {
    const { bids, asks } = engine.market.depth(1);
    return `${best(bids)},${best(asks)}`;
  };
  return { reports, states: statesAfterEach(workload, engine, state) };
}

function statesAfterEach(workload: Workload, engine: MatchingEngine, state: () => string): string[] {
  const states: string[] = [];
  for (let i = 0; i < workload.count; i++) {
    engine.run(workload, i, i + 1);
    states.push(state());
  }
  return states;
}

test('there are 34 cases', () => {
  expect(new Set(CONFORMANCE_CASES.map(({ name }) => name)).size).toBe(34);
});

describe.each([
  ['book', runBook],
  ['market', runMarket],
] as const)('%s', (_, run) => {
  test.each(CONFORMANCE_CASES)('$name', ({ messages, reports: expected, states: expectedStates }) => {
    const { reports, states } = run(workloadOf(messages));
    const text = states.join('\n');
    expect(reports.sha256()).toBe(expected);
    expect(createHash('sha256').update(text).digest('hex')).toBe(expectedStates);
  });
});

test('a modify that crosses trades at the maker’s price and is acknowledged once', () => {
  const crossing = CONFORMANCE_CASES.find(({ name }) => name === 'modify_into_cross')!;
  expect(runBook(workloadOf(crossing.messages)).reports.lines()).toEqual([
    '0,0,1,1,100,10',
    '0,1,0,2,99,10',
    '1,2,100,10,1,2',
    '3,2,0,2,100,10',
  ]);
});

interface Resting {
  readonly orderId: number;
  readonly side: number;
  readonly price: number;
  quantity: number;
}

const message = fc.record({
  type: fc.constantFrom(MessageType.NEW, MessageType.NEW, MessageType.CANCEL, MessageType.MODIFY),
  orderId: fc.integer({ min: 1, max: 12 }),
  side: fc.constantFrom(0, 1),
  quantity: fc.integer({ min: 1, max: 9 }),
  price: fc.integer({ min: 98, max: 103 }),
  ioc: fc.boolean(),
});

test('the reports and the book of a random flow are those of a list of orders', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 60 }), (messages) => {
      let book: Resting[] = [];
      const lines: string[] = [];
      const states: string[] = [];
      // An id is used again only when it is free.
      const sent = messages.map((m, i) => (m.type === MessageType.NEW ? { ...m, orderId: 100 + i } : { ...m, orderId: 100 + m.orderId }));
      sent.forEach(({ type, orderId, side: of, quantity, price, ioc }, i) => {
        const own = book.find((order) => order.orderId === orderId);
        const take = (taker: number): number => {
          let left = quantity;
          while (left > 0) {
            const maker = book
              .filter((o) => o.side !== taker && (taker === 0 ? o.price <= price : o.price >= price))
              .sort((a, b) => (taker === 0 ? a.price - b.price : b.price - a.price))[0];
            if (maker === undefined) break;
            const traded = Math.min(left, maker.quantity);
            lines.push(`1,${i},${maker.price},${traded},${maker.orderId},${orderId}`);
            left -= traded;
            maker.quantity -= traded;
            book = book.filter((o) => o.quantity > 0);
          }
          return left;
        };
        const taker = own?.side ?? of;
        if (type === MessageType.NEW) {
          lines.push(`0,${i},${of},${orderId},${price},${quantity}`);
          const left = take(of);
          if (left > 0 && ioc) lines.push(`2,${i},${of},${orderId},${price}`);
          else if (left > 0) book.push({ orderId, side: of, price, quantity: left });
        } else if (own === undefined) {
          lines.push(`${type === MessageType.CANCEL ? 4 : 5},${i},${orderId}`);
        } else {
          book = book.filter((o) => o !== own);
          if (type === MessageType.CANCEL) {
            lines.push(`2,${i},${own.side},${orderId},${own.price}`);
          } else {
            const left = take(taker);
            lines.push(`3,${i},${taker},${orderId},${price},${quantity}`);
            if (left > 0) book.push({ orderId, side: taker, price, quantity: left });
          }
        }
        const best = (s: number): string => {
          const prices = book.filter((o) => o.side === s).map((o) => o.price);
          if (prices.length === 0) return '-';
          const top = s === 0 ? Math.max(...prices) : Math.min(...prices);
          const lots = book.filter((o) => o.side === s && o.price === top).reduce((sum, o) => sum + o.quantity, 0);
          return `${top}x${lots}`;
        };
        states.push(`${best(0)},${best(1)}`);
      });
      for (const run of [runBook, runMarket]) {
        const result = run(workloadOf(sent));
        expect(result.reports.lines()).toEqual(lines);
        expect(result.states).toEqual(states);
      }
    }),
    { numRuns: 100 },
  );
});

test('the file format is read as the benchmark writes it, and anything else is refused', () => {
  const dir = mkdtempSync(join(tmpdir(), 'flash1-'));
  try {
    const path = join(dir, 'workload.bin');
    const file = Buffer.alloc(16 + 2 * 40);
    file.writeBigUInt64LE(0x4d4542575f303031n, 0);
    file.writeUInt32LE(1, 8);
    file.writeUInt32LE(2, 12);
    file.writeUInt8(1, 17);
    file.writeUInt8(1, 18);
    file.writeUInt32LE(77, 20);
    file.writeBigUInt64LE(123_456n, 32);
    file.writeBigInt64LE(33_504n, 40);
    file.writeUInt8(2, 56);
    file.writeBigUInt64LE(1n, 64);
    writeFileSync(path, file);
    const { count, types, sides, iocs, quantities, orderIds, prices } = readWorkload(path);
    expect({ count, types: [...types], sides: [...sides], iocs: [...iocs] }).toEqual({
      count: 2,
      types: [0, 2],
      sides: [1, 0],
      iocs: [1, 0],
    });
    expect([quantities[0], orderIds[0], prices[0]]).toEqual([77, 123_456, 33_504]);

    const refused =
      (change: (bytes: Buffer) => Buffer | undefined): (() => void) =>
      () => {
        const bytes = Buffer.from(file);
        writeFileSync(path, change(bytes) ?? bytes);
        readWorkload(path);
      };
    expect(refused((bytes) => void bytes.writeUInt8(0, 0))).toThrow('not a workload file');
    expect(refused((bytes) => void bytes.writeUInt32LE(2, 8))).toThrow('workload version 2');
    expect(refused((bytes) => bytes.subarray(0, 90))).toThrow('2 records expected');
    expect(refused((bytes) => void bytes.writeUInt8(3, 16))).toThrow('record 0 has type 3');
    expect(refused((bytes) => void bytes.writeBigUInt64LE(5n, 64))).toThrow('record 1 has another sequence number');
  } finally {
    rmSync(dir, { recursive: true });
  }
});
