// A child's state as it was at one moment, read off part by part while the child goes on. Whoever changes what has not been
// read yet keeps it aside first, so that all parts together are the state of that moment.

export interface CapturedPart {
  /** Plain data. */
  readonly data: unknown;
  /** What it weighs: about the number of rows in it. */
  readonly rows: number;
}

export interface Capture {
  /** The next part, of not many more rows than asked for; undefined when all of it has been read. */
  next(rows: number): CapturedPart | undefined;
  /** Of the whole state; to be asked for after the last part. */
  hash(): string;
  /** Nobody reads on: nothing more is kept aside. */
  close(): void;
}

/** Of a small state: copied at once. */
export function captureAtOnce(data: unknown, hash: string): Capture {
  let left: CapturedPart | undefined = { data, rows: 1 };
  return {
    next: () => {
      const part = left;
      left = undefined;
      return part;
    },
    hash: () => hash,
    close: () => undefined,
  };
}
