// Between entities and the flat [field, old, new, ...] triples of an Updated entry.
import type { ChangedFields, FieldValue } from './changeLogEntry.ts';

/** Field names by position, from an entity's *Field table. */
export function namesOf<T>(table: Readonly<Record<keyof T & string, number>>): readonly (keyof T & string)[] {
  const names: (keyof T & string)[] = [];
  for (const [name, position] of Object.entries<number>(table)) names[position] = name as keyof T & string;
  return names;
}

/** Writes the new values into the entity. Fields of a newer schema that this one does not know are passed over. */
export function applyChanges<T extends object>(entity: T, names: readonly (keyof T & string)[], changedFields: ChangedFields): void {
  for (let i = 0; i < changedFields.length; i += 3) {
    const name = names[changedFields[i] as number];
    if (name !== undefined) entity[name] = changedFields[i + 2] as T[keyof T & string];
  }
}

/** The triples that take `before` to `before` with `changes`; fields that stay the same are left out. */
export function diff<T extends object>(table: Readonly<Record<keyof T & string, number>>, before: T, changes: Partial<T>): FieldValue[] {
  const triples: FieldValue[] = [];
  for (const name in changes) {
    if (changes[name] !== undefined && changes[name] !== before[name]) triples.push(table[name], before[name], changes[name]);
  }
  return triples;
}
