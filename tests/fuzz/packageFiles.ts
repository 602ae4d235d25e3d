// The sources are compiled into a folder of their own, where what they read of the package is not: it is copied there. First import of main.ts.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiled = fileURLToPath(new URL('../../', import.meta.url));
for (const name of ['docs', 'config', 'package.json']) {
  if (existsSync(join(process.cwd(), name)) && join(process.cwd(), '/') !== compiled)
    cpSync(join(process.cwd(), name), join(compiled, name), { recursive: true });
}
