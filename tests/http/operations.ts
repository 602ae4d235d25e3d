// Every operation of the native and the admin API, read from the description the server generates of itself.
import type { Method } from '../fixtures/nativeClient.ts';
import type { TestServer } from '../fixtures/testServer.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is JSON of every shape.
type Json = any;

export interface Operation {
  readonly name: string;
  readonly method: Method;
  /** With the parameters of the path filled in. */
  readonly url: string;
  readonly needs: 'signature' | 'admin token' | 'nothing';
  readonly bodySchema: Json | undefined;
  readonly queryNames: readonly string[];
}

const PATH_VALUES: Readonly<Record<string, string>> = {
  orderId: '1',
  orderListId: '1',
  clientOrderId: 'my-order',
  symbol: 'BTCUSDT',
  accountId: '1000',
  apiKey: 'A'.repeat(64),
  name: 'BTCUSDT',
};

export function documentOf(server: TestServer): Json {
  return JSON.parse(JSON.stringify(server.app.swagger()));
}

export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([word, operation]) => {
      const security = Object.keys(operation.security?.[0] ?? {});
      const method = word.toUpperCase() as Method;
      return {
        name: `${method} ${path}`,
        method,
        url: path.replace(/\{(\w+)\}/g, (_whole, name: string) => PATH_VALUES[name] ?? '1'),
        needs: security.includes('signature') ? 'signature' : security.includes('adminToken') ? 'admin token' : 'nothing',
        bodySchema: operation.requestBody?.content['application/json'].schema,
        queryNames: (operation.parameters ?? []).filter((p: Json) => p.in === 'query').map((p: Json) => p.name as string),
      };
    }),
  );
}
