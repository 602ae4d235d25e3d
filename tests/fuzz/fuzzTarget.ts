// What the fuzzer needs to know of a parser.

/** Runs inputs against one parser. */
export interface FuzzParser {
  /**
   * One word for what became of the input: ACCEPTED, or what it was refused with. Throws on anything a parser must not do; the
   * message says what.
   */
  run(input: Buffer): string | Promise<string>;
  /** Of whatever the parser could have changed; equal before and after every refused input. */
  state?(): string;
  close?(): Promise<void>;
}

export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, which mutation starts from. */
  readonly seeds: readonly Buffer[];
  readonly form: 'msgpack' | 'json' | 'request' | 'bytes' | 'text';
  /** Texts that mean something to the parser. */
  readonly words?: readonly string[];
  open(): FuzzParser | Promise<FuzzParser>;
}

export const ACCEPTED = 'accepted';
