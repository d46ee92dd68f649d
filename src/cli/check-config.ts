// `sightline check-config FILE…`: says of each Prometheus configuration file whether it is understood, as `promtool check config` does.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { RequestError } from '../base/request-error.ts';
import { parsePrometheusConfig } from '../metrics/scrape/prometheus-config.ts';
import { configFiles } from './config-files.ts';

/** Prints `FILE: ok` or `FILE: the mistake` for each; gives the exit code, 1 when any has a mistake. */
export function checkConfigFiles(files: readonly string[]): number {
  let code = 0;
  for (const file of files) {
    const mistake = mistakeOf(file);
    if (mistake !== undefined) code = 1;
    process.stdout.write(`${file}: ${mistake ?? 'ok'}\n`);
  }
  return code;
}

/** The mistake in one line, or undefined for a good file. */
function mistakeOf(file: string): string | undefined {
  try {
    parsePrometheusConfig(readFileSync(file, 'utf8'), {
      directory: dirname(resolve(file)),
      ...configFiles,
    });
    return undefined;
  } catch (error) {
    if (error instanceof RequestError || (error instanceof Error && 'syscall' in error)) return error.message.replaceAll('\n', ' ');
    throw error;
  }
}
