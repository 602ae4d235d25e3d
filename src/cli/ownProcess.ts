// A command that runs itself again in a process of its own, for what may end the process that does it.
import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The same command line with `more` behind it; what it prints is printed. */
export function runAgain(more: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...more], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
