// Prints the reference of all settings: `node tools/settings.ts` writes `docs/settings.md` from `src/config.ts`.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsOf } from '../src/base/settings.ts';
import { environmentName, FLAGS, SETTINGS } from '../src/config.ts';

export const SETTINGS_PAGE = resolve(import.meta.dirname, '..', 'docs', 'settings.md');

const HEAD = `# Settings

Printed from \`src/config.ts\` by \`node tools/settings.ts\`; a test checks that it is up to date.

A setting comes from the YAML file that \`--config\` (or \`SIGHTLINE_CONFIG\`) names, over it from the environment, over both from flags. An unknown name is refused.
Durations are written as Prometheus does (\`30s\`, \`1d12h\`, \`0\`), sizes as \`512KiB\`, \`16MiB\`, addresses as \`127.0.0.1:3000\`, \`[::1]:3000\`, \`:3000\` (all addresses) or \`off\`.
SIGHUP and \`POST /-/reload\` read file and environment again. What is marked *live* applies at once; the answer names what needs a restart. A mistake changes nothing and is answered with 400.
`;

/** The page as Markdown. */
export function settingsPage(): string {
  const flags = FLAGS.map(({ name, takes, about }) => `| \`${`${name} ${takes}`.trim()}\` | ${about} |`);
  const settings = [...settingsOf(SETTINGS)]
    .filter(({ path }) => path[0] !== 'tenants')
    .map(({ path, setting }) => {
      const kind = setting.bounds === '' ? setting.type : `${setting.type}, ${setting.bounds}`;
      const standard = setting.default === '' ? '' : `\`${setting.default}\``;
      return `| \`${path.join('.')}\` | \`${environmentName(path)}\` | ${kind} | ${standard} | ${setting.live ? 'live' : ''} | ${setting.about} |`;
    });
  return [
    HEAD,
    '## Flags\n',
    '| flag | |',
    '|---|---|',
    ...flags,
    '\n## All settings\n',
    '| setting | environment | type | default | reload | |',
    '|---|---|---|---|---|---|',
    ...settings,
    `\n## Limits of one tenant\n`,
    'What stands under `limits` may stand under `tenants.<id>.limits` too, in the file or as `--set tenants.<id>.limits.query.timeout=30s`; what does not is taken from `limits`.',
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(SETTINGS_PAGE, settingsPage());
