// Reads the entries of a message one after the other, without making them: for whoever needs few of them, or few of their
// fields (decodeStep() makes all). In: bytes of the log, of any schema version. What an entry says stands in the cursor's
// fields; its body is still to be read from `reader`, or to be passed over, before the next entry.
import { type ChangedFields, ChangeKind, type Entities, type EntityType } from '../domain/changeLogEntry.ts';
import { CodecError } from './codecError.ts';
import { MsgpackReader } from './msgpackReader.ts';
import { readChanges, readRow } from './rows.ts';
import { type EntitySchema, schemaOf } from './schema.ts';
import { inEntry } from './stepCodec.ts';
import { SCHEMA_VERSION, upgradeStep } from './upgrades.ts';
import { readValue } from './values.ts';

const DASH = 0x2d;
const ZERO = 0x30;

export class StepCursor {
  readonly reader = new MsgpackReader();
  entityType: EntityType | 0 = 0;
  /** The entity's id where it is a number; where it is a text (see idText()), -1. */
  id = 0;
  hasTextId = false;
  kind: ChangeKind = ChangeKind.Created;
  timestamp = 0;
  sequence = 0;
  /** What balanceId() read. */
  accountId = 0;
  asset = '';
  #idAt = 0;
  #bodyAt = 0;
  #count = 0;
  #index = -1;

  /** Throws CodecError on what does not begin like a step. */
  begin(bytes: Uint8Array): void {
    const { reader } = this;
    this.entityType = 0;
    this.#index = -1;
    reader.begin(bytes);
    this.#count = reader.array() - 1;
    const version = this.#count >= 0 ? reader.int() : 0;
    if (version === SCHEMA_VERSION) return;
    reader.begin(upgradeStep(bytes, version));
    this.#count = reader.array() - 1;
    reader.int();
  }

  /** Goes to the next entry, in front of its body; false behind the last one. */
  next(): boolean {
    const { reader } = this;
    if (++this.#index >= this.#count) {
      reader.finish();
      return false;
    }
    this.entityType = 0;
    const length = reader.array();
    if (length !== 6) throw new CodecError(`an entry has 6 values, not ${length}`);
    this.entityType = reader.int() as EntityType;
    if (schemaOf(this.entityType) === undefined) throw new CodecError('no such entity type');
    this.#idAt = reader.position;
    this.hasTextId = reader.isString();
    if (!this.hasTextId) {
      this.id = reader.int();
    } else {
      this.id = -1;
      reader.skip();
    }
    const kind = reader.int();
    if (kind < ChangeKind.Created || kind > ChangeKind.Deleted) throw new CodecError(`no such change kind: ${kind}`);
    this.kind = kind as ChangeKind;
    this.timestamp = reader.int();
    this.sequence = reader.int();
    this.#bodyAt = reader.position;
    return true;
  }

  /** The entity's id where it is a string. */
  idText(): string {
    const { reader } = this;
    reader.seek(this.#idAt);
    const id = reader.string();
    reader.seek(this.#bodyAt);
    return id;
  }

  /** The entity's id where it is a balance's: `accountId` and `asset`. */
  balanceId(): void {
    const { reader } = this;
    reader.seek(this.#idAt);
    const length = reader.stringLength();
    const { bytes, position } = reader;
    let at = position;
    let accountId = 0;
    for (; at < position + length && bytes[at] !== DASH; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) throw new CodecError('a balance has no such id');
      accountId = accountId * 10 + digit;
    }
    if (at === position || at === position + length) throw new CodecError('a balance has no such id');
    this.accountId = accountId;
    reader.seek(at + 1);
    this.asset = reader.text(position + length - at - 1);
    reader.seek(this.#bodyAt);
  }

  /** The body of a Created, as an object. */
  row<E extends EntityType>(): Entities[E] {
    return readRow(this.reader, this.#schema()) as Entities[E];
  }

  /** The body of an Updated, as decodeStep() makes it. */
  changedFields(): ChangedFields {
    return readChanges(this.reader, this.#schema());
  }

  /** One value of the field in the body of an Updated; null where it says nil. */
  value(field: number): unknown {
    const known = this.#schema().fields[field];
    if (known === undefined) throw new CodecError(`no field ${field}: damaged, or written by a newer version`);
    return this.reader.nil() ? null : readValue(this.reader, known.kind);
  }

  /** Values in the body of an Updated: field, old and new, three for each. */
  changes(): number {
    const length = this.reader.array();
    if (length % 3 !== 0) throw new CodecError(`changed fields come in threes, not ${length} values`);
    return length;
  }

  /** Passes over the body. */
  skip(): void {
    this.reader.skip();
  }

  #schema(): EntitySchema {
    return schemaOf(this.entityType) as EntitySchema;
  }

  /** The error, which says which entry it is about. */
  located(error: unknown): unknown {
    return inEntry(this.#index, this.entityType, error);
  }
}
