// The JavaScript engines by name. A peer is there when `npm run bench:peers -- install` has put it into the folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BookEngine } from '../flash1/bookEngine.ts';
import type { MakeEngine } from '../flash1/engine.ts';
import { MarketEngine } from '../flash1/marketEngine.ts';
import { loadLobJs } from './lobJs.ts';
import { loadNodejsOrderBook } from './nodejsOrderBook.ts';
import { loadVdt } from './vdt.ts';

export const SEDAX_BOOK = 'sedax book';
export const SEDAX_MARKET = 'sedax market';
export const EXCHANGE_CORE = 'exchange-core';

interface Peer {
  /** What must exist in the peers' folder. */
  readonly file: string;
  readonly load: (peers: string) => MakeEngine;
}

/** From the compiled file .cache/bench/benchmarks/peers/engines.js to .cache. */
const CACHE = fileURLToPath(new URL('../../..', import.meta.url));

/** Where the peers are: SEDAX_PEERS, or .cache/peers of the repository. */
export function peersFolder(): string {
  return process.env.SEDAX_PEERS ?? join(CACHE, 'peers');
}

const PEERS: Readonly<Record<string, Peer>> = {
  vdt: { file: 'vdt/lib/order_book.js', load: loadVdt },
  'lob.js': { file: 'lob.js/dist/model/OrderBook.js', load: loadLobJs },
  'nodejs-order-book': { file: 'node_modules/nodejs-order-book/package.json', load: loadNodejsOrderBook },
};

/** In JavaScript. */
export const PEER_NAMES: readonly string[] = Object.keys(PEERS);

export function exchangeCoreFolder(): string {
  return join(peersFolder(), 'exchange-core');
}

export function isInstalled(name: string): boolean {
  if (name === EXCHANGE_CORE) return existsSync(join(exchangeCoreFolder(), 'classes', 'ExchangeCoreDriver.class'));
  return existsSync(join(peersFolder(), PEERS[name]!.file));
}

export function loadEngine(name: string): MakeEngine {
  if (name === SEDAX_BOOK) return (reports) => new BookEngine(reports);
  if (name === SEDAX_MARKET) return (reports, workload) => new MarketEngine(reports, workload);
  const peer = PEERS[name];
  if (peer === undefined) throw new Error(`no engine ${name}`);
  return peer.load(peersFolder());
}
