// The limits of the edge and how they are told: exchangeInfo, WS-API rateLimits, response headers.
import type { AccountEvents } from '../../../ports/accountEvents.ts';
import { AddressLimits } from './addressLimits.ts';
import { headerSuffix, type RateLimit, type RateLimitSettings, type RateLimitType } from './rateLimitSettings.ts';
import { UnfilledOrders } from './unfilledOrders.ts';

export interface RateLimitRow {
  readonly rateLimitType: RateLimitType;
  readonly interval: string;
  readonly intervalNum: number;
  readonly limit: number;
  readonly count?: number;
}

function row(rateLimitType: RateLimitType, limit: RateLimit, count?: number): RateLimitRow {
  const { interval, intervalNum, limit: most } = limit;
  return count === undefined
    ? { rateLimitType, interval, intervalNum, limit: most }
    : { rateLimitType, interval, intervalNum, limit: most, count };
}

export class RateLimits {
  readonly settings: RateLimitSettings;
  readonly addresses: AddressLimits;
  readonly orders: UnfilledOrders;
  readonly weightHeader: string;
  readonly #orderHeaders: readonly string[];

  constructor(settings: RateLimitSettings, events: AccountEvents) {
    this.settings = settings;
    this.addresses = new AddressLimits(settings);
    this.orders = new UnfilledOrders(settings, events);
    this.weightHeader = `x-mbx-used-weight-${headerSuffix(settings.requestWeight)}`.toLowerCase();
    this.#orderHeaders = settings.orders.map((limit) => `x-mbx-order-count-${headerSuffix(limit)}`.toLowerCase());
  }

  /** The limits of exchangeInfo: REST tells RAW_REQUESTS, the WS-API CONNECTIONS. */
  table(transport: 'REST' | 'WS'): RateLimitRow[] {
    const { requestWeight, orders, rawRequests, connections } = this.settings;
    return [
      row('REQUEST_WEIGHT', requestWeight),
      ...orders.map((limit) => row('ORDERS', limit)),
      transport === 'REST' ? row('RAW_REQUESTS', rawRequests) : row('CONNECTIONS', connections),
    ];
  }

  /** Counts of the unfilled-order limits of an account. */
  orderRows(accountId: number, nowUs: number): RateLimitRow[] {
    return this.orders.counts(accountId, nowUs).map(({ limit, count }) => row('ORDERS', limit, count));
  }

  /** The WS-API's rateLimits field: order limits of an account when the method counts orders, then the weight. */
  report(ip: string, accountId: number | undefined, nowUs: number): RateLimitRow[] {
    const weight = row('REQUEST_WEIGHT', this.settings.requestWeight, this.addresses.usedWeight(ip, nowUs));
    return accountId === undefined ? [weight] : [...this.orderRows(accountId, nowUs), weight];
  }

  /** REST headers of order placement: name and value. */
  orderHeaders(accountId: number, nowUs: number): [string, string][] {
    return this.orders.counts(accountId, nowUs).map(({ count }, i) => [this.#orderHeaders[i] as string, String(count)]);
  }

  close(): void {
    this.orders.close();
  }
}
