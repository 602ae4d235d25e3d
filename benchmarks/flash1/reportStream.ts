// What the engine under test reports, in the order it reports it, and the canonical form whose SHA-256 is published
// (docs/METHODOLOGY.md, "Correctness"). Appending is inside the measured time; the canonical form is not.
import { createHash } from 'node:crypto';

export const ReportType = {
  ORDER_ACK: 0,
  TRADE: 1,
  CANCEL_ACK: 2,
  MODIFY_ACK: 3,
  CANCEL_REJECT: 4,
  MODIFY_REJECT: 5,
} as const;
export type ReportType = (typeof ReportType)[keyof typeof ReportType];

const FIELDS = 6;

export class ReportStream {
  /** type, sequence number, then the fields of the type's line in their order. */
  #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity * FIELDS);
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  push(type: ReportType, sequence: number, a: number, b: number, c: number, d: number): void {
    let at = this.#count * FIELDS;
    if (at === this.#values.length) this.#grow();
    const values = this.#values;
    values[at++] = type;
    values[at++] = sequence;
    values[at++] = a;
    values[at++] = b;
    values[at++] = c;
    values[at] = d;
    this.#count += 1;
  }

  #grow(): void {
    const values = new Float64Array(this.#values.length * 2);
    values.set(this.#values);
    this.#values = values;
  }

  /** The reports of the messages before `end`, sorted by (sequence number, type); trades of one message keep their order. */
  lines(end = Number.POSITIVE_INFINITY): string[] {
    const values = this.#values;
    let count = this.#count;
    // Engines report message by message.
    while (count > 0 && values[(count - 1) * FIELDS + 1]! >= end) count -= 1;
    const order = Array.from({ length: count }, (_, i) => i);
    order.sort((x, y) => values[x * FIELDS + 1]! - values[y * FIELDS + 1]! || values[x * FIELDS]! - values[y * FIELDS]! || x - y);
    return order.map((report) => {
      const at = report * FIELDS;
      const type = values[at] as ReportType;
      let line = `${type},${values[at + 1]},${values[at + 2]}`;
      for (let i = 1; i < fieldCount(type); i++) line += `,${values[at + 2 + i]}`;
      return line;
    });
  }

  sha256(end = Number.POSITIVE_INFINITY): string {
    const hash = createHash('sha256');
    const lines = this.lines(end);
    const chunk = 65_536;
    for (let i = 0; i < lines.length; i += chunk) hash.update((i === 0 ? '' : '\n') + lines.slice(i, i + chunk).join('\n'));
    return hash.digest('hex');
  }
}

function fieldCount(type: ReportType): number {
  switch (type) {
    case ReportType.CANCEL_REJECT:
    case ReportType.MODIFY_REJECT:
      return 1;
    case ReportType.CANCEL_ACK:
      return 3;
    default:
      return 4;
  }
}
