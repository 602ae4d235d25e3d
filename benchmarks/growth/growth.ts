// Does an order cost more in a venue of a thousand symbols or a million accounts? Settlement and Match, through their behaviours
// and without a log: reserve, match, settle. The sizes take turns; an order's price is processor time of all threads, the collector's
// included. No collection is asked for: that of a million accounts takes a second, most of it in threads that go on while the next
// round is measured, whichever size's that is.

import { median } from '../measure/statistics.ts';
import { BenchRegistry } from '../recovery/benchRegistry.ts';
import { Flow } from '../recovery/flow.ts';
import { Stages } from '../recovery/stages.ts';

export interface GrowthRow {
  readonly symbols: number;
  readonly accounts: number;
  /** Medians over the rounds. */
  readonly ordersPerCpuSecond: number;
  readonly cpuMicrosPerOrder: number;
}

export interface VenueSize {
  readonly symbols: number;
  readonly accounts: number;
}

export interface GrowthOptions {
  readonly rounds: number;
  /** A round. */
  readonly orders: number;
}

interface Subject {
  readonly stages: Stages;
  readonly flow: Flow;
  readonly micros: number[];
}

export async function benchmarkGrowth(sizes: readonly VenueSize[], { rounds, orders }: GrowthOptions): Promise<GrowthRow[]> {
  const subjects: Subject[] = [];
  for (const { symbols, accounts } of sizes) {
    const stages = await Stages.open(new BenchRegistry(symbols, accounts));
    const flow = new Flow(stages, accounts, symbols);
    flow.fund();
    // Compilers and caches.
    flow.trade(orders);
    flow.cancelAll();
    subjects.push({ stages, flow, micros: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { flow, micros } of subjects) {
      const before = process.cpuUsage();
      flow.trade(orders);
      const { user, system } = process.cpuUsage(before);
      micros.push((user + system) / orders);
      // Every round begins with empty books.
      flow.cancelAll();
    }
  }
  return subjects.map(({ stages, micros }, i) => {
    const { symbols, accounts } = sizes[i]!;
    if (stages.refused > 0) throw new Error(`${stages.refused} orders were refused`);
    if (stages.match.children.size !== Math.min(symbols, accounts)) throw new Error('not every symbol traded');
    const each = median(micros);
    return { symbols, accounts, ordersPerCpuSecond: Math.round(1e6 / each), cpuMicrosPerOrder: Math.round(each * 100) / 100 };
  });
}
