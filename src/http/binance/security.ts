// Who calls, and may they: the key, its address list and permission, the timing window, the signature. In Binance's order:
// key format (-2014), signature and timestamp present (-1102), key, address, permission (-2015), recvWindow (-1131), timing
// (-1021), signature (-1022). Never says which of key, address and permission it was.
import type { ApiKey } from '../../domain/accountProfile.ts';
import type { Registry } from '../../ports/exchangePort.ts';

import { isAllowedAddress } from '../auth/addressList.ts';
import { verifySignature } from '../auth/signature.ts';
import { BinanceError } from './binanceError.ts';
import type { Call, Security } from './methods/binanceMethod.ts';
import { empty, illegalCharacters, missing, tooPrecise } from './params/paramErrors.ts';
import { time } from './params/paramKinds.ts';

const KEY_FORMAT = /^[a-zA-Z0-9]{16,128}$/;
const RECV_WINDOW = /^([0-9]{1,20})(?:\.([0-9]{1,20}))?$/;
const RECV_WINDOW_RANGE = '^([0-9]{1,20})(\\.[0-9]{1,3})?$';
const RECV_WINDOW_DEFAULT_US = 5_000_000;
const RECV_WINDOW_MAX_US = 60_000_000;
/** A timestamp may be ahead of ours by less than this. */
const AHEAD_US = 1_000_000;
/** 2017-01-01: the venue has no earlier requests. */
const FIRST_TIMESTAMP_US = 1_483_228_800_000_000;

export function badKeyFormat(): BinanceError {
  return new BinanceError(-2014, 'API-key format invalid.', 401);
}

export function rejectedKey(): BinanceError {
  return new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
}

export function outsideWindow(): BinanceError {
  return new BinanceError(-1021, 'Timestamp for this request is outside of the recvWindow.');
}

function aheadOfServer(): BinanceError {
  return new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
}

/** How long the call stays valid: checked on arrival and again before it is handed on. */
export interface Timing {
  readonly timestampUs: number;
  readonly recvWindowUs: number;
}

export interface Authorised {
  readonly key: ApiKey;
  readonly timing: Timing;
}

/** The key a call names, alive and allowed at its address; says nothing of a signature. */
export function identify(registry: Registry, call: Call): ApiKey {
  if (call.apiKey === undefined || !KEY_FORMAT.test(call.apiKey)) throw badKeyFormat();
  const key = registry.apiKey(call.apiKey);
  if (key === undefined || key.revoked || !isAllowedAddress(key.ipAllowList, call.ip)) throw rejectedKey();
  return key;
}

/** Throws BinanceError unless the call may do what `security` guards. */
export function authorise(registry: Registry, security: Security, call: Call, nowUs: number): Authorised {
  const { params } = call;
  const named = call.apiKey;
  const bySession = call.sessionKey !== undefined && named === undefined && !params.has('signature');
  if (!bySession && (named === undefined || !KEY_FORMAT.test(named))) throw badKeyFormat();
  const signature = bySession ? '' : required(call, 'signature');
  const timing = { timestampUs: time.parse('timestamp', required(call, 'timestamp')), recvWindowUs: recvWindow(call) };
  const key = registry.apiKey(bySession ? (call.sessionKey as ApiKey).apiKey : (named as string));
  if (key === undefined || key.revoked || !isAllowedAddress(key.ipAllowList, call.ip)) throw rejectedKey();
  if (security === 'TRADE' && !key.canTrade) throw rejectedKey();
  checkTiming(timing, nowUs);
  if (!bySession && !call.payloads().some((payload) => verifySignature(key.kind, key.secret, payload, signature))) {
    throw new BinanceError(-1022, 'Signature for this request is not valid.');
  }
  return { key, timing };
}

function required(call: Call, name: string): string {
  const text = call.params.get(name);
  if (text === undefined) throw missing(name);
  if (text === '') throw empty(name);
  return text;
}

/** Milliseconds with up to three decimals, so that microseconds can be said. */
function recvWindow(call: Call): number {
  const text = call.params.get('recvWindow');
  if (text === undefined) return RECV_WINDOW_DEFAULT_US;
  if (text === '') throw empty('recvWindow');
  const match = RECV_WINDOW.exec(text);
  if (match === null) throw illegalCharacters('recvWindow', RECV_WINDOW_RANGE);
  const decimals = match[2] ?? '';
  if (decimals.length > 3) throw tooPrecise('recvWindow');
  const us = Number(match[1]) * 1000 + Number(decimals.padEnd(3, '0'));
  if (us > RECV_WINDOW_MAX_US) throw new BinanceError(-1131, 'recvWindow must be less than 60000');
  return us;
}

export function checkTiming(timing: Timing, nowUs: number): void {
  if (timing.timestampUs >= nowUs + AHEAD_US) throw aheadOfServer();
  if (nowUs - timing.timestampUs > timing.recvWindowUs || timing.timestampUs < FIRST_TIMESTAMP_US) throw outsideWindow();
}
