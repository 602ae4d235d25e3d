import type { FuzzTarget } from '../fuzzTarget.ts';
import { commandTarget, replyTarget, snapshotTarget, stepTarget } from './codecs.ts';
import { adminTarget, binanceTarget, nativeTarget } from './http.ts';
import { headTarget, metaTarget, recordTarget } from './journal.ts';
import { configEnvTarget, configFileTarget, instrumentsTarget } from './settings.ts';
import { controlTarget, nativeFrameTarget, streamUrlTarget, wsApiTarget } from './sockets.ts';

/** Every parser of what comes from outside the process. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  stepTarget,
  commandTarget,
  replyTarget,
  snapshotTarget,
  recordTarget,
  headTarget,
  metaTarget,
  configFileTarget,
  configEnvTarget,
  instrumentsTarget,
  controlTarget,
  streamUrlTarget,
  nativeFrameTarget,
  wsApiTarget,
  nativeTarget,
  adminTarget,
  binanceTarget,
];
