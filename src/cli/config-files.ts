// The files that a Prometheus configuration names, as its parser asks for them.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, matchesGlob } from 'node:path';
import type { ConfigFiles } from '../metrics/scrape/prometheus-config.ts';

/** Reads from the real file system. */
export const configFiles: Omit<ConfigFiles, 'directory'> = {
  read: (file) => readFileSync(file, 'utf8'),
  glob,
};

/** Files that a pattern with `*` in its last part names, sorted; a folder that is not there has none. */
function glob(pattern: string): readonly string[] {
  const folder = dirname(pattern);
  try {
    const names = readdirSync(folder).filter((name) => matchesGlob(name, basename(pattern)));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}
