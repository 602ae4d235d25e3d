// Engines side by side: every round gives each of them the same workload in turn, so that a slow hour is slow for all.
// A run that would take too long stops; its rate is that of the messages it came to, when the book was still small.
import { basename } from 'node:path';
import { median } from '../measure/statistics.ts';
import { SEDAX_BOOK } from './engines.ts';
import type { RunAnswer, RunRequest } from './worker.ts';

export interface ComparisonRow {
  readonly file: string;
  readonly engine: string;
  /** Of the shortest run. */
  readonly messages: number;
  /** Medians over the rounds. */
  readonly messagesPerSecond: number;
  readonly messagesPerCpuSecond: number;
  readonly rates: readonly number[];
  /** Its report stream is that of sedax's book, as far as it came. */
  readonly agrees: boolean;
}

export interface EngineRunner {
  readonly name: string;
  run(request: RunRequest): Promise<RunAnswer>;
}

export interface ComparisonOptions {
  readonly rounds: number;
  /** Of processor time: a run stops after it. */
  readonly budgetMs: number;
  readonly most: number;
  /** Messages that are run before the measured rounds, for the compilers. */
  readonly warmUp: number;
}

/** The first engine is sedax's book: what it reports is the measure for the others. */
export async function compare(file: string, engines: readonly EngineRunner[], options: ComparisonOptions): Promise<ComparisonRow[]> {
  const { rounds, budgetMs, most, warmUp } = options;
  const runs = new Map(engines.map(({ name }) => [name, [] as RunAnswer[]]));
  for (const engine of engines) await engine.run({ file, most: warmUp, budgetMs, hash: 0 });
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) {
      runs.get(engine.name)!.push(await engine.run({ file, most, budgetMs, hash: round === 0 ? most : 0 }));
    }
  }
  const book = engines.find(({ name }) => name === SEDAX_BOOK)!;
  const rows: ComparisonRow[] = [];
  for (const { name } of engines) {
    const own = runs.get(name)!;
    const { sha256, messages } = own[0]!;
    const expected = await book.run({ file, most: messages, budgetMs, hash: messages });
    const rates = own.map((run) => run.messages / run.seconds);
    rows.push({
      file: basename(file),
      engine: name,
      messages: Math.min(...own.map((run) => run.messages)),
      messagesPerSecond: Math.round(median(rates)),
      messagesPerCpuSecond: Math.round(median(own.map((run) => run.messages / run.cpuSeconds))),
      rates: rates.map((rate) => Math.round(rate)),
      agrees: expected.sha256 === sha256 && expected.messages === messages,
    });
  }
  return rows;
}
