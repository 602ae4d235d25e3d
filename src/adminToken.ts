// The operator's token: as configured, or made on the first embedded start and kept in the data folder, mode 0600.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config/schema.ts';
import { writeFileDurably } from './support/durableFile.ts';

export function adminTokenFile(dataDir: string): string {
  return join(dataDir, 'admin-token');
}

export async function ensureAdminToken(config: Config): Promise<string> {
  if (config.admin.token !== '' || config.mode !== 'embedded') return config.admin.token;
  const file = adminTokenFile(config.dataDir);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const token = randomBytes(24).toString('hex');
  await writeFileDurably(file, `${token}\n`, 0o600);
  return token;
}
