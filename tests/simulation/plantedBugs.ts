// Bugs put into the exchange on purpose, to see that the simulation finds them.
import type { Random } from './random.ts';
import type { Seams } from './seams.ts';

export interface PlantedBug {
  readonly name: string;
  readonly seams: (random: Random) => Seams;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [];

export function plantedBug(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((one) => one.name === name);
  if (bug === undefined) throw new RangeError(`no planted bug is called ${name}`);
  return bug;
}
