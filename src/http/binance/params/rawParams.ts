// The parameters of one call as text, whatever carried them: a query string and a form (REST) or JSON lexemes (WS-API).
// A JSON string counts without its quotes, a number or boolean as written, an array as its JSON text, null as absent.

export class RawParams {
  /** How many parameters were sent, as the -1101 and -1104 texts count them (signature and timestamp included). */
  readonly count: number;
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
    this.count = values.size;
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  names(): IterableIterator<string> {
    return this.#values.keys();
  }
}
