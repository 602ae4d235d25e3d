// Who signed a native request, and may they. In: the request's headers and raw bytes. Out: the key, or an ApiError.
// The signature is made over timestamp + method + path-with-query + body, the bytes as sent.
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiKey } from '../../domain/accountProfile.ts';
import { EngineReject } from '../../domain/rejectReason.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Registry } from '../../ports/exchangePort.ts';
import { ApiError, EdgeReject } from '../errors.ts';
import type { AuthConfig } from '../httpConfig.ts';
import { isAllowedAddress } from './addressList.ts';
import { ReplayMemory } from './replayMemory.ts';
import { verifiedSignature } from './signature.ts';

export const API_KEY_HEADER = 'x-sedax-apikey';
export const TIMESTAMP_HEADER = 'x-sedax-timestamp';
export const SIGNATURE_HEADER = 'x-sedax-signature';

/** READ: any key. TRADE: changes something, so the key must be allowed to and the request is taken once. */
export type Permission = 'READ' | 'TRADE';

const KEY_FORMAT = /^[a-zA-Z0-9]{16,128}$/;
/** Milliseconds since 2001; 13 digits until the year 2286. */
const TIMESTAMP_FORMAT = /^\d{13}$/;
/** Longer than any signature: RSA-4096 in base64 has 684 characters. */
const SIGNATURE_LENGTH_MAX = 1024;
const NO_BODY = Buffer.alloc(0);

export interface SignedParts {
  readonly apiKey: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** A request as it was signed. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly body: Uint8Array | undefined;
}

export class NativeAuth {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #replays: ReplayMemory;
  readonly #startedMs: number;

  constructor(exchange: { readonly registry: Registry; readonly clock: Clock }, config: AuthConfig) {
    this.#registry = exchange.registry;
    this.#clock = exchange.clock;
    this.#windowMs = config.windowMs;
    // A timestamp is good from windowMs before it to windowMs after it.
    this.#replays = new ReplayMemory(2 * config.windowMs, config.replayMemoryMax);
    this.#startedMs = this.#nowMs();
  }

  /** Throws ApiError. */
  check(parts: SignedParts, request: SignedRequest, address: string, permission: Permission): ApiKey {
    const key = this.#keyOf(parts.apiKey, address);
    const { timestamp, signature } = parts;
    if (timestamp === undefined || !TIMESTAMP_FORMAT.test(timestamp)) {
      throw new ApiError(EdgeReject.MANDATORY, { name: 'X-SEDAX-TIMESTAMP' });
    }
    if (signature === undefined || signature === '') {
      throw new ApiError(EdgeReject.MANDATORY, { name: 'X-SEDAX-SIGNATURE' });
    }
    this.#checkTime(Number(timestamp), permission);
    const payload = Buffer.concat([Buffer.from(timestamp + request.method + request.url, 'latin1'), request.body ?? NO_BODY]);
    const verified = signature.length > SIGNATURE_LENGTH_MAX ? undefined : verifiedSignature(key.kind, key.secret, payload, signature);
    if (verified === undefined) throw new ApiError(EdgeReject.INVALID_SIGNATURE);
    if (permission === 'TRADE') this.#checkTrade(key, verified);
    return key;
  }

  #keyOf(apiKey: string | undefined, address: string): ApiKey {
    if (apiKey === undefined || !KEY_FORMAT.test(apiKey)) throw new ApiError(EdgeReject.BAD_API_KEY_FORMAT);
    const key = this.#registry.apiKey(apiKey);
    // Which of these it is stays untold.
    if (key === undefined || key.revoked || !isAllowedAddress(key.ipAllowList, address)) {
      throw new ApiError(EdgeReject.REJECTED_KEY);
    }
    if (this.#registry.profile(key.accountId) === undefined) throw new ApiError(EdgeReject.REJECTED_KEY);
    return key;
  }

  #checkTime(timestampMs: number, permission: Permission): void {
    const nowMs = this.#nowMs();
    const ahead = timestampMs - nowMs;
    if (ahead > this.#windowMs) throw new ApiError(EdgeReject.TIMESTAMP_AHEAD, { ms: ahead });
    // The process before this one took its memory of replays along: what it may have carried out is not taken again.
    const tooOld = permission === 'TRADE' && timestampMs < this.#startedMs;
    if (-ahead > this.#windowMs || tooOld) throw new ApiError(EdgeReject.TIMESTAMP_OUTSIDE);
  }

  #checkTrade(key: ApiKey, signature: string): void {
    if (!key.canTrade) throw new ApiError(EdgeReject.REJECTED_KEY);
    if (this.#registry.profile(key.accountId)?.frozen === true) throw ApiError.refused(EngineReject.ACCOUNT_FROZEN);
    const seen = this.#replays.add(signature, this.#nowMs());
    if (seen === 'seen') throw new ApiError(EdgeReject.REPLAYED);
    if (seen === 'full') throw new ApiError(EdgeReject.SERVER_BUSY, undefined, { retryAfterSeconds: 1 });
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowUs() / 1000);
  }
}

/** The three headers; a header sent twice arrives joined and fits no format. */
export function signedParts(headers: IncomingHttpHeaders): SignedParts {
  return {
    apiKey: headers[API_KEY_HEADER] as string | undefined,
    timestamp: headers[TIMESTAMP_HEADER] as string | undefined,
    signature: headers[SIGNATURE_HEADER] as string | undefined,
  };
}
