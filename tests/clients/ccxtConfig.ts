// ccxt with nothing but the hosts changed.
import type { ClientVenue } from './venue.ts';

interface Key {
  readonly apiKey: string;
  readonly secret: string;
}

export function ccxtConfig({ url, wsUrl, alice }: ClientVenue, { apiKey, secret }: Key = alice): object {
  return {
    apiKey,
    secret,
    options: { defaultType: 'spot' },
    urls: {
      api: {
        public: `${url}/api/v3`,
        private: `${url}/api/v3`,
        v1: `${url}/api/v1`,
        sapi: `${url}/sapi/v1`,
        sapiV2: `${url}/sapi/v2`,
        sapiV3: `${url}/sapi/v3`,
        sapiV4: `${url}/sapi/v4`,
        fapiPublic: `${url}/fapi/v1`,
        dapiPublic: `${url}/dapi/v1`,
        ws: { spot: `${wsUrl}/stream/ws`, 'ws-api': { spot: `${wsUrl}/ws-api/v3` } },
      },
    },
  };
}
