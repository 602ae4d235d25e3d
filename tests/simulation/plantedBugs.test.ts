// The simulation finds what it is meant to find: each planted bug breaks an invariant within its number of seeds.
import { describe, expect, test } from 'vitest';
import { PLANTED_BUGS } from './plantedBugs.ts';
import { drawScript } from './script.ts';
import { runScript } from './simulation.ts';

describe('a planted bug is found', () => {
  for (const { name, withinSeeds } of PLANTED_BUGS) {
    test(`${name}, within ${withinSeeds} seeds`, { timeout: 300_000 }, async () => {
      for (let seed = 1; seed <= withinSeeds; seed++) {
        if ((await runScript(drawScript(seed, 120, name))).failure !== undefined) return;
      }
      expect.fail(`${withinSeeds} seeds did not find it`);
    });
  }
});
