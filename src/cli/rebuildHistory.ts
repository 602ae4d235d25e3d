// `sedax history rebuild`: throws the queryable past away and fills it again from the logs of a data folder. For a history
// that is damaged or of an older format; the exchange must not be running. Cut short, the next start goes on filling it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus } from '../bus/bus.ts';
import { MemoryBus } from '../bus/memory/memoryBus.ts';
import type { Config } from '../config/schema.ts';
import type { HistoryKeeper } from '../history/historyKeeper.ts';
import { clearHistory } from '../history/openHistory.ts';
import { openKeeper } from '../history/openKeeper.ts';
import { historyStreams } from '../historyOfLogs.ts';

export async function rebuildHistory(config: Config, print: (line: string) => void): Promise<number> {
  const journal = join(config.dataDir, 'journal');
  if (!existsSync(journal)) {
    print(`no journal in ${config.dataDir}`);
    return 2;
  }
  const { mapSizeBytes, memoryBytesMax } = config.journal;
  const bus = await MemoryBus.open({
    memoryBytesMax,
    journal: { dir: journal, durability: 'none', intervalMs: 1000, mapSizeBytes },
  });
  try {
    const names = historyStreams(config);
    for (const stream of names) {
      const { firstSequence } = await bus.streamInfo(stream);
      if (firstSequence === 1) continue;
      print(`${stream} begins at ${firstSequence}: the history holds what the log has given up, so it stays as it is`);
      return 1;
    }
    const dir = join(config.dataDir, 'history');
    clearHistory(dir);
    const keeper = await openKeeper({ thread: false, dir, mapSizeBytes: config.history.mapSizeBytes });
    try {
      for (const stream of names) print(`${stream}: ${await feed(bus, stream, keeper)} steps`);
    } finally {
      await keeper.close();
    }
    return 0;
  } finally {
    await bus.close();
  }
}

async function feed(bus: Bus, stream: string, keeper: HistoryKeeper): Promise<number> {
  const { lastSequence } = await bus.streamInfo(stream);
  if (lastSequence === 0) return 0;
  const reader = bus.read(stream, { fromSequence: 1 });
  try {
    while (reader.position < lastSequence) {
      const batch = await reader.next();
      if (batch.length === 0) break;
      await keeper.take(stream, batch);
    }
    return reader.position;
  } finally {
    reader.close();
  }
}
