import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ServerWatch } from './serverWatch.ts';

let server: Server | undefined;
let watch: ServerWatch | undefined;
afterEach(() => {
  watch?.stop();
  server?.close();
  server?.closeAllConnections();
});

async function answering(bodyOf: () => string): Promise<string> {
  server = createServer((request, response) => response.end(request.url === '/healthz' ? bodyOf() : 'another page'));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('says what a server says of itself, once for each change', async () => {
  let body = '{"status":"ok"}';
  const url = await answering(() => body);
  const changes: (string | undefined)[] = [];
  watch = new ServerWatch({ urls: [url], onChange: (_url, problem) => changes.push(problem), everyMs: 5 });
  const says = async (text: string, change: unknown): Promise<void> => {
    body = text;
    await expect.poll(() => changes.at(-1)).toEqual(change);
    expect([watch?.size, watch?.unwell]).toEqual([1, change === undefined ? 0 : 1]);
  };
  await says('{"status":"unavailable","error":"no space left on device"}', 'no space left on device');
  await says('{"status":"error"}', 'status error');
  await says('{"status":"ok"}', undefined);
  await says('no monitoring page', expect.stringContaining('does not answer: '));
  expect(changes).toHaveLength(4);
});

test('a server that does not answer is a problem of its own', async () => {
  const changes: (string | undefined)[] = [];
  watch = new ServerWatch({ urls: ['http://127.0.0.1:1'], onChange: (_url, problem) => changes.push(problem), everyMs: 5 });
  await expect.poll(() => changes[0]).toMatch(/^does not answer: /);
  expect(watch.unwell).toBe(1);
});
