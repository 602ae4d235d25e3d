// What makes streams and buckets waits for a cluster that is not whole yet: just started, or one of its servers just gone.
import { apiCode, busError } from './connection.ts';

const ATTEMPTS = 40;
const PAUSE_MS = 250;

/** Calls it again, for some ten seconds, while what it fails with passes by itself. Rejects with what it failed with last. */
export async function whileItPasses<T>(make: () => Promise<T>, pauseMs: number = PAUSE_MS): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await make();
    } catch (error) {
      if (attempt === ATTEMPTS || !isPassing(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** No leader yet, peers not known yet or one of them gone, another process at it: worth another try. */
export function isPassing(error: unknown): boolean {
  const code = apiCode(error);
  // 10005 no suitable peers, 10008 system temporarily unavailable, 10023 insufficient resources, 10058 name already in use.
  if (code !== undefined) return [10_005, 10_008, 10_023, 10_058].includes(code);
  const name = busError(error, '').name;
  return name === 'RequestTimeoutError' || name === 'NoRespondersError' || (error as Error).name === 'JetStreamNotEnabled';
}
