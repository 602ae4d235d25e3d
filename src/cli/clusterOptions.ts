// Options of `sedax cluster`: apart from what it does, so that the other commands load none of that.
import { ROLES } from '../actors/roles.ts';
import type { CliOption } from './command.ts';

export const DIR = 'data/cluster';
export const PORT = 3001;

export const CLUSTER_OPTIONS: Readonly<Record<string, CliOption>> = {
  dir: { type: 'string', short: 'd', value: '<dir>', help: `folder of keys, streams and history; ${DIR} unless said` },
  port: { type: 'string', short: 'p', value: '<port>', help: `first HTTP port, the next ones behind it; ${PORT} unless said, 0 = any` },
  'nats-port': { type: 'string', value: '<port>', help: 'first port of the nats-servers; any free ones unless said' },
  set: { type: 'string', multiple: true, value: '<key=value>', help: 'any setting of every process, for instance log.level=debug' },
  ...Object.fromEntries(
    ROLES.map((role) => [role, { type: 'string' as const, value: '<count>', help: `processes with the role ${role}; 1 unless said` }]),
  ),
};
