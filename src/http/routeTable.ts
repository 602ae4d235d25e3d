// Which methods a path answers to, for 405 and its Allow header. The router itself only knows "this method at this path".

interface Entry {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

export class RouteTable {
  readonly #entries = new Map<string, Entry>();

  /** A route as fastify announces it: '/api/spot/v2/:orderId', '/docs/*'. */
  add(method: string | readonly string[], url: string): void {
    let entry = this.#entries.get(url);
    if (entry === undefined) {
      entry = { pattern: patternOf(url), methods: new Set() };
      this.#entries.set(url, entry);
    }
    for (const name of typeof method === 'string' ? [method] : method) entry.methods.add(name);
  }

  /** Sorted; empty when nothing is there. */
  methodsAt(url: string): string[] {
    const path = url.split('?', 1)[0] as string;
    const methods = new Set<string>();
    for (const entry of this.#entries.values()) {
      if (entry.pattern.test(path)) for (const name of entry.methods) methods.add(name);
    }
    return [...methods].sort();
  }
}

function patternOf(url: string): RegExp {
  const parts = url
    .replace(/\/+$/, '')
    .split('/')
    .map((part) => {
      if (part === '*') return '.*';
      if (part.startsWith(':')) return '[^/]+';
      return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    });
  return new RegExp(`^${parts.join('/')}/?$`);
}
