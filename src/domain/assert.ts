// A broken invariant is a programming error: it stops the stage, with the facts.

export class InvariantError extends Error {
  override name = 'InvariantError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends every switch over a union: adding a member without handling it does not compile. */
export function assertNever(value: never): never {
  throw new InvariantError(`unhandled case ${String(value)}`);
}
