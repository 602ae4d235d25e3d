// Whether the machine was started again: what the operating system had not written by then is gone.
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Names this run of the machine: Linux has an id for it, elsewhere it is the second it began. */
export function bootOfMachine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `${BEGAN}${Math.round(Date.now() / 1000 - uptime())}`;
  }
}

const BEGAN = 'began ';
/** A clock that is set right moves the beginning; a machine that starts again is down and up for longer. */
const SAME_S = 10;

export function isSameBoot(a: string, b: string): boolean {
  if (!a.startsWith(BEGAN) || !b.startsWith(BEGAN)) return a === b;
  return Math.abs(Number(a.slice(BEGAN.length)) - Number(b.slice(BEGAN.length))) <= SAME_S;
}
