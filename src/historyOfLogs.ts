// Opens the history of a data folder so that it is never ahead of the logs it is derived from. It can be: a power cut takes
// answers back with durability 'interval' or 'none', and the history may have been written before it.
import { type Bus, type StreamInfo, UnknownStreamError } from './bus/bus.ts';
import { streams } from './bus/subjects.ts';
import type { Config } from './config/schema.ts';
import { HistoryGapError } from './history/historyStore.ts';
import { clearHistory, type HistoryOptions } from './history/openHistory.ts';

/** A store, or who keeps one. */
interface Positioned {
  position(stream: string): number;
  close(): Promise<void>;
}

export interface AheadOfLog {
  readonly stream: string;
  readonly position: number;
  readonly lastSequence: number;
}

/** The logs whose past is kept. */
export function historyStreams({ pipeline }: Pick<Config, 'pipeline'>): string[] {
  const accounts = Array.from({ length: pipeline.accountPartitions }, (_, p) => streams.accounts(p));
  const markets = Array.from({ length: pipeline.marketPartitions }, (_, s) => [streams.markets(s), streams.klines(s)]);
  return [...accounts, ...markets.flat()];
}

/**
 * Nothing may have been appended since the bus was opened. A history that is ahead is emptied, and the logs fill it again;
 * HistoryGapError when they no longer could.
 */
export async function openHistoryOfLogs<History extends Positioned, Options extends HistoryOptions>(
  bus: Bus,
  names: readonly string[],
  open: (options: Options) => History | Promise<History>,
  options: Options,
  onAhead: (ahead: AheadOfLog) => void,
): Promise<History> {
  const history = await open(options);
  for (const stream of names) {
    const position = history.position(stream);
    const { lastSequence } = await infoOf(bus, stream);
    if (position <= lastSequence) continue;
    onAhead({ stream, position, lastSequence });
    await history.close();
    for (const name of names) {
      const { firstSequence } = await infoOf(bus, name);
      if (firstSequence === 1) continue;
      throw new HistoryGapError(
        `the history has taken in ${position} messages of ${stream}, whose log ends at ${lastSequence}, and can't be filled again, ` +
          `for ${name} begins at ${firstSequence}: start with a copy of a history from before (docs/operations.md)`,
      );
    }
    clearHistory(options.dir);
    return open(options);
  }
  return history;
}

async function infoOf(bus: Bus, stream: string): Promise<Pick<StreamInfo, 'firstSequence' | 'lastSequence'>> {
  try {
    return await bus.streamInfo(stream);
  } catch (error) {
    if (error instanceof UnknownStreamError) return { firstSequence: 1, lastSequence: 0 };
    throw error;
  }
}
