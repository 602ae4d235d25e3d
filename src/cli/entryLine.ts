// An entry as the line that commands print: JSON with words and times, and without anybody's secret.
import { entryToJson, type Json } from '../codec/entryJson.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';

const HIDDEN = '[hidden]';

export function entryLine(entry: ChangeLogEntry, where: Readonly<Record<string, Json>> = {}): string {
  // A terminal and what is pasted from it are no place for the secret an HMAC key signs with.
  const json = JSON.stringify({ ...where, ...entryToJson(entry) }, (name, value) => {
    if (name !== 'secret') return value;
    return typeof value === 'string' ? HIDDEN : { old: HIDDEN, new: HIDDEN };
  });
  return `${json}\n`;
}
