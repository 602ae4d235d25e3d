// A running sedax for clients as published: two accounts, keys of every kind on wish, and makers to trade with.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminRequest, NativeClient } from '../e2e/nativeClient.ts';
import { adminToken, type DemoKey, demoKeys, SedaxProcess } from '../e2e/sedaxProcess.ts';

export class ClientVenue {
  readonly url: string;
  readonly wsUrl: string;
  readonly alice: DemoKey;
  readonly bob: DemoKey;
  /** Bob over the native API: the other side of the clients' trades. */
  readonly maker: NativeClient;
  /** Alice over the native API: trades on while a client only watches. */
  readonly taker: NativeClient;
  readonly #dir: string;
  readonly #sedax: SedaxProcess;

  private constructor(dir: string, sedax: SedaxProcess) {
    this.#dir = dir;
    this.#sedax = sedax;
    this.url = sedax.url;
    this.wsUrl = sedax.url.replace('http', 'ws');
    const [alice, bob] = demoKeys(dir);
    if (alice === undefined || bob === undefined) throw new Error('no demo accounts');
    this.alice = alice;
    this.bob = bob;
    this.maker = new NativeClient(sedax.url, bob);
    this.taker = new NativeClient(sedax.url, alice);
  }

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ClientVenue> {
    const dir = mkdtempSync(join(tmpdir(), 'sedax-clients-'));
    return new ClientVenue(dir, await SedaxProcess.start(dir, { SEDAX_JOURNAL_DURABILITY: 'none', ...env }));
  }

  /** Bob places a limit order; throws when it is not accepted. */
  async makes(side: 'BUY' | 'SELL', price: string, quantity: string, symbol = 'BTCUSDT'): Promise<number> {
    const { status, body } = await this.maker.place({ symbol, side, price, quantity });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.orderId as number;
  }

  /** Alice buys at the market every quarter of a second, until the function that comes back is called. */
  keepsTrading(quantity: string): () => void {
    const timer = setInterval(() => void this.taker.place({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity }), 250);
    return () => clearInterval(timer);
  }

  /** Registers a public key for alice; returns the api key. */
  async publicKey(kind: 'ED25519' | 'RSA', publicKey: string): Promise<string> {
    const path = `/accounts/${this.alice.accountId}/api-keys`;
    const { status, body } = await adminRequest(this.url, adminToken(this.#dir), 'POST', path, { kind, publicKey });
    if (status >= 300) throw new Error(JSON.stringify(body));
    return body.apiKey as string;
  }

  async stop(): Promise<void> {
    await this.#sedax.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
