import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWsRequest, WsRequestError } from './wsRequest.ts';

describe('a WS-API request', () => {
  it('keeps id and parameters as they were written', () => {
    const request = parseWsRequest(
      '{"id": 12345678901234567890, "method":"v3/order.place", "params":{"symbol":"BTCUSDT","quantity":1e-05,"price":52000.00,"returnRateLimits":false,"x":null}}',
    );
    expect(request.id).toBe('12345678901234567890');
    expect(request.method).toBe('order.place');
    expect(request.params.get('quantity')).toBe('1e-05');
    expect(request.params.get('price')).toBe('52000.00');
    expect(request.params.get('returnRateLimits')).toBe('false');
    expect(request.params.has('x')).toBe(false);
    expect(request.payloads()).toEqual(['price=52000.00&quantity=1e-05&returnRateLimits=false&symbol=BTCUSDT&x=null']);
  });

  // web-socket-api.md, "SIGNED request example (HMAC)".
  it('builds the documented payload', () => {
    const params = {
      symbol: 'BTCUSDT',
      side: 'SELL',
      type: 'LIMIT',
      timeInForce: 'GTC',
      quantity: '0.01000000',
      price: '52000.00',
      recvWindow: 100,
      timestamp: 1645423376532,
      apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A',
      signature: 'anything',
    };
    const request = parseWsRequest(JSON.stringify({ id: 'x', method: 'order.place', params }));
    expect(request.payloads()).toEqual([
      'apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT',
    ]);
  });

  it.each([
    ['{"id":1,"method":"m","params":{"a":1,"c":3},"params":{"b":2}}', ['b'], 'b=2'],
    ['{"id":1,"method":"m","params":{"a":1},"params":null}', [], ''],
    ['{"params":{"a":{"a":1}},"id":1,"method":"m"}', ['a'], 'a={"a":1}'],
    ['{"id":1,"method":"m","par\\u0061ms":{"\\u0061":"\\u0062"}}', ['a'], 'a=b'],
  ])('%s: the last value counts, and only the own members of params', (text, names, payload) => {
    const request = parseWsRequest(text);
    expect([...request.params.names()]).toEqual(names);
    expect(request.payloads()[0]).toBe(payload);
  });

  it('offers the percent-encoded values too where they differ', () => {
    const request = parseWsRequest('{"id":1,"method":"m","params":{"symbol":"１２３","a":"x y","l":["A", "B"]}}');
    expect(request.payloads()).toEqual([
      'a=x y&l=["A", "B"]&symbol=１２３',
      'a=x%20y&l=%5B%22A%22%2C%20%22B%22%5D&symbol=%EF%BC%91%EF%BC%92%EF%BC%93',
    ]);
    expect(request.params.get('l')).toBe('["A","B"]');
  });

  it.each([
    ['', -1135, 'null'],
    ['[]', -1135, 'null'],
    ['"order.place"', -1135, 'null'],
    ['{"id":1,"method":"ping"', -1135, 'null'],
    ['{"method":"ping"}', -1102, 'null'],
    ['{"id":true,"method":"ping"}', -1135, 'null'],
    ['{"id":{},"method":"ping"}', -1135, 'null'],
    [`{"id":"${'x'.repeat(300)}","method":"ping"}`, -1135, 'null'],
    ['{"id":"a"}', -1102, '"a"'],
    ['{"id":"a","method":5}', -1135, '"a"'],
    ['{"id":"a","method":"ping","params":[]}', -1135, '"a"'],
    ['{"id":"a","method":"ping","params":"x"}', -1135, '"a"'],
    ['{"id":"a","method":"ping","params":{"x":1,"x":2}}', -1101, '"a"'],
  ])('that is none: %s', (text, code, id) => {
    expect.assertions(2);
    try {
      parseWsRequest(text);
    } catch (error) {
      expect((error as WsRequestError).error.code).toBe(code);
      expect((error as WsRequestError).id).toBe(id);
    }
  });

  it('signs what a client signs that writes its own JSON', () => {
    const name = fc.stringMatching(/^[a-zA-Z]{1,12}$/).filter((text) => text !== 'signature');
    const lexeme = fc.oneof(
      fc.string().map((text) => ({ json: JSON.stringify(text), signed: text })),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => ({ json: String(number), signed: String(number) })),
      fc.integer().map((number) => ({ json: number.toExponential(), signed: number.toExponential() })),
      fc.boolean().map((flag) => ({ json: String(flag), signed: String(flag) })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, lexeme), { selector: ([key]) => key }), (pairs) => {
        const params = pairs.map(([key, { json }]) => `${JSON.stringify(key)} : ${json}`).join(' ,\n');
        const sorted = [...pairs].sort((a, b) => (a[0] < b[0] ? -1 : 1));
        const signed = sorted.map(([key, value]) => `${key}=${value.signed}`).join('&');
        const text = `{"params":{${params}${pairs.length > 0 ? ',' : ''}"signature":"zz"},"id":7,"method":"m"}`;
        expect(parseWsRequest(text).payloads()[0]).toBe(signed);
      }),
    );
  });

  it('never throws anything but its own error', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ id: fc.jsonValue(), method: fc.jsonValue(), params: fc.jsonValue() }).map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.record({ id: fc.integer(), method: fc.string(), params: fc.object() }), fc.nat(), fc.string())
        .map(([value, at, noise]) => {
          const text = JSON.stringify(value);
          return text.slice(0, at % text.length) + noise + text.slice(at % text.length);
        }),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          const request = parseWsRequest(text);
          for (const payload of request.payloads()) expect(typeof payload).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(WsRequestError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
