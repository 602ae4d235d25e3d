// The comparison with other engines, tiny: engines in processes of their own over a workload file, one of them wrong. And the
// adapters' common part, against the book: what an engine that only enters and takes out would report.
import { expect, test } from 'vitest';
import { BookEngine } from '../../benchmarks/flash1/bookEngine.ts';
import { CONFORMANCE_CASES, workloadOf } from '../../benchmarks/flash1/conformance.ts';
import { ReportStream, ReportType } from '../../benchmarks/flash1/reportStream.ts';
import { compare, type EngineRunner } from '../../benchmarks/peers/comparison.ts';
import { MessageEngine } from '../../benchmarks/peers/messageEngine.ts';
import { runTrial } from '../../benchmarks/peers/trial.ts';
import { OrderBook } from '../../src/domain/market/orderBook.ts';
import { Side } from '../../src/domain/orderTerms.ts';

/** An engine of the smallest interface, on the book's primitives. */
class SmallEngine extends MessageEngine {
  readonly #book = new OrderBook();

  protected enter(sequence: number, orderId: number, side: number, price: number, quantity: number, ioc: boolean): boolean {
    const makers = side === 0 ? Side.SELL : Side.BUY;
    let left = quantity;
    for (let node = this.#book.bestNode(makers); node !== 0 && left > 0; node = this.#book.bestNode(makers)) {
      const ticks = this.#book.bestTicks(makers);
      if (side === 0 ? ticks > price : ticks < price) break;
      const lots = Math.min(left, this.#book.lots(node));
      this.reports.push(ReportType.TRADE, sequence, ticks, lots, this.#book.orderId(node), orderId);
      this.#book.fill(node, lots);
      left -= lots;
    }
    if (left > 0 && !ioc) this.#book.rest(orderId, side === 0 ? Side.BUY : Side.SELL, price, left);
    return left === 0;
  }

  protected takeOut(orderId: number): boolean {
    const node = this.#book.find(orderId);
    if (node === 0) return false;
    this.lastSide = this.#book.side(node) - 1;
    this.lastPrice = this.#book.priceTicks(node);
    this.#book.remove(node);
    return true;
  }
}

test.each(CONFORMANCE_CASES)('an adapter reports $name as the benchmark has it', ({ messages, reports: expected }) => {
  const reports = new ReportStream(16);
  const workload = workloadOf(messages);
  const trial = runTrial((stream) => new SmallEngine(stream), workload, reports, workload.count, 60_000);
  expect(trial.messages).toBe(workload.count);
  expect(reports.sha256()).toBe(expected);
});

const workload = workloadOf(CONFORMANCE_CASES.find(({ name }) => name === 'deep_recursive_sweep_5000')!.messages);

function runner(name: string, make: (reports: ReportStream) => { run: BookEngine['run'] }, budgetMs?: number): EngineRunner {
  const reports = new ReportStream(16);
  return {
    name,
    run: (request) => {
      const trial = runTrial(make, workload, reports, request.most, budgetMs ?? request.budgetMs);
      return Promise.resolve({ ...trial, sha256: request.hash === 0 ? '' : reports.sha256(Math.min(request.hash, trial.messages)) });
    },
  };
}

test('engines are compared with the book, as far as each came', async () => {
  const deaf = {
    run: (): void => {
      // Reports nothing.
    },
  };
  const engines = [
    runner('sedax book', (reports) => new BookEngine(reports)),
    runner('right', (reports) => new SmallEngine(reports)),
    runner('slow', (reports) => new SmallEngine(reports), 0),
    runner('wrong', () => deaf),
  ];
  const rows = await compare('sweep.bin', engines, { rounds: 2, budgetMs: 60_000, most: workload.count, warmUp: 10 });
  expect(rows.map(({ engine, messages, agrees }) => ({ engine, messages, agrees }))).toEqual([
    { engine: 'sedax book', messages: 5001, agrees: true },
    { engine: 'right', messages: 5001, agrees: true },
    { engine: 'slow', messages: 512, agrees: true },
    { engine: 'wrong', messages: 5001, agrees: false },
  ]);
  expect(rows.every(({ messagesPerSecond }) => messagesPerSecond > 0)).toBe(true);
});
