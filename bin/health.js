#!/usr/bin/env node
// For HEALTHCHECK: 0 when the process beside this one says that it is well.
const port = process.env.SEDAX_HTTP_PORT ?? '3001';
const scheme = process.env.SEDAX_HTTP_TLS_CERT_FILE ? 'https' : 'http';
try {
  const response = await fetch(`${scheme}://127.0.0.1:${port}/api/spot/health`, { signal: AbortSignal.timeout(2500) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
