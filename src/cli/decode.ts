// `sedax decode`: steps of the log on stdin, in msgpack, to JSON lines, one an entry. The log is readable without a running
// exchange: `nats stream get markets-0 17 --json | jq -r .data | sedax decode --base64`.
import { CodecError } from '../codec/codecError.ts';
import { decodeStep } from '../codec/stepCodec.ts';
import type { CliArgs, CliIo } from './command.ts';
import { entryLine } from './entryLine.ts';

/** A message of the log is never longer. */
const STEP_BYTES_MAX = 256 * 2 ** 20;

export async function decode(args: CliArgs, io: CliIo): Promise<number> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > STEP_BYTES_MAX) {
      io.complain(`decode: more than ${STEP_BYTES_MAX} bytes on stdin`);
      return 2;
    }
  }
  if (bytes === 0) {
    io.complain('decode: nothing on stdin');
    return 2;
  }
  const input = Buffer.concat(chunks);
  const steps = args.options.base64 === true ? base64Lines(input.toString('latin1')) : [input];
  let failed = 0;
  for (const [i, step] of steps.entries()) {
    try {
      io.write(
        decodeStep(step)
          .map((entry) => entryLine(entry, undefined, args.options.brief === true))
          .join(''),
      );
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      failed++;
      io.complain(`decode: step ${i + 1}: ${error.message}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

/** One step a line; what is no base64 becomes bytes that are no step, and is named as such. */
function base64Lines(text: string): Buffer[] {
  return text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'base64'));
}
