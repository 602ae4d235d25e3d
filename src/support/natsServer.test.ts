import { afterEach, expect, test } from 'vitest';
import { NatsServer } from './natsServer.ts';

let server: NatsServer | undefined;
afterEach(() => server?.stop());

test('one that does not end on SIGTERM is killed after the grace period', async () => {
  server = await NatsServer.start({ stopGraceMs: 300 });
  // As one with a full disk may: it takes no signal it could act on.
  await server.signal('SIGSTOP');
  const begunMs = performance.now();
  await server.signal('SIGTERM');
  expect(performance.now() - begunMs).toBeGreaterThan(250);
  expect(server.runs).toBe(false);
  await server.restart();
  expect(server.runs).toBe(true);
});
