// npm run bench:native-order, npm run bench:binance-order -- [requests a round]
// The price of an order over REST: the edge alone, over an exchange that answers at once (native and Binance), and for Binance the
// edge over a whole embedded venue; each against a bare fastify route that parses and verifies the same request.
// Goals: 60 % of the bare route's rate by processor time; p99 at half load below 5 ms.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClientResult } from './client.ts';
import { measureRoutes } from './measure.ts';
import { bareBinanceServer, bareNativeServer, binanceServer, embeddedServer, nativeServer, type OrderServer } from './servers.ts';

const [kind = 'binance', count = '20000'] = process.argv.slice(2);
const servers: Record<string, OrderServer> =
  kind === 'native'
    ? { 'bare route': await bareNativeServer(), 'native edge': await nativeServer() }
    : { 'bare route': await bareBinanceServer(), 'binance edge': await binanceServer(), 'binance embedded': await embeddedServer() };
const child = fork(fileURLToPath(new URL('./client.js', import.meta.url)), ['--client']);
child.on('exit', (code) => {
  if (code !== null && code !== 0) process.exit(1);
});
const rows = await measureRoutes(
  servers,
  (job) =>
    new Promise<ClientResult>((resolve) => {
      child.once('message', (result) => resolve(result as ClientResult));
      child.send(job);
    }),
  { rounds: 3, requests: Number(count), seconds: 3 },
);
child.kill();
for (const row of rows) process.stdout.write(`${JSON.stringify({ benchmark: 'rest order', ...row })}\n`);
for (const { what, requestsPerCpuSecond } of rows.slice(1)) {
  const share = Math.round((requestsPerCpuSecond / rows[0]!.requestsPerCpuSecond) * 100) / 100;
  process.stdout.write(`${JSON.stringify({ benchmark: 'rest order share', what, share, goal: 0.6 })}\n`);
}
for (const server of Object.values(servers)) await server.close();
process.exit(0);
