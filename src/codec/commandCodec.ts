// Commands to an account's writer and its replies, as they travel by request/reply between processes.
// A command is a msgpack map by field name, with its kind first; a reply carries orders as rows, like the log.
import type { AccountCommand, CommandReply } from '../domain/command.ts';
import { type EngineReason, engineReject } from '../domain/rejectReason.ts';
import type { SpotOrder } from '../domain/spotOrder.ts';
import { CodecError } from './codecError.ts';
import { MsgpackReader } from './msgpackReader.ts';
import { MsgpackWriter } from './msgpackWriter.ts';
import { readRow, writeRow } from './rows.ts';
import { balanceSchema, type EntitySchema, FieldKind, orderListSchema, orderSchema } from './schema.ts';
import { readFields, writeFields } from './shapes.ts';
import { readValue, writeValue } from './values.ts';

const { INT, BIG, STRING, BOOLEAN, INTS, NEW_ORDER, NEW_ORDERS } = FieldKind;

const base = { commandId: INT, accountId: INT } as const;
const onSymbol = { ...base, symbol: STRING } as const;
const orderRef = { orderId: INT, origClientOrderId: STRING } as const;
const transfer = { ...base, requestId: STRING, asset: STRING, units: BIG } as const;

/** Every field of every command: one that is missing here does not compile. */
type ShapeOf<Command> = Readonly<Record<Exclude<keyof Command, 'kind'>, FieldKind>>;
const shapes: { readonly [Kind in AccountCommand['kind']]: ShapeOf<Extract<AccountCommand, { kind: Kind }>> } = {
  PlaceOrder: { ...onSymbol, order: NEW_ORDER },
  PlaceOrderList: { ...onSymbol, contingencyType: INT, listClientOrderId: STRING, orders: NEW_ORDERS },
  CancelOrder: { ...onSymbol, ...orderRef, cancelClientOrderId: STRING, restriction: INT },
  CancelOrderList: { ...onSymbol, orderListId: INT, listClientOrderId: STRING, cancelClientOrderId: STRING },
  CancelAllOrders: onSymbol,
  CancelReplace: {
    ...onSymbol,
    ...orderRef,
    cancelClientOrderId: STRING,
    restriction: INT,
    allowFailure: BOOLEAN,
    order: NEW_ORDER,
  },
  AmendOrder: { ...onSymbol, ...orderRef, newLots: INT, newClientOrderId: STRING },
  Deposit: transfer,
  Withdraw: transfer,
};

const writer = new MsgpackWriter();
const reader = new MsgpackReader();

export function encodeCommand(command: AccountCommand): Uint8Array {
  return write(() => {
    const shape = shapes[command.kind];
    writer.map(Object.keys(shape).length + 1);
    writer.string('kind');
    writer.string(command.kind);
    writeFields(writer, shape, command);
  });
}

/** Throws CodecError on anything that is not a command. */
export function decodeCommand(bytes: Uint8Array): AccountCommand {
  reader.begin(bytes);
  const count = reader.map() - 1;
  if (count < 0 || reader.string() !== 'kind') throw new CodecError('a command starts with its kind');
  const kind = reader.string();
  if (!Object.hasOwn(shapes, kind)) throw new CodecError(`no such command: ${kind.slice(0, 40)}`);
  const fields = readFields(reader, shapes[kind as AccountCommand['kind']], count);
  reader.finish();
  return { kind, ...fields } as unknown as AccountCommand;
}

/** How one field of a reply travels. */
interface Part {
  write(value: unknown): void;
  read(): unknown;
}
const listOfInts: Part = { write: (value) => writeValue(writer, INTS, value), read: () => readValue(reader, INTS) };
const flag: Part = { write: (value) => writer.boolean(value), read: () => reader.boolean() };
const entityRow = (schema: EntitySchema): Part => ({
  write: (entity) => {
    writer.reserve(0);
    if (entity === null) writer.nil();
    else writeRow(writer, schema, entity as object);
  },
  read: () => (reader.nil() ? null : readRow(reader, schema)),
});
const order = entityRow(orderSchema);

type Reply<Ok> = Extract<CommandReply, { ok: Ok }>;
type PartsOf<R> = Readonly<Record<Exclude<keyof R, 'ok'>, Part>>;
const doneParts: PartsOf<Reply<true>> = {
  orders: {
    write: (orders) => {
      const rows = orders as readonly SpotOrder[];
      writer.array(rows.length);
      for (const row of rows) order.write(row);
    },
    read: () => Array.from({ length: reader.array() }, order.read),
  },
  list: entityRow(orderListSchema),
  requestedOrderIds: listOfInts,
  balance: entityRow(balanceSchema),
  duplicate: flag,
  closedOrderIds: listOfInts,
};
const refusedParts: PartsOf<Reply<false>> = {
  reason: { write: (reason) => writer.int((reason as EngineReason).code), read: readReason },
};
const doneRequired: readonly (keyof Reply<true>)[] = ['orders', 'list', 'requestedOrderIds'];
const refusedRequired: readonly (keyof Reply<false>)[] = ['reason'];

/** A map by field name, `ok` first; orders, list and balance as rows, the reason as its code. */
export function encodeReply(reply: CommandReply): Uint8Array {
  return write(() => {
    const fields = Object.entries(reply).filter(([name, value]) => name !== 'ok' && value !== undefined);
    const parts: Readonly<Record<string, Part>> = reply.ok ? doneParts : refusedParts;
    writer.map(fields.length + 1);
    writer.string('ok');
    writer.boolean(reply.ok);
    for (const [name, value] of fields) {
      if (!Object.hasOwn(parts, name)) throw new CodecError(`a reply has no field ${name}`);
      writer.string(name);
      parts[name]!.write(value);
    }
  });
}

/** Throws CodecError on anything that is not a reply. */
export function decodeReply(bytes: Uint8Array): CommandReply {
  reader.begin(bytes);
  const count = reader.map();
  if (count < 1 || reader.string() !== 'ok') throw new CodecError('a reply starts with ok');
  const ok = reader.boolean();
  const parts: Readonly<Record<string, Part>> = ok ? doneParts : refusedParts;
  const reply: Record<string, unknown> = { ok };
  for (let i = 1; i < count; i++) {
    const name = reader.string();
    if (!Object.hasOwn(parts, name)) throw new CodecError(`a reply has no field ${name.slice(0, 40)}`);
    reply[name] = parts[name]!.read();
  }
  reader.finish();
  for (const name of ok ? doneRequired : refusedRequired) {
    if (!Object.hasOwn(reply, name)) throw new CodecError(`a reply lacks its ${name}`);
  }
  return reply as unknown as CommandReply;
}

function readReason(): EngineReason {
  const code = reader.int();
  const reason = engineReject(code);
  if (reason === undefined) throw new CodecError(`no such refusal: ${code}`);
  return reason;
}

function write(body: () => void): Uint8Array {
  writer.begin();
  try {
    body();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return writer.finish();
}
