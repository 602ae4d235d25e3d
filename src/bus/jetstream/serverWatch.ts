// What the nats-servers say of themselves while the exchange runs: /healthz of their monitoring ports. A server that can't store,
// its disk being full, answers no append at all and says why only there.

const EVERY_MS = 2000;
const TIMEOUT_MS = 2000;

export interface ServerWatchOptions {
  /** Base URLs of the monitoring ports. */
  readonly urls: readonly string[];
  /** Told once when a server's state changes; undefined = it is well again. */
  readonly onChange: (url: string, problem: string | undefined) => void;
  /** @default 2000 */
  readonly everyMs?: number;
}

export class ServerWatch {
  readonly #options: ServerWatchOptions;
  readonly #problems = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ServerWatchOptions) {
    this.#options = options;
    void this.#look();
  }

  get size(): number {
    return this.#options.urls.length;
  }

  /** Servers that were not well at the last look. */
  get unwell(): number {
    return this.#problems.size;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { urls, onChange, everyMs = EVERY_MS } = this.#options;
    const found = await Promise.all(urls.map(async (url) => [url, await problemOf(url)] as const));
    if (this.#stopped) return;
    for (const [url, problem] of found) {
      if (this.#problems.get(url) === problem) continue;
      if (problem === undefined) this.#problems.delete(url);
      else this.#problems.set(url, problem);
      onChange(url, problem);
    }
    this.#timer = setTimeout(() => void this.#look(), everyMs).unref();
  }
}

/** Undefined when the server is well. */
async function problemOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { status, error } = (await response.json()) as { readonly status?: string; readonly error?: string };
    return status === 'ok' ? undefined : (error ?? `status ${status ?? response.status}`);
  } catch (error) {
    const { message, cause } = error as Error;
    return `does not answer: ${cause instanceof Error ? cause.message : message}`;
  }
}
