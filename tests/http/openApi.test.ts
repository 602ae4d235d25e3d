// The generated description: complete, consistent, and true of what the server answers.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { adminApi } from '../../src/http/admin/adminApi.ts';
import { healthApi } from '../../src/http/native/healthApi.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { openApi } from '../../src/http/openApi.ts';
import { makeBalance, makeOrder, makeTrade } from '../fixtures/fakeExchange.ts';
import { NativeClient } from '../fixtures/nativeClient.ts';
import { type TestServer, testServer } from '../fixtures/testServer.ts';
import { documentOf } from './operations.ts';

const server: TestServer = await testServer([openApi, healthApi, nativeApi, adminApi]);
const document = documentOf(server);
afterAll(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: the document is JSON of every shape.
type Json = any;
const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
  Object.entries<Json>(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, path, operation] as const),
);
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });

describe('the document', () => {
  it('says which OpenAPI it is, and defines every scheme and tag it uses', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: 'sedax', version: expect.any(String) });
    const schemes = Object.keys(document.components.securitySchemes);
    const tags = document.tags.map(({ name }: Json) => name);
    for (const [, , operation] of operations) {
      for (const requirement of operation.security ?? []) for (const name of Object.keys(requirement)) expect(schemes).toContain(name);
      for (const tag of operation.tags) expect(tags).toContain(tag);
    }
  });

  it.each(operations)('%s declares its parameters, its answers and valid schemas', (_name, path, operation) => {
    expect(operation.summary).toMatch(/\S/);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters: Json[] = operation.parameters ?? [];
    const declared = parameters.filter((p) => p.in === 'path');
    expect(declared.map(({ name }) => name).toSorted()).toEqual(inPath.toSorted());
    for (const parameter of declared) expect(parameter.required).toBe(true);
    const keys = parameters.map(({ name, in: where }) => `${where} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(Object.keys(operation.responses)).toContain('200');
    const bodies = [operation.requestBody, ...Object.values<Json>(operation.responses)].filter((body) => body?.content !== undefined);
    for (const { schema } of [...parameters, ...bodies.map((body) => body.content['application/json'])]) {
      expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
    }
    for (const response of Object.values<Json>(operation.responses)) expect(typeof response.description).toBe('string');
  });

  it('has examples that its schemas accept', () => {
    let examples = 0;
    for (const [, , operation] of operations) {
      const content = operation.requestBody?.content['application/json'];
      const schema = content?.schema;
      const given =
        content?.example === undefined ? Object.values<Json>(content?.examples ?? {}).map(({ value }) => value) : [content.example];
      for (const example of given) {
        expect(ajv.validate(schema, example), ajv.errorsText()).toBe(true);
        examples++;
      }
    }
    expect(examples).toBeGreaterThan(0);
  });
});

it('is served, with a page to read it, and can be switched off', async () => {
  expect((await server.app.inject('/docs/json')).json()).toEqual(document);
  const page = await server.app.inject('/docs');
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringMatching(/html/)]);
  const bare = await testServer([openApi, healthApi, nativeApi], { docs: false });
  expect((await bare.app.inject('/docs/json')).statusCode).toBe(404);
  await bare.close();
});

it('is true: answers fit the schemas they are described by, with no key lost', async () => {
  const { exchange } = server;
  exchange.rows.orders.push(makeOrder());
  exchange.rows.trades.push(makeTrade());
  exchange.rows.balances.push(makeBalance());
  const client = new NativeClient(server);
  const gets = operations.filter(([name]) => name.startsWith('GET /api/spot') && !name.includes('/lists/') && !name.includes('kline'));
  expect(gets.length).toBeGreaterThan(15);
  for (const [name, path, operation] of gets) {
    const query = (operation.parameters ?? []).some((p: Json) => p.name === 'symbol' && p.in === 'query') ? '?symbol=BTCUSDT' : '';
    const url = path.replace('{orderId}', '1').replace('{clientOrderId}', 'my-order').replace('{symbol}', 'BTCUSDT') + query;
    const { status, body } = await client.send('GET', url);
    expect([name, status]).toEqual([name, 200]);
    const { schema } = operation.responses['200'].content['application/json'];
    expect(ajv.validate(schema, body), `${name}: ${ajv.errorsText()}`).toBe(true);
  }
});
