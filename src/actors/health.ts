// How the stages of a process are: what waits, what was restarted, what is halted and the command that goes on.
import type { ClusterHealth, Health, StageHealth } from '../ports/exchangePort.ts';
import type { Cluster } from './distribution/cluster.ts';
import type { PartitionHost } from './partitionHost.ts';
import type { Pipeline } from './pipeline.ts';
import { type Role, servesClients } from './roles.ts';

export function healthOf(pipeline: Pipeline): Health {
  const { history, roles, cluster } = pipeline;
  const everything: (StageHealth | undefined)[] = [
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
    servesClients(roles)
      ? {
          stage: 'push',
          status: pipeline.push.skipped.length > 0 ? 'degraded' : 'ok',
          lag: lagOf(pipeline, 'push'),
          processed: pipeline.push.consumer.processed,
          restarts: pipeline.push.consumer.restarts,
          halted: [],
        }
      : undefined,
    history && {
      stage: 'history',
      status: 'ok',
      lag: lagOf(pipeline, 'history'),
      processed: history.consumer.processed,
      restarts: history.consumer.restarts,
      halted: [],
    },
  ];
  // Where a process serves clients, both of its stages run; the others run where their role is.
  const stages = everything.filter(
    (stage): stage is StageHealth =>
      stage !== undefined && (roles.has(stage.stage as Role) || (servesClients(roles) && ['acquiring', 'push'].includes(stage.stage))),
  );
  const others = cluster === undefined ? undefined : clusterOf(pipeline, cluster);
  return {
    status:
      // Whom the log does not take word from can do nothing for a client.
      cluster?.isMember === false || !pipeline.bus.canStore() || stages.some((stage) => stage.status === 'failed')
        ? 'failed'
        : (others?.problems.length ?? 0) > 0 || stages.some((stage) => stage.status === 'degraded')
          ? 'degraded'
          : 'ok',
    uptimeMs: Math.floor((pipeline.clock.nowUs() - pipeline.startedUs) / 1000),
    stages,
    streams: [pipeline.admin, ...pipeline.settlement, ...pipeline.match, ...pipeline.kline].flatMap(({ running }) =>
      running === undefined ? [] : [{ stream: running.behaviour.output, lastSequence: running.sequence }],
    ),
    ...(others === undefined ? {} : { cluster: others }),
  };
}

function clusterOf(pipeline: Pipeline, cluster: Cluster): ClusterHealth {
  return {
    members: cluster.members().map(({ id, roles }) => ({ id, roles: [...roles] })),
    owners: [...pipeline.owners.all()].map(([stream, { epoch, writer }]) => ({ stream, epoch, writer })),
    problems: [
      ...pipeline.bus.problems(),
      ...(cluster.isMember ? [] : ['this process is no member of the exchange now: the log takes nothing from it']),
    ],
  };
}

function ofHosts<S, I>(stage: string, hosts: readonly PartitionHost<S, I>[], pipeline: Pipeline): StageHealth {
  const running = hosts.flatMap((host) => host.running ?? []);
  const halted = running
    .flatMap((partition) => partition.halted())
    .map((child) => ({
      ...child,
      resume: `POST /admin/v1/poison/${child.name}/retry`,
    }));
  const restarts =
    hosts.reduce((sum, host) => sum + host.restarts, 0) + running.reduce((sum, partition) => sum + partition.childRestarts(), 0);
  return {
    stage,
    status: halted.length > 0 ? 'degraded' : 'ok',
    lag: running.reduce((sum, { queued }) => sum + queued, 0) + running.reduce((sum, { name }) => sum + lagOf(pipeline, name), 0),
    processed: running.reduce((sum, { processed }) => sum + processed, 0),
    restarts,
    halted,
  };
}

function lagOf(pipeline: Pipeline, reader: string): number {
  let lag = 0;
  for (const entry of pipeline.bus.lag()) if (entry.reader === reader) lag += entry.lag;
  return lag;
}
