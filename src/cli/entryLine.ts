// An entry as the line that commands print: JSON, or briefly for reading, with words and times, and nobody's secret.
import { entryToJson, type Json } from '../codec/entryJson.ts';
import type { ChangeLogEntry } from '../domain/changeLogEntry.ts';

export interface Where {
  readonly stream: string;
  readonly message: number;
  readonly subject: string;
}

export function entryLine(entry: ChangeLogEntry, where: Where | undefined, brief: boolean): string {
  const json = { ...where, ...entryToJson(entry) };
  return brief ? `${briefly(json)}\n` : `${JSON.stringify(json)}\n`;
}

/** `markets-0@3  SpotOrder 1: status Pending -> Filled, executedLots 0 -> 20000`; what is empty or zero, and updateUs, is left out. */
function briefly(json: Readonly<Record<string, Json>>): string {
  const { stream, message, entity, id, change } = json;
  const where = stream === undefined ? '' : `${String(stream)}@${String(message)}`.padEnd(14);
  const facts = Object.entries((json.fields ?? json.changed ?? {}) as Record<string, Json>).map(([name, value]) => {
    if (name === 'updateUs') return '';
    if (json.fields !== undefined) return isEmpty(value) ? '' : `${name} ${textOf(value)}`;
    const { old, new: now } = value as { readonly old: Json; readonly new: Json };
    return isEmpty(old) ? `${name} ${textOf(now)}` : `${name} ${textOf(old)} -> ${textOf(now)}`;
  });
  const what = `${String(entity)} ${String(id)}${change === 'Updated' ? '' : ` ${String(change)}`}`;
  return `${where}${what}: ${facts.filter((fact) => fact !== '').join(', ')}`;
}

function isEmpty(value: Json): boolean {
  return (
    value === null ||
    value === 0 ||
    value === '0' ||
    value === '' ||
    value === 'NONE' ||
    value === -1 ||
    value === false ||
    isEmptyList(value)
  );
}

function isEmptyList(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function textOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return value === '' ? "''" : String(value);
  const facts = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  return `{${facts.map(([name, inner]) => `${name} ${textOf(inner)}`).join(', ')}}`;
}
