// Settings: defaults, then config/<mode>.json, then a file named by the user, then the environment; checked once, frozen.
// A wrong setting is an error that names the key, where it came from and what would be right.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject } from 'ajv';
import { binanceProblem } from './binanceSchema.ts';
import { natsProblem } from './natsSchema.ts';
import { CONFIG_SCHEMA, type Config } from './schema.ts';
import type { Section, Setting } from './setting.ts';

export class ConfigError extends Error {
  override name = 'ConfigError';
}

type Json = Record<string, unknown>;

/** Folder of the package: config/ and package.json are there. */
export const PACKAGE_DIR = fileURLToPath(new URL('../../', import.meta.url));

export function packageVersion(): string {
  return (JSON.parse(readFileSync(`${PACKAGE_DIR}package.json`, 'utf8')) as { version: string }).version;
}

export interface SettingInfo {
  readonly key: string;
  readonly env: string;
  readonly setting: Setting;
}

/** `http.limits.bodyBytesMax` is SEDAX_HTTP_LIMITS_BODY_BYTES_MAX. */
export function envName(key: string): string {
  return `SEDAX_${key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

export function settings(section: Section = CONFIG_SCHEMA, prefix = ''): SettingInfo[] {
  return Object.entries(section.properties).flatMap(([name, property]) => {
    const key = prefix + name;
    return property.type === 'object' ? settings(property, `${key}.`) : [{ key, env: envName(key), setting: property }];
  });
}

/** Every setting there is; the schema is fixed when the process starts. */
const SETTINGS: readonly SettingInfo[] = settings();
const SETTING_NAMES: ReadonlySet<string> = new Set(SETTINGS.map(({ env }) => env));

function setAt(target: Json, key: string, value: unknown): void {
  const path = key.split('.');
  const last = path.pop() as string;
  let at = target;
  for (const name of path) {
    at[name] ??= {};
    at = at[name] as Json;
  }
  at[last] = value;
}

function merge(base: Json, over: Json): Json {
  const merged: Json = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    const both = isObject(below) && isObject(value);
    merged[name] = both ? merge(below, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function defaults(section: Section): Json {
  const values: Json = {};
  for (const [name, property] of Object.entries(section.properties)) {
    values[name] = property.type === 'object' ? defaults(property) : property.default;
  }
  return values;
}

function readFile(file: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file}: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(value)) throw new ConfigError(`${file}: must be a JSON object`);
  return value;
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): {
  readonly values: Json;
  readonly names: Map<string, string>;
} {
  const values: Json = {};
  const names = new Map<string, string>();
  for (const { key, env: name, setting } of SETTINGS) {
    const text = env[name];
    if (text === undefined) continue;
    setAt(values, key, parseText(name, text, setting));
    names.set(key, name);
  }
  for (const name of Object.keys(env)) {
    if (name.startsWith('SEDAX_') && !SETTING_NAMES.has(name) && name !== 'SEDAX_CONFIG')
      throw new ConfigError(`${name}: no such setting (sedax --help lists all)`);
  }
  return { values, names };
}

function parseText(name: string, text: string, setting: Setting): unknown {
  switch (setting.type) {
    case 'integer':
      if (!/^\d{1,16}$/.test(text)) throw new ConfigError(`${name}: must be a whole number, not ${JSON.stringify(text)}`);
      return Number(text);
    case 'boolean':
      if (/^(true|1|on|yes)$/i.test(text)) return true;
      if (/^(false|0|off|no)$/i.test(text)) return false;
      throw new ConfigError(`${name}: must be true or false, not ${JSON.stringify(text)}`);
    case 'array':
      return text === '' ? [] : text.split(',').map((part) => part.trim());
    default:
      return text;
  }
}

const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile(CONFIG_SCHEMA);

function check(values: Json, origin: (key: string) => string): void {
  if (validate(values)) return;
  const problems = (validate.errors ?? []).map((error) => describe(error, values, origin));
  throw new ConfigError(problems.join('\n'));
}

function describe(error: ErrorObject, values: Json, origin: (key: string) => string): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties') {
    const key = [path, String(error.params.additionalProperty)].filter((part) => part !== '').join('.');
    return `${origin(key)}${key}: no such setting (sedax --help lists all)`;
  }
  const value = path
    .split('.')
    .reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? (at as Json)[name] : undefined), values);
  const allowed = error.keyword === 'enum' ? `: ${(error.params.allowedValues as string[]).join(', ')}` : '';
  const { example, isSecret } = (error.parentSchema ?? {}) as Partial<Setting>;
  const problem = error.keyword === 'pattern' && example !== undefined ? `must be as in ${JSON.stringify(example)}` : error.message;
  return `${origin(path)}${path}: ${problem ?? 'is wrong'}${allowed}, not ${isSecret ? 'what was given' : JSON.stringify(value)}`;
}

export interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file of the user's own; SEDAX_CONFIG names one too. */
  readonly file?: string;
  /** Settings of the command line, by key; they win. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

export function loadConfig(options: LoadOptions): Config {
  const { values: fromEnv, names } = fromEnvironment(options.env);
  const file = options.file ?? options.env.SEDAX_CONFIG;
  const own = file === undefined ? {} : readFile(file);
  const overrides: Json = {};
  for (const [key, value] of Object.entries(options.overrides ?? {})) setAt(overrides, key, value);
  const mode = String(overrides.mode ?? fromEnv.mode ?? own.mode ?? 'embedded');
  let values = defaults(CONFIG_SCHEMA);
  for (const name of ['default', mode]) {
    const shipped = `${PACKAGE_DIR}config/${name}.json`;
    if (!existsSync(shipped)) continue;
    const content = readFile(shipped);
    check(merge(values, content), () => `${shipped}: `);
    values = merge(values, content);
  }
  values = merge(values, own);
  check(values, () => `${file}: `);
  values = merge(merge(values, fromEnv), overrides);
  check(values, (key) => {
    // Of a list an item is named: 'key.0'.
    const name = names.get(key) ?? names.get(key.replace(/\.\d+$/, ''));
    return name === undefined ? '' : `${name}: `;
  });
  const config = values as unknown as Config;
  checkRelations(config);
  return deepFreeze(config);
}

/** What no single setting can say. */
function checkRelations(config: Config): void {
  const { http, pipeline, mode, demo, binance, nats } = config;
  if ((http.tlsCertFile === '') !== (http.tlsKeyFile === ''))
    throw new ConfigError('http.tlsCertFile and http.tlsKeyFile: both or neither');
  for (const key of ['tlsCertFile', 'tlsKeyFile'] as const) {
    if (http[key] !== '' && !existsSync(http[key])) throw new ConfigError(`http.${key}: no such file: ${http[key]}`);
  }
  const { maxPending, minPending } = pipeline.acquiring.admission;
  if (minPending > maxPending) throw new ConfigError('pipeline.acquiring.admission.minPending: must not be above maxPending');
  if (http.ws.idleTimeoutMs <= http.ws.heartbeatMs) throw new ConfigError('http.ws.idleTimeoutMs: must be above http.ws.heartbeatMs');
  const problem = binanceProblem(binance) ?? natsProblem(nats);
  if (problem !== undefined) throw new ConfigError(problem);
  if (mode === 'embedded' && config.roles !== 'all')
    throw new ConfigError('roles: embedded, one process does everything; several need mode distributed');
  if (mode === 'distributed' && demo.enabled) throw new ConfigError('demo.enabled: must be false in distributed mode');
}

function deepFreeze<T>(value: T): T {
  if (isObject(value) || Array.isArray(value)) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

/** For --help: every setting with its variable and default. */
export function describeSettings(): string {
  return SETTINGS.map(
    ({ key, env, setting }) =>
      `  ${env}\n      ${key} = ${JSON.stringify(setting.default)}: ${setting.description}${setting.enum ? ` (${setting.enum.join(' | ')})` : ''}`,
  ).join('\n');
}
