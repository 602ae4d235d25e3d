// What the killed writer and the test that checks it agree on.
import type { LmdbHistoryOptions } from '../../src/history/lmdb/lmdbHistoryStore.ts';

/** So little memory that every few commits move rows and drop segments. */
export const WRITER_OPTIONS: Omit<LmdbHistoryOptions, 'dir'> = { journalBytes: 64 * 1024, segmentBytes: 8 * 1024 };

/** Deterministic picks (mulberry32). */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
