// What `--help` prints: the flags, and every setting with its default.

import { settingsOf } from '../base/settings.ts';
import { environmentName, FLAGS, SETTINGS } from '../config.ts';

/** The help as text, for a terminal. */
export function helpText(): string {
  const flags = FLAGS.map(({ name, takes, about }) => `  ${`${name} ${takes}`.padEnd(22)} ${about}`);
  const settings = [...settingsOf(SETTINGS)]
    .filter(({ path }) => path[0] !== 'tenants')
    .map(({ path, setting }) => `  ${path.join('.').padEnd(32)} ${setting.about}${setting.default === '' ? '' : ` [${setting.default}]`}`);
  return [
    'Sightline: metrics, logs, traces and profiles in one program.',
    '',
    'Usage: sightline [flags]',
    '',
    ...flags,
    '',
    `Settings, for the file, for --set, and in the environment (server.otlpGrpc is ${environmentName(['server', 'otlpGrpc'])}):`,
    '',
    ...settings,
    '  tenants.<id>.limits.…            Limits of one tenant, named as those of limits.',
    '',
  ].join('\n');
}
