// `sedax replay`: a recorded order flow through a whole exchange of its own, in a folder that is removed afterwards, and the
// venue's answers against ours. Exit code 0 = every trade, rest and cancel alike.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { startApp } from '../app.ts';
import type { Config } from '../config/schema.ts';
import { replayCoinbase } from '../replay/coinbaseReplay.ts';
import { openReplayAccounts, REPLAY_INSTRUMENT } from '../replay/replayVenue.ts';
import { makeLogger } from '../support/logger.ts';

/** Differences beyond these are counted, not printed. */
const DIFFERENCES_SHOWN = 20;

/** Settings of the exchange that is replayed on: its own folder and port, nobody else's accounts. */
export function replaySettings(dir: string): Readonly<Record<string, string>> {
  return { mode: 'embedded', dataDir: dir, 'http.host': '127.0.0.1', 'http.port': '0', 'demo.enabled': 'false', 'log.level': 'error' };
}

export async function replay(
  file: string,
  configIn: (settings: Readonly<Record<string, string>>) => Config,
  print: (line: string) => void,
): Promise<number> {
  if (!existsSync(file)) {
    print(`no such file: ${file}`);
    return 2;
  }
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const dir = mkdtempSync(join(tmpdir(), 'sedax-replay-'));
  try {
    const config = configIn(replaySettings(dir));
    let fatal: Error | undefined;
    const app = await startApp({
      config,
      logger: makeLogger(config.log),
      onFatal: (stage, error) => {
        fatal = new Error(`${stage}: ${error.message}`, { cause: error });
      },
    });
    try {
      const instrument = await app.exchange.admin.createInstrument(REPLAY_INSTRUMENT);
      const accounts = await openReplayAccounts(app.exchange);
      const begun = performance.now();
      const report = await replayCoinbase(text.split('\n'), { exchange: app.exchange, instrument, accounts });
      if (fatal !== undefined) throw fatal;
      const seconds = (performance.now() - begun) / 1000;
      const { lines, resting, trades, opens, cancels, differences } = report;
      print(`${lines} messages in ${seconds.toFixed(1)} s (${Math.round(lines / seconds)} a second)`);
      print(`${resting} orders resting before, ${trades} trades, ${opens} orders that came to rest, ${cancels} cancels`);
      for (const difference of differences.slice(0, DIFFERENCES_SHOWN)) print(`DIFFERENCE ${difference}`);
      if (differences.length > DIFFERENCES_SHOWN) print(`... and ${differences.length - DIFFERENCES_SHOWN} more`);
      print(differences.length === 0 ? 'exactly as at the venue' : `${differences.length} differences`);
      return differences.length === 0 ? 0 : 1;
    } finally {
      await app.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
