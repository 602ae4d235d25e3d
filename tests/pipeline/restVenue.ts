// The Binance REST API over real stages, and bots with funded accounts that ask it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type ApiKey, ApiKeyKind } from '../../src/domain/accountProfile.ts';
import { signHmac } from '../../src/http/auth/signature.ts';
import { BinanceEdge } from '../../src/http/binance/edge.ts';
import type { Verb } from '../../src/http/binance/methods/binanceMethod.ts';
import { binanceRestApi } from '../../src/http/binance/rest/restApi.ts';
import type { BinanceSettings } from '../../src/http/binance/settings.ts';
import { buildServer, type HttpServer } from '../../src/http/server.ts';
import { encode, type Params } from '../fixtures/binanceRest.ts';
import { testConfig } from '../fixtures/testServer.ts';
import { Venue, type VenueOptions } from './venue.ts';

export interface Bot {
  (verb: Verb, path: string, params?: Params): Promise<{ status: number; body: Record<string, never> & { [key: string]: unknown } }>;
  readonly accountId: number;
}

export class RestVenue {
  readonly venue: Venue;
  /** Errors no client caused. */
  readonly unexpected: unknown[];
  readonly #server: HttpServer;
  readonly #dir: string;

  private constructor(venue: Venue, server: HttpServer, dir: string, unexpected: unknown[]) {
    this.venue = venue;
    this.unexpected = unexpected;
    this.#server = server;
    this.#dir = dir;
  }

  static async open(options: Omit<VenueOptions, 'dir'> = {}, settings: Partial<BinanceSettings> = {}): Promise<RestVenue> {
    const dir = mkdtempSync(join(tmpdir(), 'sedax-binance-'));
    const venue = await Venue.open({ ...options, dir });
    const unexpected: unknown[] = [];
    const server = await buildServer({
      exchange: venue.exchange,
      config: testConfig(),
      logger: pino({ level: 'silent' }),
      apis: [
        (api) =>
          binanceRestApi(new BinanceEdge({ exchange: api.exchange, settings, onUnexpected: (error) => unexpected.push(error) }))(api),
      ],
    });
    return new RestVenue(venue, server, dir, unexpected);
  }

  async bot(name: string): Promise<Bot> {
    const accountId = await this.venue.fundedAccount(name);
    const key: ApiKey = await this.venue.exchange.admin.createApiKey({ accountId, kind: ApiKeyKind.HMAC });
    const ask = async (verb: Verb, path: string, params: Params = {}) => {
      const payload = encode({ ...params, timestamp: Date.now(), recvWindow: 60_000 });
      const query = `${payload}&signature=${signHmac(key.secret, payload)}`;
      const reply = await this.#server.app.inject({
        method: verb,
        url: `/api/v3${path}?${query}`,
        headers: { 'x-mbx-apikey': key.apiKey },
      });
      return { status: reply.statusCode, body: JSON.parse(reply.body) };
    };
    return Object.assign(ask, { accountId });
  }

  async public(path: string, params: Params = {}): Promise<unknown> {
    return JSON.parse((await this.#server.app.inject({ method: 'GET', url: `/api/v3${path}?${encode(params)}` })).body);
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.venue.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
