// What every encoder and decoder of this folder throws, and nothing else: bytes or values that are not what they should be.

export class CodecError extends Error {
  override name = 'CodecError';
}
