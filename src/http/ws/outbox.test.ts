import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { CloseCode, Outbox, textFrame } from './outbox.ts';

const limits = { bufferedBytesMax: 1_000_000, closeTimeoutMs: 200 };
let server: Server;
let webSockets: WebSocketServer;
let url: string;
const clients: WebSocket[] = [];

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const client of clients.splice(0)) client.terminate();
  server.close();
});

/** A client and the server's end of its connection. */
async function connect(): Promise<{ client: WebSocket; received: string[]; outbox: Outbox; socket: Duplex }> {
  const accepted = new Promise<{ outbox: Outbox; socket: Duplex }>((resolve) => {
    server.once('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => resolve({ outbox: new Outbox(webSocket, socket, limits), socket }));
    });
  });
  const client = new WebSocket(url);
  clients.push(client);
  const received: string[] = [];
  client.on('message', (data) => received.push(data.toString()));
  client.on('error', () => undefined);
  await once(client, 'open');
  return { client, received, ...(await accepted) };
}

it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])('frames a text of %i bytes as a peer reads it', async (length) => {
  const { client, received, outbox } = await connect();
  expect(outbox.send(textFrame('x'.repeat(length)))).toBe(true);
  await once(client, 'message');
  expect(received).toEqual(['x'.repeat(length)]);
});

it('counts bytes, not characters', async () => {
  const { client, received, outbox } = await connect();
  outbox.sendText('€'.repeat(50));
  await once(client, 'message');
  expect(received).toEqual(['€'.repeat(50)]);
});

it('keeps the order, and writes what one turn produced at once', async () => {
  const { client, received, outbox, socket } = await connect();
  let writes = 0;
  const raw = socket as Duplex & { _writev: (...args: unknown[]) => void };
  const writev = raw._writev.bind(socket);
  raw._writev = (...args) => {
    writes++;
    writev(...args);
  };
  const shared = textFrame('shared');
  for (let i = 0; i < 100; i++) {
    outbox.send(shared);
    outbox.sendText(`own ${i}`);
  }
  while (received.length < 200) await once(client, 'message');
  expect(received).toEqual(Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'shared' : `own ${(i - 1) / 2}`)));
  expect(writes).toBe(1);
  outbox.sendText('next turn');
  await once(client, 'message');
  expect(received.at(-1)).toBe('next turn');
});

describe('a peer that does not read', () => {
  it('is dropped at the bound, with the code and the reason, and others go on', async () => {
    const slow = await connect();
    const quick = await connect();
    slow.client.pause();
    const frame = textFrame('x'.repeat(50_000));
    let sent = 0;
    while (slow.outbox.send(frame)) {
      sent++;
      expect(slow.outbox.bufferedBytes).toBeLessThanOrEqual(limits.bufferedBytesMax);
      if (sent % 10 === 0) {
        quick.outbox.sendText('tick');
        await once(quick.client, 'message');
      }
    }
    expect(sent).toBeGreaterThan(10);
    expect(slow.outbox.isOpen).toBe(false);
    expect(slow.outbox.send(frame)).toBe(false);
    slow.client.resume();
    const [code, reason] = (await once(slow.client, 'close')) as [number, Buffer];
    expect(code).toBe(CloseCode.TRY_AGAIN_LATER);
    expect(reason.toString()).toMatch(/slow reader/);
    expect(slow.received).toHaveLength(sent);
    quick.outbox.sendText('still here');
    await once(quick.client, 'message');
    expect(quick.received.at(-1)).toBe('still here');
  });

  it('loses its socket when it does not even take the close frame', async () => {
    const { client, outbox, socket } = await connect();
    client.pause();
    const frame = textFrame('x'.repeat(50_000));
    // The kernel takes some first: go on until our own buffer is what fills.
    while (outbox.send(frame)) await new Promise(setImmediate);
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});

it('sends nothing after the peer has gone', async () => {
  const { client, outbox, socket } = await connect();
  client.terminate();
  await once(socket, 'close');
  expect(outbox.send(textFrame('late'))).toBe(false);
});
