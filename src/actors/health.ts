// How the stages of a process are: what waits, what was restarted, what is halted and the command that goes on.
import type { Health, StageHealth } from '../ports/exchangePort.ts';
import type { PartitionHost } from './partitionHost.ts';
import type { Pipeline } from './pipeline.ts';

export function healthOf(pipeline: Pipeline): Health {
  const stages: StageHealth[] = [
    {
      stage: 'acquiring',
      status: 'ok',
      lag: pipeline.acquiring.pending.size,
      processed: pipeline.acquiring.accepted,
      restarts: 0,
      halted: [],
    },
    ofHosts('admin', [pipeline.admin], pipeline),
    ofHosts('settlement', pipeline.settlement, pipeline),
    ofHosts('match', pipeline.match, pipeline),
    ofHosts('kline', pipeline.kline, pipeline),
    {
      stage: 'push',
      status: pipeline.push.skipped.length > 0 ? 'degraded' : 'ok',
      lag: lagOf(pipeline, 'push'),
      processed: pipeline.push.consumer.processed,
      restarts: pipeline.push.consumer.restarts,
      halted: [],
    },
    {
      stage: 'history',
      status: 'ok',
      lag: lagOf(pipeline, 'history'),
      processed: pipeline.history.consumer.processed,
      restarts: pipeline.history.consumer.restarts,
      halted: [],
    },
  ];
  return {
    status: stages.some((stage) => stage.status === 'failed')
      ? 'failed'
      : stages.some((stage) => stage.status === 'degraded')
        ? 'degraded'
        : 'ok',
    uptimeMs: Math.floor((pipeline.clock.nowUs() - pipeline.startedUs) / 1000),
    stages,
    streams: [pipeline.admin, ...pipeline.settlement, ...pipeline.match, ...pipeline.kline].map(({ current }) => ({
      stream: current.behaviour.output,
      lastSequence: current.sequence,
    })),
  };
}

function ofHosts<S, I>(stage: string, hosts: readonly PartitionHost<S, I>[], pipeline: Pipeline): StageHealth {
  const halted = hosts
    .flatMap(({ current }) => current.halted())
    .map((child) => ({
      ...child,
      resume: `POST /admin/v1/poison/${child.name}/retry`,
    }));
  const restarts = hosts.reduce((sum, host) => sum + host.restarts + host.current.childRestarts(), 0);
  return {
    stage,
    status: halted.length > 0 ? 'degraded' : 'ok',
    lag:
      hosts.reduce((sum, { current }) => sum + current.queued, 0) +
      hosts.reduce((sum, { current }) => sum + lagOf(pipeline, current.name), 0),
    processed: hosts.reduce((sum, { current }) => sum + current.processed, 0),
    restarts,
    halted,
  };
}

function lagOf(pipeline: Pipeline, reader: string): number {
  let lag = 0;
  for (const entry of pipeline.bus.lag()) if (entry.reader === reader) lag += entry.lag;
  return lag;
}
