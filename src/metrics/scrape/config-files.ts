// Configurations of Prometheus on disk: what reading them needs of the file system, and a whole one by its name.

import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { RequestError } from '../../base/request-error.ts';
import type { ConfigFiles, PrometheusConfig } from './prometheus-config.ts';
import { parsePrometheusConfig } from './prometheus-config.ts';

/** Files as they are on disk. */
export const diskFiles: Omit<ConfigFiles, 'directory'> = {
  read: (file) => readFileSync(file, 'utf8'),
  glob: (pattern) => globSync(pattern).toSorted(),
};

/** Reads a configuration file and all that it names. Throws `bad_data` in Prometheus's words: what a check of a file prints. */
export function loadPrometheusConfig(file: string, environment: Readonly<Record<string, string | undefined>> = {}): PrometheusConfig {
  try {
    return parsePrometheusConfig(diskFiles.read(file), { ...diskFiles, directory: dirname(resolve(file)) }, environment);
  } catch (cause) {
    throw new RequestError('bad_data', `parsing YAML file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
