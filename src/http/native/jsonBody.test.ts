import fc from 'fast-check';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { acceptJson, inexactNumber, numberText } from './jsonBody.ts';

describe('inexactNumber', () => {
  it.each([
    '{"price":50000.0,"quantity":1.0}',
    '{"price":0.00000001}',
    '{"a":[0,-1,12.5,0.1,99999999999.9999]}',
    '9007199254740991',
    '0.10000000000000000000',
    '"1e5"',
    '{"1e5":"\\"2e5"}',
    '{"text":"12345678901234567890.12345678901234567890"}',
  ])('has nothing against %s', (text) => {
    expect(inexactNumber(text)).toBeUndefined();
  });

  it.each([
    ['{"price":5e4}', '5e4'],
    ['{"price":1E-8}', '1E-8'],
    ['[1,2,9007199254740993]', '9007199254740993'],
    ['{"a":"x","quantity":0.12345678901234567890}', '0.12345678901234567890'],
    ['{"q":1.00000000000000000001}', '1.00000000000000000001'],
    ['{"a\\\\":1e1}', '1e1'],
    ['-100000000000000000000.5', '-100000000000000000000.5'],
  ])('finds in %s %s', (text, number) => {
    expect(inexactNumber(text)).toBe(number);
  });

  it('lets a decimal pass exactly when the double prints as it was written', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,11})\.\d{1,12}$/);
    fc.assert(
      fc.property(digits, (text) => {
        const same = numberText(Number(text)) === text.replace(/\.?0+$/, '');
        expect(inexactNumber(`{"x":${text}}`) === undefined).toBe(same);
      }),
    );
  });

  it('takes any JSON without numbers, however its strings look', () => {
    const noNumbers = fc.object({ values: [fc.string(), fc.boolean(), fc.constant(null)] });
    fc.assert(fc.property(noNumbers, (value) => inexactNumber(JSON.stringify(value)) === undefined));
  });

  it('is linear in what it reads', () => {
    const text = JSON.stringify('\\"'.repeat(200_000));
    const start = performance.now();
    expect(inexactNumber(text)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

it('prints numbers without exponent', () => {
  expect([1e-8, 1e21, 0.1, 50000, 1.5e-7].map(numberText)).toEqual([
    ...['0.00000001', '1000000000000000000000', '0.1', '50000', '0.00000015'],
  ]);
});

describe('acceptJson', () => {
  const app = fastify();
  app.register(async (scope) => {
    acceptJson(scope);
    scope.post('/', async (request) => ({ body: request.body, raw: request.rawBody?.toString() }));
  });
  const post = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/', headers: { 'content-type': type }, payload });

  it('gives the value and the bytes', async () => {
    const payload = '{ "price" : 50000.10, "text":"é" }';
    const reply = await post(payload, 'application/json; charset=utf-8');
    expect(reply.json()).toEqual({ body: { price: 50000.1, text: 'é' }, raw: payload });
  });

  it.each([
    '',
    '{',
    '{"a":1,}',
    '{"a":NaN}',
    "{'a':1}",
    '{"__proto__":1}',
    '{"a":{"\\u005f_proto__":1}}',
    '{"constructor":{"prototype":{"x":1}}}',
    '{"p":1e5}',
  ])('refuses %s', async (payload) => {
    expect((await post(payload)).statusCode).toBe(400);
  });

  it('refuses any other type', async () => {
    expect((await post('a=b', 'application/x-www-form-urlencoded')).statusCode).toBe(415);
    expect((await post('{}', 'text/json')).statusCode).toBe(415);
  });
});
