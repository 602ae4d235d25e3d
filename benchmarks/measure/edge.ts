// The edge of an exchange of several processes, in the benchmark's own: it takes the orders and reads the logs, and writes none.
import { Pipeline, type PipelineConfig } from '../../src/actors/pipeline.ts';
import { parseRoles } from '../../src/actors/roles.ts';
import type { Bus } from '../../src/bus/bus.ts';
import { SystemClock } from '../../src/support/clock.ts';

/** To be started and stopped by the caller. What is fatal for it ends the benchmark. */
export function edgeOf(bus: Bus, config: PipelineConfig): Pipeline {
  return new Pipeline({
    bus,
    clock: new SystemClock(),
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (facts, message) => process.stderr.write(`${message} ${JSON.stringify(facts)}\n`),
    },
    config,
    writer: 'edge',
    life: 1,
    onFatal: (stage, error) => {
      throw new Error(stage, { cause: error });
    },
    distribution: {
      roles: parseRoles('acquiring'),
      version: '0.0.0',
      history: () => {
        throw new Error('no history in this benchmark');
      },
    },
  });
}
