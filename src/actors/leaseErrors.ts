// Why a partition may not write its stream.

/** Another process writes the stream. */
export class LeaseHeldError extends Error {
  override name = 'LeaseHeldError';
}

/** The right to write the stream is gone. */
export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}
