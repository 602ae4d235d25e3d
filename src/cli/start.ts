// `sedax start`: the exchange in this process, until SIGINT or SIGTERM, or until it cannot go on.
import { performance } from 'node:perf_hooks';
import { parseRoles, servesClients } from '../actors/roles.ts';
import { adminTokenFile } from '../adminToken.ts';
import { type App, startApp } from '../app.ts';
import type { Config } from '../config/schema.ts';
import { demoFile } from '../demo.ts';
import { makeLogger } from '../support/logger.ts';

/** A second signal, or this long after the first, ends the process without waiting. */
const STOP_TIMEOUT_MS = 30_000;

/** Resolves with the exit code. */
export function start(config: Config, print: (line: string) => void): Promise<number> {
  const logger = makeLogger(config.log);
  return new Promise((resolve) => {
    const begun = performance.now();
    let app: App | undefined;
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) {
        print(`${signal} again: ending at once; what was acknowledged is in the journal`);
        resolve(130);
        return;
      }
      stopping = true;
      print(`${signal}: stopping: no new requests, finishing what is in flight`);
      const timeout = setTimeout(() => {
        print('stopping took too long: ending; what was acknowledged is in the journal');
        resolve(1);
      }, STOP_TIMEOUT_MS);
      (app?.stop() ?? Promise.resolve()).then(
        () => {
          clearTimeout(timeout);
          print('stopped');
          resolve(0);
        },
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed; what was acknowledged is in the journal');
          resolve(1);
        },
      );
    };
    process.on('SIGINT', () => stop('SIGINT'));
    process.on('SIGTERM', () => stop('SIGTERM'));
    startApp({
      config,
      logger,
      onStarted: (stage, facts) => print(`  ${stage.padEnd(11)} ${facts}`),
      onFatal: (stage, error) => {
        print(`sedax cannot go on: ${stage}: ${error.message}`);
        print('What was acknowledged is in the journal; start again, and see `sedax verify` when it fails again.');
        resolve(1);
      },
    }).then(
      (started) => {
        app = started;
        if (stopping) return;
        greet(started, config, Math.round(performance.now() - begun), print);
      },
      (error: unknown) => {
        print(`sedax could not start: ${(error as Error).message}`);
        logger.debug({ err: error }, 'start failed');
        resolve(1);
      },
    );
  });
}

function greet(app: App, config: Config, tookMs: number, print: (line: string) => void): void {
  print(`sedax is ready at ${app.url} after ${tookMs} ms`);
  // What serves no clients has no page to look at.
  if (config.http.docs && servesClients(parseRoles(config.roles))) print(`  API         ${app.url}/docs`);
  if (config.admin.token === '' && app.adminToken !== '') print(`  admin token ${adminTokenFile(config.dataDir)}`);
  if (app.demoKeys.length === 0) return;
  print(`  demo keys   ${demoFile(config.dataDir)} (SEDAX_DEMO_ENABLED=false switches them off)`);
  for (const { name, accountId, apiKey, secret } of app.demoKeys)
    print(`  ${name.padEnd(11)} account ${accountId}  apiKey ${apiKey}  secret ${secret}`);
}
