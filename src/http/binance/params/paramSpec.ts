// Which parameters a method takes, and the checks every method shares, in Binance's order: too many (-1101), then each
// parameter in turn (-1102 missing, -1105 empty, -1100 and its own errors), then the unread ones (-1104). What depends on
// several parameters together comes after, in the method.
import { empty, missing, tooManyParameters, unread } from './paramErrors.ts';
import type { ParamKind } from './paramKinds.ts';
import type { RawParams } from './rawParams.ts';

export interface Param<T> {
  readonly kind: ParamKind<unknown>;
  readonly mandatory: boolean;
  readonly fallback: T;
}

export type Spec = Readonly<Record<string, Param<unknown>>>;
export type Parsed<S extends Spec> = { readonly [K in keyof S]: S[K] extends Param<infer T> ? T : never };

export function mandatory<T>(kind: ParamKind<T>): Param<T> {
  // Never read: a missing mandatory parameter is an error.
  return { kind, mandatory: true, fallback: undefined as T };
}

export function optional<T>(kind: ParamKind<T>): Param<T | undefined>;
export function optional<T>(kind: ParamKind<T>, fallback: T): Param<T>;
export function optional<T>(kind: ParamKind<T>, fallback?: T): Param<T | undefined> {
  return { kind, mandatory: false, fallback };
}

/** Read by the transport or the security check, beside the method's own parameters. */
export interface Envelope {
  readonly names: readonly string[];
}

export class ParamSpec<S extends Spec> {
  readonly spec: S;
  readonly names: readonly string[];
  readonly #params: readonly Param<unknown>[];
  /** Cloned for every call: an object built name by name would become a hash table beyond a dozen names. */
  readonly #empty: Readonly<Record<string, unknown>>;

  constructor(spec: S) {
    this.spec = spec;
    this.names = Object.keys(spec);
    this.#params = Object.values(spec);
    this.#empty = JSON.parse(`{${this.names.map((name) => `"${name}":null`).join()}}`) as Record<string, null>;
  }

  parse(raw: RawParams, envelope: Envelope): Parsed<S> {
    const most = this.names.length + envelope.names.length;
    if (raw.count > most) throw tooManyParameters(most, raw.count);
    const parsed: Record<string, unknown> = { ...this.#empty };
    let read = 0;
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i] as string;
      const param = this.#params[i] as Param<unknown>;
      const text = raw.get(name);
      if (text === undefined) {
        if (param.mandatory) throw missing(name);
        parsed[name] = param.fallback;
        continue;
      }
      if (text === '') throw param.kind.empty?.() ?? empty(name);
      parsed[name] = param.kind.parse(name, text);
      read++;
    }
    if (read < raw.count) {
      for (const name of envelope.names) if (raw.has(name)) read++;
      if (read < raw.count) throw unread(read, raw.count);
    }
    return parsed as Parsed<S>;
  }
}
