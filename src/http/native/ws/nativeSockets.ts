// /ws: the native WebSocket API on the server's upgrade router. Binance's market streams live at the same path: a first
// message with "method" instead of "op" makes the connection theirs.
import type { RawData, WebSocket } from 'ws';
import { NativeAuth } from '../../auth/nativeAuth.ts';
import type { EdgeApi } from '../../server.ts';
import { Outbox } from '../../ws/outbox.ts';
import { type StartTicker, startIntervalTicker } from '../../ws/ticker.ts';
import type { UpgradeContext } from '../../ws/upgradeRouter.ts';
import { jsonObject } from './clientFrame.ts';
import { Feeds } from './feeds.ts';
import { Session, type SessionDeps } from './session.ts';

export const NATIVE_WS_PATH = '/ws';
/** Tickers are sent at this pace. */
const TICKER_MS = 250;

/** `startTicker` is how time passes; tests bring their own. */
export function nativeSocketsWith(startTicker: StartTicker): EdgeApi {
  return ({ app, router, exchange, config, logger }) => {
    const onError = (error: unknown): void => logger.error({ err: error }, 'a WebSocket session failed');
    const feeds = new Feeds(exchange, onError);
    const deps: SessionDeps = { exchange, auth: new NativeAuth(exchange, config.auth), feeds, config: config.ws, onError };
    const sessions = new Map<Session, WebSocket>();
    const limits = { bufferedBytesMax: config.ws.bufferedBytesMax, closeTimeoutMs: config.limits.closeTimeoutMs };

    const stops = [
      startTicker(TICKER_MS, () => feeds.flushTickers()),
      startTicker(config.ws.heartbeatMs, () => {
        for (const [session, webSocket] of sessions) {
          session.review();
          if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
        }
      }),
    ];
    app.addHook('onClose', async () => {
      for (const stop of stops) stop();
    });

    function open(webSocket: WebSocket, context: UpgradeContext): void {
      const session = new Session(new Outbox(webSocket, context.stream, limits), context.address, deps);
      sessions.set(session, webSocket);
      let isFirst = true;
      const leave = (): void => {
        sessions.delete(session);
        session.dispose();
      };
      const onMessage = (data: RawData, isBinary: boolean): void => {
        const text = isBinary ? '' : String(data);
        if (isFirst && !isBinary && isBinanceFrame(text) && context.hasNext) {
          leave();
          webSocket.off('message', onMessage).off('ping', onControl).off('pong', onControl).off('close', leave);
          context.next();
          webSocket.emit('message', data, isBinary);
          return;
        }
        isFirst = false;
        if (session.heard()) session.receive(text);
      };
      const onControl = (): void => {
        session.heard();
      };
      webSocket.on('message', onMessage).on('ping', onControl).on('pong', onControl).on('close', leave);
    }

    router.route(
      (path) => path === NATIVE_WS_PATH,
      (webSocket, _request, context) => open(webSocket, context),
    );
  };
}

export const nativeSockets: EdgeApi = nativeSocketsWith(startIntervalTicker);

function isBinanceFrame(text: string): boolean {
  const json = jsonObject(text);
  return json !== undefined && Object.hasOwn(json, 'method') && !Object.hasOwn(json, 'op');
}
