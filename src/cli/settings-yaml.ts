// All settings in force as YAML: what `/api/v1/status/config` shows.

import { stringify } from 'yaml';
import { settingsInForce, type Config } from '../config.ts';

/** The settings as a file could hold them, secrets hidden. */
export function settingsYaml(config: Config): string {
  const root: Record<string, unknown> = {};
  for (const [path, value] of settingsInForce(config)) if (value !== '') place(root, path.split('.'), value);
  return stringify(root);
}

function place(at: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    at[name] = value;
    return;
  }
  const below: Record<string, unknown> = {};
  const known = at[name];
  if (typeof known === 'object' && known !== null) Object.assign(below, known);
  at[name] = below;
  place(below, rest, value);
}
