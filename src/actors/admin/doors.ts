// What stages may ask of the admin log by themselves: to close a door that poison stands behind. Whoever speaks for a stage, a thief
// of its password too, can stop a symbol or an account with it, and cannot make himself an admin.
import { SymbolStatus } from '../../domain/orderTerms.ts';
import type { AdminChange } from './adminBehaviour.ts';

/** True for a change that halts a symbol or freezes an account, and does nothing else. */
export function closesDoor(change: AdminChange): boolean {
  if (change.kind === 'updateAccount') return says(change.change, { frozen: true }, []);
  return change.kind === 'updateInstrument' && says(change.change, { status: SymbolStatus.HALT }, ['haltReason']);
}

/** `change` is exactly `wanted`, and perhaps something under the names in `also`. */
function says(change: object, wanted: Readonly<Record<string, unknown>>, also: readonly string[]): boolean {
  const rest = new Map(Object.entries(change));
  for (const [name, value] of Object.entries(wanted)) {
    if (rest.get(name) !== value) return false;
    rest.delete(name);
  }
  return [...rest.keys()].every((name) => also.includes(name));
}
