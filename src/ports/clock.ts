// Time enters here and nowhere else.

export interface Clock {
  /** Microseconds since the epoch, never going backwards within a process. */
  nowUs(): number;
}
