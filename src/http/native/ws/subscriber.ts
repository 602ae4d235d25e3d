// Who receives a channel's frames.
import type { CloseCode, Frame } from '../../ws/outbox.ts';

export interface Subscriber {
  /** False when it is gone. */
  send(frame: Frame): boolean;
  close(code: CloseCode, reason: string): void;
}
