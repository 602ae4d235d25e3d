// How many requests one address may make: so many a second, with a burst on top that it earns back. Time is an argument.

export interface RateLimitConfig {
  /** Sustained requests of one address per second; more are answered 429. 0 = no limit. */
  readonly requestsPerSecond: number;
  /** Requests an address that was quiet may make at once. */
  readonly burst: number;
}

interface Bucket {
  credit: number;
  us: number;
}

/** Addresses remembered in either half; those that have not asked since the other half was full are forgotten. */
const HALF_MAX = 25_000;

export class AddressRate {
  readonly #config: RateLimitConfig;
  #recent = new Map<string, Bucket>();
  #older = new Map<string, Bucket>();

  constructor(config: RateLimitConfig) {
    this.#config = config;
  }

  /** Counts a request. 0 = it may go on; else the seconds after which the address may ask again, at least 1. */
  take(address: string, nowUs: number): number {
    const { requestsPerSecond, burst } = this.#config;
    if (requestsPerSecond === 0) return 0;
    const bucket = this.#bucket(address, nowUs);
    const earned = (Math.max(0, nowUs - bucket.us) / 1e6) * requestsPerSecond;
    bucket.credit = Math.min(burst, bucket.credit + earned);
    bucket.us = Math.max(bucket.us, nowUs);
    if (bucket.credit >= 1) {
      bucket.credit--;
      return 0;
    }
    return Math.max(1, Math.ceil((1 - bucket.credit) / requestsPerSecond));
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  #bucket(address: string, nowUs: number): Bucket {
    let bucket = this.#recent.get(address);
    if (bucket !== undefined) return bucket;
    bucket = this.#older.get(address) ?? { credit: this.#config.burst, us: nowUs };
    this.#older.delete(address);
    if (this.#recent.size >= HALF_MAX) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(address, bucket);
    return bucket;
  }
}
