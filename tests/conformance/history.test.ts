import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistory } from '../../src/history/openHistory.ts';
import { historyConformance } from './history.ts';
import { type FedMessage, NaiveHistory } from './naiveHistory.ts';
import { openThreadHistory } from './threadHistory.ts';

historyConformance('the LMDB store', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  return {
    open: () => openHistory({ dir, fsync: false }),
    destroy: () => rmSync(dir, { recursive: true, force: true }),
  };
});

// A journal of a few rows: everything is in runs by the time it is asked for.
historyConformance('the LMDB store with hardly any memory', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  return {
    open: () => openHistory({ dir, fsync: false, journalBytes: 256, segmentBytes: 128 }),
    destroy: () => rmSync(dir, { recursive: true, force: true }),
  };
});

historyConformance('the LMDB store in a thread of its own', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sedax-history-'));
  return {
    open: () => openThreadHistory({ dir, fsync: false }),
    destroy: () => rmSync(dir, { recursive: true, force: true }),
  };
});

// The oracle of the property test has to pass as well.
historyConformance('the naive store', () => {
  const disk: FedMessage[] = [];
  return { open: () => new NaiveHistory(disk), destroy: () => {} };
});
