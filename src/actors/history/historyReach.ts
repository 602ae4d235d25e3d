// Whether the logs still have what a history lacks. A store goes on where it stands; between there and the first message that
// a trimmed log still holds would be a hole that nobody sees, and behind the last one messages that it would pass over.
import type { Bus } from '../../bus/bus.ts';
import { HistoryGapError } from '../../history/historyStore.ts';

/** Rejects with HistoryGapError, which says what to do, when the store can't go on from its positions. */
export async function checkReach(bus: Bus, streams: readonly string[], position: (stream: string) => number): Promise<void> {
  for (const stream of streams) {
    const { firstSequence, lastSequence } = await bus.streamInfo(stream);
    const at = position(stream);
    if (firstSequence > at + 1) {
      throw new HistoryGapError(
        `the history has ${at === 0 ? 'nothing' : `taken in ${at} messages`} of ${stream}, whose log begins at ${firstSequence}: ` +
          'start with a copy of the history of a process that has read further (sedax history copy; docs/operations.md)',
      );
    }
    if (at > lastSequence) {
      throw new HistoryGapError(
        `the history has taken in ${at} messages of ${stream}, whose log ends at ${lastSequence}: they are not of one exchange, or the ` +
          'log was restored from a backup: empty the history folder, or start with a copy (sedax history rebuild, sedax history copy)',
      );
    }
  }
}
