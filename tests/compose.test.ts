// docker-compose.yml, the Dockerfile and what they mount, without Docker: every service is what it says, every file is there and
// is accepted by the program that reads it. HAProxy's own check runs where HAPROXY names it or it is on PATH.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseRoles, ROLES } from '../src/actors/roles.ts';
import { loadConfig } from '../src/config/config.ts';
import { ensureNatsKeys } from '../src/support/natsKeys.ts';
import { findNatsServer, NATS_SERVER_VERSION } from '../src/support/natsServer.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly depends_on?: unknown;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly restart: string;
  readonly stop_grace_period?: string;
  readonly ulimits?: { readonly nofile: number };
  readonly tmpfs?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly ipam: { readonly config: readonly { readonly subnet: string }[] } }>>;
};
const { services } = compose;
const imageVolumes = JSON.parse(/^VOLUME (\[.*\])$/m.exec(read('Dockerfile'))![1]!) as readonly string[];
const NATS = ['nats-1', 'nats-2', 'nats-3'];

let secrets: string;
beforeAll(async () => {
  secrets = mkdtempSync(join(tmpdir(), 'sedax-secrets-'));
  await ensureNatsKeys(secrets);
});
afterAll(() => rmSync(secrets, { recursive: true, force: true }));

/** A path of the compose file on this machine: `secrets/` is what `sedax cluster keys` has just made. */
const onDisk = (path: string): string => (/^(\.\/)?secrets\//.test(path) ? path.replace(/^(\.\/)?secrets/, secrets) : join(ROOT, path));

function environmentOf(name: string): Record<string, string> {
  const { environment = {}, env_file: file } = services[name]!;
  const lines = file === undefined ? [] : readFileSync(onDisk(file), 'utf8').split('\n');
  const fromFile = lines.filter((line) => line !== '').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return { ...Object.fromEntries(fromFile), ...environment };
}

/** [source, target] of what it mounts from the host. */
const bindsOf = (name: string): (readonly [string, string])[] =>
  (services[name]?.volumes ?? [])
    .filter((volume) => /^(\.|secrets)/.test(volume))
    .map((volume) => volume.split(':').slice(0, 2) as [string, string]);

test('there is a service for every role, three nats-servers, a proxy, and nothing else', () => {
  expect(Object.keys(services).sort()).toEqual([...ROLES, ...NATS, 'proxy'].sort());
});

describe.each(Object.keys(services))('%s', (name) => {
  const service = services[name]!;

  test('has a pinned image, a health check, restarts and room to stop', () => {
    expect(service.image).toMatch(/:\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    expect(service.healthcheck.test[0]).toBe('CMD');
    expect(service.restart).toBe('unless-stopped');
    expect(service.networks).toEqual(['inside']);
  });

  test('mounts what is there', () => {
    for (const [source] of bindsOf(name)) expect([source, existsSync(onDisk(source))]).toEqual([source, true]);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (volume.includes(':') && !/^[./]/.test(source)) expect(Object.keys(compose.volumes)).toContain(source);
    }
    if (service.env_file !== undefined) expect(existsSync(onDisk(service.env_file))).toBe(true);
  });
});

describe.each(ROLES)('role %s', (role) => {
  const service = services[role]!;

  test('is started with its role and its own password, in any number', () => {
    expect(service.command).toEqual(['start', '--role', role]);
    expect([...parseRoles(role)]).toEqual([role]);
    const env = environmentOf(role);
    const config = loadConfig({ env: { ...env, SEDAX_NATS_TLS_CA_FILE: join(secrets, 'ca.pem') }, overrides: { mode: 'distributed' } });
    expect(config.nats).toMatchObject({ user: role, replicas: NATS.length, servers: NATS.map((nats) => `${nats}:4222`) });
    expect(config.nats.monitoringUrls).toEqual(NATS.map((nats) => `http://${nats}:8222`));
    expect(config.http.trustedProxies).toEqual([compose.networks.inside!.ipam.config[0]!.subnet]);
    // Only who checks signatures and serves operators can.
    const isEdge = role === 'acquiring' || role === 'push';
    expect([env.SEDAX_SECRETS_KEY !== undefined, env.SEDAX_ADMIN_TOKEN !== undefined]).toEqual([isEdge, isEdge]);
    // A port or a name of the host could be had once only.
    expect(service).not.toHaveProperty('ports');
    expect(service).not.toHaveProperty('container_name');
    expect(service).not.toHaveProperty('hostname');
  });

  test('waits for the nats-servers, has time to hand over, and may change nothing', () => {
    expect(service.depends_on).toEqual(Object.fromEntries(NATS.map((nats) => [nats, { condition: 'service_healthy' }])));
    expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(30);
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], build: '.' });
    // Or every container leaves a volume of its own behind, which holds nothing.
    const places = [...service.tmpfs!, ...(service.volumes ?? [])].map((place) => place.split(':')[0]);
    for (const volume of imageVolumes) expect(places).toContain(volume);
    expect(service.ulimits?.nofile).toBeGreaterThan(loadConfig({ env: {} }).http.limits.connectionsMax);
  });
});

test('the image is built by what Docker has built in: its frontend is not fetched', () => {
  expect(read('Dockerfile')).not.toMatch(/^#\s*syntax=/m);
});

test.each(NATS)('%s runs the configuration that ships, and nats-server takes it', async (name) => {
  const service = services[name]!;
  expect(service.image).toContain(`nats:${NATS_SERVER_VERSION}`);
  const inContainer = new Map(bindsOf(name).map(([source, target]) => [target, onDisk(source)] as const));
  const here = (path: string): string => {
    for (const [target, source] of inContainer) if (path === target || path.startsWith(`${target}/`)) return path.replace(target, source);
    throw new Error(`${path} is not mounted in ${name}`);
  };
  const [flag, file = ''] = service.command ?? [];
  expect(flag).toBe('--config');
  const env = environmentOf(name);
  expect(env.NATS_NAME).toBe(name);
  expect(service.volumes).toContain(`${name}:${env.NATS_STORE}`);
  for (const variable of ['NATS_CERT', 'NATS_KEY', 'NATS_CA']) env[variable] = here(env[variable]!);
  const { stderr } = await run(await findNatsServer(), ['-t', '-c', here(file)], {
    env: { PATH: process.env.PATH, ...env, NATS_STORE: secrets },
  });
  expect(stderr).toContain('is valid');
  // Every name under which the others reach it is in the certificate.
  const { stdout } = await run('openssl', ['x509', '-in', join(secrets, 'server.pem'), '-noout', '-ext', 'subjectAltName']);
  expect(stdout).toContain(`DNS:${name}`);
});

describe('the proxy', () => {
  const config = read('config/haproxy/haproxy.cfg');

  test('finds the services that serve clients, and asks for their health', () => {
    const templates = [...config.matchAll(/server-template (\S+) \d+ (\S+):(\d+)/g)].map(([, prefix, host, port]) => [prefix, host, port]);
    expect(templates).toEqual([
      ['acquiring', 'acquiring', '3001'],
      ['push', 'push', '3001'],
    ]);
    expect(read('Dockerfile')).toContain('EXPOSE 3001');
    expect(config.match(/GET uri \/api\/spot\/health/g)).toHaveLength(2);
    const env = environmentOf('proxy');
    for (const [, variable] of config.matchAll(/\$\{(\w+)\}/g)) expect(Object.keys(env)).toContain(variable);
    const maxconn = Number(/^ {2}maxconn (\d+)$/m.exec(config)?.[1]);
    expect(services.proxy?.ulimits?.nofile).toBeGreaterThan(2 * maxconn + 100);
    const { ports = [] } = services.proxy!;
    expect(ports).toEqual([`3000:${env.PROXY_PORT}`, `127.0.0.1:3080:${env.PROXY_OPERATOR_PORT}`]);
  });

  const haproxy = [process.env.HAPROXY ?? '', ...(process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'haproxy'))].find(
    (path) => {
      try {
        accessSync(path, constants.X_OK);
        return path !== '';
      } catch {
        return false;
      }
    },
  );
  test.skipIf(haproxy === undefined)('HAProxy takes its configuration (skipped where there is no haproxy: HAPROXY names one)', async () => {
    const { stdout, stderr } = await run(haproxy as string, ['-c', '-f', join(ROOT, 'config/haproxy/haproxy.cfg')], {
      env: { ...process.env, ...environmentOf('proxy') },
    });
    expect(stdout + stderr).toContain('Configuration file is valid');
  });
});

describe('the image', () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  const last = stages.at(-1) ?? '';

  test('has two stages, a pinned base, no root, and only what is in the repository', () => {
    expect(stages).toHaveLength(2);
    expect(read('Dockerfile')).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/m);
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK .*"node", "bin\/health\.js"/m);
    const ignored = read('.dockerignore').split('\n');
    for (const [, from = ''] of read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of from.split(' ')) {
        expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
        expect(ignored).toContain(`!${source}`);
      }
    }
  });

  test.each([
    [200, 0],
    [503, 1],
    [undefined, 1],
  ])('its health check answers %s with exit code %s', async (status, code) => {
    let server: Server | undefined;
    let port = 1;
    if (status !== undefined) {
      server = createServer((request, response) => response.writeHead(request.url === '/api/spot/health' ? status : 404).end());
      await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
      ({ port } = server.address() as AddressInfo);
    }
    const checking = run(process.execPath, [join(ROOT, 'bin/health.js')], { env: { ...process.env, SEDAX_HTTP_PORT: String(port) } });
    const found = await checking.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    server?.close();
    expect(found).toBe(code);
  });
});
