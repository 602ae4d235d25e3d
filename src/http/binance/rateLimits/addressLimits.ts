// What one IP address may still do: request weight (shared by REST and WS-API), raw requests, connections; and bans for
// those who go on after a 429. Time is an argument.
import { addressKey } from '../../clientAddress.ts';
import { BinanceError } from '../binanceError.ts';
import { intervalText, type RateLimitSettings } from './rateLimitSettings.ts';
import { WindowCounter } from './windowCounter.ts';

/** Rate-limit errors carry both times in milliseconds, whatever unit the client asked for. */
export function limitError(code: number, msg: string, status: 418 | 429, nowUs: number, untilUs: number): BinanceError {
  const data = { serverTime: Math.floor(nowUs / 1000), retryAfter: Math.ceil(untilUs / 1000) };
  return new BinanceError(code, msg, status, data, Math.max(1, Math.ceil((untilUs - nowUs) / 1_000_000)));
}

class Address {
  readonly weight: WindowCounter;
  readonly raw: WindowCounter;
  readonly connections: WindowCounter;
  refusals = 0;
  bannedUntilUs = 0;
  bans = 0;
  seenUs = 0;

  constructor(settings: RateLimitSettings) {
    this.weight = new WindowCounter(settings.requestWeight);
    this.raw = new WindowCounter(settings.rawRequests);
    this.connections = new WindowCounter(settings.connections);
  }
}

/** Addresses kept before the idle ones are dropped; and before all are that are not banned. */
const ADDRESSES_KEPT = 50_000;
const ADDRESSES_MAX = 200_000;

export class AddressLimits {
  readonly #settings: RateLimitSettings;
  readonly #addresses = new Map<string, Address>();
  #onBan: (ip: string, untilUs: number) => void = () => {};
  #droppedUs = 0;
  #last: { ip: string; address: Address } | undefined;

  constructor(settings: RateLimitSettings) {
    this.#settings = settings;
  }

  /** Told of every ban: banned addresses are disconnected from the WS-API. */
  onBan(listener: (ip: string, untilUs: number) => void): void {
    this.#onBan = listener;
  }

  /** Counts a request; throws 429 or 418 when it may not go on. */
  charge(ip: string, weight: number, nowUs: number): void {
    const address = this.#address(ip, nowUs);
    if (address.bannedUntilUs > nowUs && this.#settings.enforced) throw this.#banned(address.bannedUntilUs, nowUs);
    const raw = address.raw.add(1, nowUs);
    if (address.weight.roll(nowUs)) address.refusals = 0;
    const used = address.weight.add(weight, nowUs);
    if (!this.#settings.enforced) return;
    const { requestWeight, rawRequests } = this.#settings;
    if (used > requestWeight.limit) {
      const text = `Too much request weight used; current limit is ${requestWeight.limit} request weight per ${intervalText(requestWeight)}. Please use WebSocket Streams for live updates to avoid polling the API.`;
      this.#refuse(ip, address, text, address.weight.endUs(nowUs), nowUs);
    }
    if (raw > rawRequests.limit) {
      this.#refuse(ip, address, 'Too many requests queued.', address.raw.endUs(nowUs), nowUs);
    }
  }

  /** Gives back the weight of a call that turned out to be free. */
  refund(ip: string, weight: number, chargedUs: number, nowUs: number): void {
    this.#address(ip, nowUs).weight.takeBack(weight, chargedUs, nowUs);
  }

  /** Counts a WebSocket connection attempt; false when the address has made too many or is banned. */
  connect(ip: string, nowUs: number): boolean {
    const address = this.#address(ip, nowUs);
    const attempts = address.connections.add(1, nowUs);
    if (!this.#settings.enforced) return true;
    return address.bannedUntilUs <= nowUs && attempts <= this.#settings.connections.limit;
  }

  usedWeight(ip: string, nowUs: number): number {
    return this.#address(ip, nowUs).weight.count(nowUs);
  }

  /** 0 when it is not banned. */
  bannedUntilUs(ip: string, nowUs: number): number {
    const until = this.#addresses.get(addressKey(ip))?.bannedUntilUs ?? 0;
    return until > nowUs ? until : 0;
  }

  #refuse(ip: string, address: Address, text: string, untilUs: number, nowUs: number): never {
    address.refusals++;
    if (address.refusals <= this.#settings.refusalsBeforeBan) throw limitError(-1003, text, 429, nowUs, untilUs);
    if (nowUs - address.bannedUntilUs > this.#settings.banMemoryMs * 1000) address.bans = 0;
    const lengthMs = Math.min(this.#settings.firstBanMs * 2 ** address.bans, this.#settings.longestBanMs);
    address.bans++;
    address.refusals = 0;
    address.bannedUntilUs = nowUs + lengthMs * 1000;
    this.#onBan(ip, address.bannedUntilUs);
    throw this.#banned(address.bannedUntilUs, nowUs);
  }

  #banned(untilUs: number, nowUs: number): BinanceError {
    const untilMs = Math.ceil(untilUs / 1000);
    const text = `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`;
    return limitError(-1003, text, 418, nowUs, untilUs);
  }

  #address(ip: string, nowUs: number): Address {
    // A busy client asks several times per request; the last address is usually the one wanted.
    if (this.#last?.ip === ip) {
      this.#last.address.seenUs = nowUs;
      return this.#last.address;
    }
    const key = addressKey(ip);
    let address = this.#addresses.get(key);
    if (address === undefined) {
      if (this.#addresses.size >= ADDRESSES_KEPT) this.#makeRoom(nowUs);
      address = new Address(this.#settings);
      this.#addresses.set(key, address);
    }
    address.seenUs = nowUs;
    this.#last = { ip, address };
    return address;
  }

  /** Nothing of an address idle for two windows matters, unless it was banned lately. */
  #makeRoom(nowUs: number): void {
    const isFull = this.#addresses.size >= ADDRESSES_MAX;
    // A flood of new addresses must not cost a look over all of them each.
    if (!isFull && nowUs - this.#droppedUs < 1_000_000) return;
    this.#droppedUs = nowUs;
    const idleUs = isFull ? 0 : 600_000_000;
    const memoryUs = this.#settings.banMemoryMs * 1000;
    for (const [ip, address] of this.#addresses) {
      const remembered = address.bans > 0 && nowUs - address.bannedUntilUs <= memoryUs;
      if (!remembered && nowUs - address.seenUs >= idleUs) this.#addresses.delete(ip);
    }
    if (this.#addresses.size >= ADDRESSES_MAX) this.#addresses.clear();
  }
}
