// The API's description, generated from the schemas the routes are checked by, and served at /docs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { ERROR } from './native/schemas.ts';
import type { EdgeApi } from './server.ts';

const DESCRIPTION = `
Native API of sedax. The Binance-compatible API (/api/v3) is described in docs/api.

**Amounts** are decimal texts, exact; requests may send JSON numbers that are exact and without exponent.
**Times** are milliseconds since the epoch. **Errors** are \`{code, msg}\`; docs/errors.md lists them.

**Signing**: X-SEDAX-SIGNATURE is made over timestamp + method + path-with-query + body, the bytes as sent: hex HMAC-SHA256
with the secret, or the base64 signature of an Ed25519 or RSA (PKCS1-v1_5, SHA-256) key. A request that changes something
is taken once: the same signature again is refused.
`;

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description }) as const;

/** Has to come before the APIs it describes. */
export const openApi: EdgeApi = async ({ app, config }) => {
  if (!config.docs) return;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'sedax', version: '2', description: DESCRIPTION },
      tags: [
        { name: 'orders', description: 'Place, cancel, replace, amend and look up orders' },
        { name: 'order lists', description: 'OCO, OTO, OTOCO, OPO, OPOCO' },
        { name: 'user', description: "The signer's account" },
        { name: 'market', description: 'Symbols, books, trades, klines' },
        { name: 'health', description: 'For load balancers' },
        { name: 'admin', description: "The operator's API" },
      ],
      components: {
        securitySchemes: {
          apiKey: header('X-SEDAX-APIKEY', 'The API key.'),
          timestamp: header('X-SEDAX-TIMESTAMP', 'Milliseconds since the epoch.'),
          signature: header('X-SEDAX-SIGNATURE', 'Signature of timestamp + method + path-with-query + body.'),
          adminToken: { type: 'http', scheme: 'bearer', description: 'The admin token.' },
        },
      },
    },
    // Routes without a schema are not described: the Binance-compatible API has its own documents.
    transform: ({ schema, url }) => {
      if (schema === undefined) return { schema: { hide: true }, url };
      const errors = { '4xx': ERROR, '5xx': ERROR };
      return { schema: { ...schema, response: { ...errors, ...(schema.response as object) } }, url };
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
};
