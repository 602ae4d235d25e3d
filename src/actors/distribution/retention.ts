// Takes from the logs what nobody needs any more: what every snapshot, push and every history process has behind it. The admin
// log stays whole. What is unknown, a snapshot that is not there, a history process that does not answer, holds everything back.
import type { Bus } from '../../bus/bus.ts';
import { canRestore } from '../recovery.ts';
import { parseParked, parsePositions } from '../step.ts';

export interface RetentionConfig {
  /** Pause between two looks; 0 = everything is kept. */
  readonly everyMs: number;
  /** Newest messages of every stream that stay in any case. */
  readonly keepMessages: number;
  /** History processes there are: fewer that answer, and nothing is trimmed. */
  readonly histories: number;
}

/** A partition: what it writes, and what it reads. */
export interface RetainedPartition {
  readonly output: string;
  readonly inputs: readonly string[];
}

export interface RetentionDeps {
  readonly bus: Bus;
  readonly config: RetentionConfig;
  readonly partitions: readonly RetainedPartition[];
  /** Streams that push and history read. */
  readonly streams: readonly string[];
  /** Committed positions of every history process that answers. */
  readonly histories: () => Promise<readonly ReadonlyMap<string, number>[]>;
  readonly log: (facts: object, message: string) => void;
}

/** Fewer messages than this are not worth a call. */
const WORTH_MESSAGES = 100;
const PUSH_SNAPSHOT = 'push';

export class Retention {
  readonly #deps: RetentionDeps;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** One look. Resolves with what was trimmed: the newest position that is gone, by stream. */
  async trim(): Promise<ReadonlyMap<string, number>> {
    const { bus, config, streams, log } = this.#deps;
    const trimmed = new Map<string, number>();
    const needed = await this.#needed();
    if (needed === undefined) return trimmed;
    for (const stream of streams) {
      const { firstSequence, lastSequence } = await bus.streamInfo(stream);
      const through = Math.min(needed.get(stream) ?? 0, lastSequence - Math.max(1, config.keepMessages));
      if (through - firstSequence + 1 < WORTH_MESSAGES) continue;
      await bus.trim(stream, through);
      trimmed.set(stream, through);
    }
    if (trimmed.size > 0) log({ through: Object.fromEntries(trimmed) }, 'trimmed what every snapshot and every history has');
    return trimmed;
  }

  /** The position up to which a stream may go; undefined when nothing may. */
  async #needed(): Promise<ReadonlyMap<string, number> | undefined> {
    const { bus, config, partitions, streams, histories, log } = this.#deps;
    const kept = await histories();
    if (kept.length < config.histories) {
      log({ answered: kept.length, expected: config.histories }, 'nothing is trimmed: not every history process answers');
      return undefined;
    }
    const push = await bus.getSnapshot(PUSH_SNAPSHOT);
    const readers = [...kept, parsePositions(push?.meta.positions)];
    const bounds = new Map(streams.map((stream) => [stream, Math.min(...readers.map((reader) => reader.get(stream) ?? 0))]));
    const holdBack = (stream: string, position: number): void => void bounds.set(stream, Math.min(bounds.get(stream) ?? 0, position));
    for (const { output, inputs } of partitions) {
      const meta = (await bus.getSnapshot(output))?.meta;
      const known = meta !== undefined && canRestore(meta);
      holdBack(output, known ? Number(meta.sequence) : 0);
      const positions = parsePositions(known ? meta.positions : '');
      // A child that stands still reads its inputs again from where it stopped.
      const parked = [...parseParked(known ? meta.parked : '').values()];
      for (const input of inputs) {
        holdBack(input, positions.get(input) ?? 0);
        for (const owed of parked) if (owed.has(input)) holdBack(input, owed.get(input)! - 1);
      }
    }
    return bounds;
  }
}
