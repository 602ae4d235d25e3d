// The symbols a venue starts with: config/instruments.json, or the operator's own file of the same form.
import { readFileSync } from 'node:fs';
import type { Instrument } from '../domain/instrument.ts';
import { ConfigError, PACKAGE_DIR } from './config.ts';
import { parseInstruments } from './instrumentText.ts';

export function readInstruments(file: string): readonly Instrument[] {
  const path = file === '' ? `${PACKAGE_DIR}config/instruments.json` : file;
  try {
    return parseInstruments(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}
