// `sedax secrets new-key`: a new first key in the file of the secrets keys. It seals from the next rotation on; the older ones
// stay to open what they sealed.
import type { Config } from '../config/schema.ts';
import { SecretBoxError } from '../ports/secretBox.ts';
import { addKey, readKeyFile } from '../secrets/keyFile.ts';
import { keyFileOf } from '../secrets/secretSettings.ts';
import { type CliIo, UsageError } from './command.ts';

export async function newSecretsKey(config: Config, io: CliIo): Promise<number> {
  const file = keyFileOf(config.secrets, io.env);
  if (file === undefined) throw new UsageError('the keys are given by secrets.key (SEDAX_SECRETS_KEY): put the new one first there');
  try {
    const { id } = addKey(file);
    io.write(`key ${id} is the first of ${readKeyFile(file).length} in ${file}\n`);
    io.write('POST /admin/v1/secrets/rotate seals every secret with it; bring the file to every process first\n');
    return 0;
  } catch (error) {
    if (!(error instanceof SecretBoxError)) throw error;
    io.complain(`sedax secrets new-key: ${error.message}`);
    return 1;
  }
}
