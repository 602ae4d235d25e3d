// `sedax history copy`: a history process that can't read the logs from their beginning starts with another's history.
import { join, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { copyHistory } from '../history/openHistory.ts';

export async function copyHistoryOf(config: Config, to: string, print: (line: string) => void): Promise<number> {
  const from = join(config.dataDir, 'history');
  try {
    await copyHistory(from, to);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    print(error.message);
    return 2;
  }
  print(`${from} copied to ${resolve(to)}`);
  return 0;
}
