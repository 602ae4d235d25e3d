// A client of the native API as a user would write it: nothing of the exchange's own code.
import { createHmac } from 'node:crypto';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are whatever the server says; tests assert on them
  readonly body: any;
}

export class NativeClient {
  readonly #url: string;
  readonly #apiKey: string;
  readonly #secret: string;

  constructor(url: string, key: { readonly apiKey: string; readonly secret: string }) {
    this.#url = url;
    this.#apiKey = key.apiKey;
    this.#secret = key.secret;
  }

  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const timestamp = String(Date.now());
    const signature = createHmac('sha256', this.#secret)
      .update(timestamp + method + path + payload)
      .digest('hex');
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        'X-SEDAX-APIKEY': this.#apiKey,
        'X-SEDAX-TIMESTAMP': timestamp,
        'X-SEDAX-SIGNATURE': signature,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: payload }),
    });
    return { status: response.status, body: await response.json() };
  }

  place(order: Record<string, unknown>): Promise<Answer> {
    return this.request('POST', '/api/spot/v2/', order);
  }
}

export async function adminRequest(url: string, token: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
