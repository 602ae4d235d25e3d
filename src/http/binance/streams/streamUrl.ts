// The address a stream socket is opened at: /ws/<a>/<b> (raw), /stream?streams=<a>/<b> (combined), and /stream/ws/<a>, raw
// again, for clients that tell spot from other markets by "/stream" in the URL. Paths that mean nothing are tolerated:
// clients open /ws/0 or /stream?streams= and subscribe later.

export interface StreamUrl {
  /** True: payloads come as {"stream","data"}. */
  readonly combined: boolean;
  readonly streams: readonly string[];
  /** As sent; undefined when absent. */
  readonly timeUnit: string | undefined;
}

/** Whether a path (without the query) belongs to the market streams. */
export function isStreamPath(path: string): boolean {
  return /^\/(?:ws|stream)(?:\/|$)/.test(path);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `url`: path and query as sent. A plus sign is a plus sign here ("@kline_1d@+08:00"), unlike in a form. */
export function parseStreamUrl(url: string): StreamUrl {
  const queryAt = url.indexOf('?');
  const path = decode(queryAt < 0 ? url : url.slice(0, queryAt));
  const query = new Map<string, string>();
  if (queryAt >= 0) {
    for (const pair of url.slice(queryAt + 1).split('&')) {
      const at = pair.indexOf('=');
      if (at > 0) query.set(decode(pair.slice(0, at)), decode(pair.slice(at + 1)));
    }
  }
  const isAlias = /^\/stream\/ws(?:\/|$)/.test(path);
  const combined = path.startsWith('/stream') && !isAlias;
  const inPath = combined ? [] : path.split('/').slice(isAlias ? 3 : 2);
  const inQuery = (query.get('streams') ?? '').split('/');
  const streams = [...new Set([...inPath, ...inQuery])].filter((name) => name !== '');
  return { combined, streams, timeUnit: query.get('timeUnit') };
}
