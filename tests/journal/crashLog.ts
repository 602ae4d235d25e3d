// What appender.ts writes and crash.test.ts expects: payloads that follow from their place.

export const STREAMS = ['accounts-0', 'markets-0', 'klines-0'] as const;

export function subjectOf(stream: string): string {
  return `spot.crash.${stream}`;
}

/** 0 to 6000 bytes, so that some records take pages of their own. */
export function payloadOf(stream: string, sequence: number): Buffer {
  const length = (sequence * 7919 + stream.length * 104_729) % (sequence % 13 === 0 ? 6000 : 300);
  return Buffer.alloc(length, `${stream} ${sequence} `);
}
