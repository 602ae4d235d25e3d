// Certificates and passwords for a cluster on a development machine: an authority of its own, one certificate for all
// nats-servers, a password per user of config/nats/users.conf. Production brings its own.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Users of config/nats/users.conf with the role of the same name, and 'all' with every one. */
export const NATS_ROLES = ['acquiring', 'push', 'settlement', 'match', 'kline', 'history', 'admin', 'all'] as const;
/** People: one with the NATS CLI, one who looks after the servers. */
export const NATS_PEOPLE = ['operator', 'system'] as const;
export type NatsUser = (typeof NATS_ROLES)[number] | (typeof NATS_PEOPLE)[number];

const USERS: readonly NatsUser[] = [...NATS_ROLES, ...NATS_PEOPLE];
/** They check signatures and serve operators: nobody else gets the keys to that. */
const EDGES: ReadonlySet<NatsUser> = new Set(['acquiring', 'push', 'all']);
const DAYS = 825;
const HOSTS = ['nats-1', 'nats-2', 'nats-3', 'nats', 'localhost'];

export interface NatsKeys {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly passwords: Readonly<Record<NatsUser, string>>;
  /** Seals the HMAC secrets in the log: the same for every process. */
  readonly secretsKey: string;
  readonly adminToken: string;
}

export const envOfPassword = (user: NatsUser): string => `NATS_PASSWORD_${user.toUpperCase()}`;

/** Those in the folder, made when there are none: certificates, nats.env for the servers, <role>.env for each role. */
export async function ensureNatsKeys(dir: string): Promise<NatsKeys> {
  const files = { caFile: join(dir, 'ca.pem'), certFile: join(dir, 'server.pem'), keyFile: join(dir, 'server.key') };
  const envFile = join(dir, 'nats.env');
  if (!existsSync(envFile)) await makeKeys(dir, files);
  const values = readEnv(envFile);
  const passwords = Object.fromEntries(USERS.map((user) => [user, values.get(envOfPassword(user)) ?? ''])) as Record<NatsUser, string>;
  const edge = readEnv(join(dir, 'acquiring.env'));
  return { ...files, passwords, secretsKey: edge.get('SEDAX_SECRETS_KEY') ?? '', adminToken: edge.get('SEDAX_ADMIN_TOKEN') ?? '' };
}

async function makeKeys(dir: string, { caFile, certFile, keyFile }: Pick<NatsKeys, 'caFile' | 'certFile' | 'keyFile'>): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  await makeCertificates(dir, caFile, certFile, keyFile);
  const passwords = USERS.map((user) => [user, secret()] as const);
  const key = randomBytes(32).toString('base64');
  const token = secret();
  for (const [user, password] of passwords) {
    if (user === 'operator' || user === 'system') {
      // What the NATS CLI reads.
      writeEnv(join(dir, `${user}.env`), [
        ['NATS_USER', user],
        ['NATS_PASSWORD', password],
        ['NATS_CA', caFile],
      ]);
      continue;
    }
    writeEnv(join(dir, `${user}.env`), [
      ['SEDAX_NATS_USER', user],
      ['SEDAX_NATS_PASSWORD', password],
      ...(EDGES.has(user)
        ? ([
            ['SEDAX_SECRETS_KEY', key],
            ['SEDAX_ADMIN_TOKEN', token],
          ] as const)
        : []),
    ]);
  }
  // Last: what is there means that the rest is.
  writeEnv(
    join(dir, 'nats.env'),
    passwords.map(([user, password]) => [envOfPassword(user), password] as const),
  );
}

/** A letter first: nats-server would take digits alone for a number. */
const secret = (): string => `k${randomBytes(24).toString('hex')}`;

function writeEnv(file: string, pairs: readonly (readonly [string, string])[]): void {
  writeFileSync(file, pairs.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
}

function readEnv(file: string): Map<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.filter((line) => line.includes('=')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

async function makeCertificates(dir: string, caFile: string, certFile: string, keyFile: string): Promise<void> {
  const caKey = join(dir, 'ca.key');
  const request = join(dir, 'server.csr');
  const extensions = join(dir, 'server.ext');
  const names = [...HOSTS.map((host) => `DNS:${host}`), 'IP:127.0.0.1', 'IP:::1'].join(',');
  // Servers are clients of each other.
  writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-subj', '/CN=sedax development authority', '-days', String(DAYS)];
  await openssl(['req', '-x509', ...newKey, ...authority, '-keyout', caKey, '-out', caFile]);
  await openssl(['req', ...newKey, '-subj', '/CN=nats', '-keyout', keyFile, '-out', request]);
  const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', String(DAYS), '-extfile', extensions];
  await openssl(['x509', '-req', '-in', request, ...signing, '-out', certFile]);
  for (const passing of [request, extensions, join(dir, 'ca.srl')]) rmSync(passing, { force: true });
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await run('openssl', args);
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw new Error('openssl is needed to make certificates: install it', { cause: error });
    throw new Error(`openssl ${args[0]}: ${stderr || message}`, { cause: error });
  }
}
