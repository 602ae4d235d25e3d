// npm run bench:peers -- [install | FILE...]
// sedax's book and whole market beside the fastest JavaScript engines and exchange-core (Java), each in a process of its own,
// over the workloads of flash1-dev/matching-engine-benchmark. Prints one JSON line an engine and workload, then the worst
// workload of each engine and the ratios, by processor time. Fails (exit 1) when an engine's reports differ from those of sedax's book.
import { workloadFiles } from '../flash1/scenarios.ts';
import { type ComparisonRow, compare } from './comparison.ts';
import { EngineProcess } from './engineProcess.ts';
import { EXCHANGE_CORE, isInstalled, PEER_NAMES, SEDAX_BOOK, SEDAX_MARKET } from './engines.ts';
import { installAll } from './install.ts';

const OPTIONS = { rounds: 3, budgetMs: 4_000, most: 2 ** 31 - 1, warmUp: 100_000 };

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function measureAll(files: readonly string[]): Promise<void> {
  const peers = [...PEER_NAMES, EXCHANGE_CORE];
  for (const name of peers) if (!isInstalled(name)) print({ engine: name, skipped: 'not installed: npm run bench:peers -- install' });
  const engines = [SEDAX_BOOK, SEDAX_MARKET, ...peers.filter(isInstalled)].map((name) => new EngineProcess(name));
  const rows: ComparisonRow[] = [];
  try {
    for (const file of files) {
      for (const row of await compare(file, engines, OPTIONS)) {
        print(row);
        rows.push(row);
      }
    }
  } finally {
    for (const engine of engines) engine.close();
  }
  const worst = engines.map(({ name }) =>
    rows.filter((row) => row.engine === name).reduce((a, b) => (b.messagesPerCpuSecond < a.messagesPerCpuSecond ? b : a)),
  );
  const of = (name: string): ComparisonRow => worst.find(({ engine }) => engine === name)!;
  for (const row of worst) {
    const { engine, file, messagesPerSecond, messagesPerCpuSecond } = row;
    const ratio = (name: string): number => Math.round((of(name).messagesPerCpuSecond / messagesPerCpuSecond) * 100) / 100;
    print({
      worst: engine,
      file,
      messagesPerSecond,
      messagesPerCpuSecond,
      bookIsTimesAsFast: ratio(SEDAX_BOOK),
      marketIsTimesAsFast: ratio(SEDAX_MARKET),
    });
  }
  if (rows.some(({ agrees }) => !agrees)) process.exitCode = 1;
}

const args = process.argv.slice(2);
if (args[0] === 'install') {
  installAll();
} else {
  const files = args.length > 0 ? args : workloadFiles();
  if (files.length === 0) {
    process.stderr.write('no workloads: npm run bench:peers -- install, or name their files\n');
    process.exit(2);
  }
  await measureAll(files);
}
