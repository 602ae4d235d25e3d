// What the exchange says no to an operator with, as the error the operator gets.
import { ApiError, EdgeReject } from '../errors.ts';

type Problem = 'unknown' | 'exists' | 'invalid';

/** The exchange's own errors are RangeErrors that may say which sort of problem it is. */
function problemOf(error: RangeError): Problem {
  const { problem } = error as RangeError & { readonly problem?: unknown };
  return problem === 'unknown' || problem === 'exists' ? problem : 'invalid';
}

const REASONS = { unknown: EdgeReject.ADMIN_UNKNOWN, exists: EdgeReject.EXISTS, invalid: EdgeReject.ADMIN_INVALID } as const;

/** Runs an operator's command; its refusals become documented answers, its failures stay what they are. */
export async function asked<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError(REASONS[problemOf(error)], { why: error.message });
    throw error;
  }
}
