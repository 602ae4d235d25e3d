// What clients send, as large as it may be and made to be dear: each parser answers in a time that grows no faster than the text,
// says what is documented, and leaves Object.prototype alone.
import { afterAll, expect, it } from 'vitest';
import { rawParams, signedPayload } from '../../src/http/binance/rest/rawRequest.ts';
import { parseControlMessage } from '../../src/http/binance/streams/controlMessage.ts';
import { parseStreamUrl } from '../../src/http/binance/streams/streamUrl.ts';
import { parseWsRequest } from '../../src/http/binance/wsApi/wsRequest.ts';
import { nativeApi } from '../../src/http/native/nativeApi.ts';
import { frameId, jsonObject, parseFrame } from '../../src/http/native/ws/clientFrame.ts';
import { signedHeaders } from '../fixtures/nativeClient.ts';
import { testServer } from '../fixtures/testServer.ts';

const SIZE = 65_000;
const fill = (text: string): string => text.repeat(Math.floor(SIZE / text.length));
const server = await testServer([nativeApi]);
afterAll(() => server.close());

const JSON_TEXTS: Readonly<Record<string, string>> = {
  'nested arrays': `{"id":1,"method":"ping","params":{"a":${fill('[')}`,
  'nested objects': fill('{"a":'),
  'closed nested arrays': `{"id":1,"method":"ping","params":{"a":${'['.repeat(SIZE / 2)}${']'.repeat(SIZE / 2)}}}`,
  'many keys': `{"id":1,"method":"ping","params":{${Array.from({ length: 6_000 }, (_, i) => `"k${i}":1`).join()}}}`,
  'one key again and again': `{"id":1,"method":"ping","params":{${fill('"a":1,')}"a":1}}`,
  'keys that look alike': `{"id":1,"method":"ping","params":{${Array.from({ length: 4_000 }, (_, i) => `"${'\\u0061'}${i}":1`).join()}}}`,
  'a long string': `{"id":1,"method":"${fill('x')}"}`,
  'a string of escapes': `{"id":1,"method":"${fill('\\u0000')}"}`,
  'a string of backslashes': `{"id":1,"method":"${fill('\\\\')}`,
  'a long number': `{"id":1,"method":"ping","params":{"a":1.${fill('0')}1}}`,
  'many numbers': `{"id":1,"method":"ping","params":{"a":[${fill('1,')}1]}}`,
  spaces: `{"id":1,${fill(' ')}"method":"ping"}`,
  'a prototype':
    '{"id":1,"method":"ping","__proto__":{"polluted":1},"params":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
  'a prototype with escapes': '{"id":1,"\\u005f_proto__":{"polluted":1},"method":"ping","params":{"\\u005f_proto__":{"polluted":1}}}',
  'names of every object': '{"op":"toString","method":"constructor","params":["valueOf"],"id":"__proto__"}',
  nothing: '',
  null: 'null',
};
const TEXTS: Readonly<Record<string, string>> = {
  pairs: fill('a=1&'),
  'pairs of many names': Array.from({ length: 8_000 }, (_, i) => `k${i}=1`).join('&'),
  'no values': fill('&'),
  'equals signs': fill('='),
  percents: fill('%'),
  'percent codes': fill('%41'),
  plus: fill('+'),
  signatures: fill('signature=&'),
  prototypes: '__proto__=1&constructor=1&__proto__[polluted]=1&constructor.prototype.polluted=1',
  slashes: fill('/'),
};

/** Processor time in ms; what it throws counts as an answer when it is one of ours. */
function cost(parse: () => unknown): number {
  const before = process.cpuUsage();
  try {
    parse();
  } catch (error) {
    expect((error as Error).name).toMatch(/^(ApiError|BinanceError|WsRequestError|ControlError)$/);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'the WebSocket API': (text) => parseWsRequest(text).payloads(),
  'stream control': (text) => parseControlMessage(text),
  'native frames': (text) => [frameId(jsonObject(text)), parseFrame(jsonObject(text))],
};
const QUERY_PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  'REST parameters': (text) => rawParams(text, ''),
  'REST form': (text) => rawParams('', text),
  'what was signed': (text) => signedPayload(text, text),
  'stream URLs': (text) => parseStreamUrl(`/stream?streams=${text}`),
  'stream paths': (text) => parseStreamUrl(`/ws/${text}`),
};
const cases = [
  ...Object.entries(PARSERS).flatMap(([parser, parse]) =>
    Object.entries(JSON_TEXTS).map(([name, text]) => [parser, name, parse, text] as const),
  ),
  ...Object.entries(QUERY_PARSERS).flatMap(([parser, parse]) =>
    Object.entries(TEXTS).map(([name, text]) => [parser, name, parse, text] as const),
  ),
];

it.each(cases)('%s: %s', (_parser, _name, parse, text) => {
  // The first time pays for compiling.
  cost(() => parse(text));
  expect(cost(() => parse(text))).toBeLessThan(200);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it.each(Object.entries(JSON_TEXTS).filter(([, text]) => text !== ''))('native bodies: %s', async (_name, payload) => {
  const url = '/api/spot/v2/';
  const headers = { ...signedHeaders('POST', url, payload), 'content-type': 'application/json' };
  const before = process.cpuUsage();
  const reply = await server.app.inject({ method: 'POST', url, headers, payload });
  expect(reply.statusCode).toBe(400);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(400);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
