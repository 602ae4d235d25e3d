// Which connections are still there: pings them, drops those that do not answer, ends those that are too old. One sweep a
// second over all of them, not a timer each. Only a pong that copies a ping's payload counts; unsolicited ones do not.
import type { Clock } from '../../../ports/clock.ts';
import { CloseCode } from '../../ws/outbox.ts';
import type { StartTicker } from '../../ws/ticker.ts';
import type { SocketSettings } from './socketSettings.ts';

export interface Peer {
  ping(payload: string): void;
  close(code: CloseCode, reason: string): void;
}

type KeepAliveSettings = Pick<SocketSettings, 'lifeMs' | 'pingEveryMs' | 'pongWithinMs'>;

interface Ping {
  readonly payload: string;
  readonly sentUs: number;
}

const SWEEP_MS = 1000;

class Watched {
  readonly peer: Peer;
  readonly endUs: number;
  nextPingUs: number;
  /** Oldest first. */
  readonly unanswered: Ping[] = [];

  constructor(peer: Peer, nowUs: number, settings: KeepAliveSettings) {
    this.peer = peer;
    this.endUs = nowUs + settings.lifeMs * 1000;
    this.nextPingUs = nowUs + settings.pingEveryMs * 1000;
  }
}

export class KeepAlive {
  readonly #clock: Clock;
  readonly #settings: KeepAliveSettings;
  readonly #startTicker: StartTicker;
  readonly #watched = new Map<Peer, Watched>();
  #stopTicker: (() => void) | undefined;

  constructor(clock: Clock, settings: KeepAliveSettings, startTicker: StartTicker) {
    this.#clock = clock;
    this.#settings = settings;
    this.#startTicker = startTicker;
  }

  get count(): number {
    return this.#watched.size;
  }

  add(peer: Peer): void {
    this.#watched.set(peer, new Watched(peer, this.#clock.nowUs(), this.#settings));
    this.#stopTicker ??= this.#startTicker(SWEEP_MS, () => this.#sweep());
  }

  remove(peer: Peer): void {
    this.#watched.delete(peer);
    if (this.#watched.size === 0) this.close();
  }

  pong(peer: Peer, payload: string): void {
    const unanswered = this.#watched.get(peer)?.unanswered;
    const answered = unanswered?.findIndex((ping) => ping.payload === payload) ?? -1;
    // Whoever answers the newest ping is there, whatever became of the older ones.
    if (answered >= 0) unanswered?.splice(0, answered + 1);
  }

  close(): void {
    this.#stopTicker?.();
    this.#stopTicker = undefined;
  }

  #sweep(): void {
    const nowUs = this.#clock.nowUs();
    for (const watched of [...this.#watched.values()]) this.#look(watched, nowUs);
  }

  #look(watched: Watched, nowUs: number): void {
    const { peer, unanswered } = watched;
    const oldest = unanswered[0];
    if (nowUs >= watched.endUs) {
      peer.close(CloseCode.GOING_AWAY, 'the connection has reached its maximum age');
    } else if (oldest !== undefined && nowUs - oldest.sentUs >= this.#settings.pongWithinMs * 1000) {
      peer.close(CloseCode.POLICY, 'no pong in time');
    } else if (nowUs >= watched.nextPingUs) {
      watched.nextPingUs = nowUs + this.#settings.pingEveryMs * 1000;
      const payload = String(Math.floor(nowUs / 1000));
      unanswered.push({ payload, sentUs: nowUs });
      peer.ping(payload);
    }
  }
}
