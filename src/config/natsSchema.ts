// Settings of the connection to NATS, of what is asked of its servers, and of what makes a start fail.
import { list, type Section, section, text, whole } from './setting.ts';

export const NATS_CHECKS = ['version', 'limits', 'sync', 'replicas', 'clock'] as const;
export type NatsCheck = (typeof NATS_CHECKS)[number];

export interface NatsConfig {
  readonly servers: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly tlsCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly replicas: number;
  readonly storage: 'file' | 'memory';
  readonly inFlightBytesMax: number;
  readonly monitoringUrls: readonly string[];
  readonly clockSkewMaxMs: number;
  readonly fatalChecks: readonly NatsCheck[];
}

export const NATS_SECTION: Section = section({
  servers: list(
    'nats-servers, distributed mode only',
    ['127.0.0.1:4222'],
    { pattern: '^(nats://|tls://)?[^\\s,/:@]+(:\\d{1,5})?$', example: 'nats-1:4222' },
    1,
  ),
  user: text('', 'user of the nats-servers, with password'),
  password: text('', 'password of that user', { isSecret: true }),
  token: text('', 'token of the nats-servers, instead of a user', { isSecret: true }),
  tlsCaFile: text('', "certificate authorities of the nats-servers in PEM; '' = TLS only if the server asks, with the system's"),
  tlsCertFile: text('', "client certificate in PEM, where the nats-servers ask for one; '' = none"),
  tlsKeyFile: text('', 'its private key in PEM'),
  replicas: whole(1, 'copies of every stream, of the leases and of the snapshots; fixed by the first process that starts', 1, 5),
  storage: text('file', 'where the nats-servers keep the streams; memory is for tests', { enum: ['file', 'memory'] }),
  inFlightBytesMax: whole(64 * 2 ** 20, 'bytes appended and not yet acknowledged before appends are refused', 2 ** 20),
  monitoringUrls: list("monitoring ports of all nats-servers: there their fsync setting and clock show; none = they can't be checked", [], {
    pattern: '^https?://[^\\s,]+$',
    example: 'http://nats-1:8222',
  }),
  clockSkewMaxMs: whole(250, "most that this machine's clock may differ from those of the nats-servers"),
  fatalChecks: list(`checks of the nats-servers that end the start when they warn: any of ${NATS_CHECKS.join(', ')}`, [], {
    pattern: `^(${NATS_CHECKS.join('|')})$`,
    example: 'sync',
  }),
});

/** What no single setting can say; undefined = all is well. */
export function natsProblem({ user, password, token, tlsCertFile, tlsKeyFile }: NatsConfig): string | undefined {
  if ((user === '') !== (password === '')) return 'nats.user and nats.password: both or neither';
  if (user !== '' && token !== '') return 'nats.token: not beside nats.user';
  if ((tlsCertFile === '') !== (tlsKeyFile === '')) return 'nats.tlsCertFile and nats.tlsKeyFile: both or neither';
  return undefined;
}
