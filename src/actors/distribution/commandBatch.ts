// Commands and their answers as they travel between an edge and an account's writer: several in one message.
import { CodecError } from '../../codec/codecError.ts';
import { decodeCommand, decodeReply, encodeCommand, encodeReply } from '../../codec/commandCodec.ts';
import { decodeSnapshot, encodeSnapshot } from '../../codec/snapshotCodec.ts';
import type { DeferredReply } from '../../domain/account/account.ts';
import type { AccountCommand, CommandReply } from '../../domain/command.ts';
import type { AccountAnswer } from '../settlement/accountBehaviour.ts';

export interface CommandBatch {
  /** Position of the admin log the edge has read: the writer must know what the edge knows. */
  readonly registryPosition: number;
  readonly commands: readonly AccountCommand[];
}

export function encodeCommands({ registryPosition, commands }: CommandBatch): Uint8Array {
  return encodeSnapshot([registryPosition, commands.map(encodeCommand)]);
}

/** Throws CodecError on anything else. */
export function decodeCommands(bytes: Uint8Array): CommandBatch {
  const [registryPosition, commands] = pair(decodeSnapshot(bytes));
  if (typeof registryPosition !== 'number' || !Array.isArray(commands)) throw new CodecError('not a batch of commands');
  return { registryPosition, commands: commands.map((command: unknown) => decodeCommand(asBytes(command))) };
}

export function encodeAnswers(answers: readonly AccountAnswer[]): Uint8Array {
  return encodeSnapshot(
    answers.map((answer) =>
      'ok' in answer
        ? encodeReply(bare(answer))
        : [answer.commandId, { ...answer.cancel }, answer.place === null ? null : encodeReply(bare(answer.place))],
    ),
  );
}

/**
 * Without the orders: an edge tells its client what the market log says of them, so their rows need not travel. The answer to
 * a repeated command keeps them: from it alone the edge learns what the first attempt placed.
 */
function bare(reply: CommandReply): CommandReply {
  return reply.ok && reply.duplicate !== true ? { ...reply, orders: [], list: null } : reply;
}

/** Throws CodecError on anything else. */
export function decodeAnswers(bytes: Uint8Array): readonly AccountAnswer[] {
  const answers = decodeSnapshot(bytes);
  if (!Array.isArray(answers)) throw new CodecError('not a batch of answers');
  return answers.map((answer: unknown) => {
    if (!Array.isArray(answer)) return decodeReply(asBytes(answer));
    const [commandId, cancel, place] = answer as [number, DeferredReply['cancel'], unknown];
    return { commandId, cancel, place: place === null ? null : decodeReply(asBytes(place)) } as AccountAnswer;
  });
}

function pair(value: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) throw new CodecError('not a batch of commands');
  return value as [unknown, unknown];
}

function asBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new CodecError('not bytes');
  return value;
}
