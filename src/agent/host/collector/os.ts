// The operating system's release from /etc/os-release, read again only when the file changes.
//
// Source: os-release(5).

import { parseNumber } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Collector, Host } from '../host.ts';

const FILES = ['etc/os-release', 'usr/lib/os-release'];

const LABELS = [
  'build_id',
  'id',
  'id_like',
  'image_id',
  'image_version',
  'name',
  'pretty_name',
  'variant',
  'variant_id',
  'version',
  'version_codename',
  'version_id',
] as const;

interface Release {
  readonly file: string;
  readonly modifiedMs: number | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

export function osCollector(): Collector {
  let release: Release | undefined;
  return {
    name: 'os',
    collect(host, out) {
      if (release === undefined || host.root.modifiedMs(release.file) !== release.modifiedMs) release = readRelease(host);
      const { fields } = release;
      const of = (label: string): string => fields.get(label.toUpperCase()) ?? '';
      const info = LABELS.flatMap((label) => [label, of(label)]);
      out.gauge('node_os_info', 'Names of the operating system; the value is always 1.', 1, info);
      const version = parseNumber(/^[0-9]+(?:\.[0-9]+)?/.exec(of('version_id'))?.[0]);
      const labels = ['id', of('id'), 'id_like', of('id_like'), 'name', of('name')];
      if (version !== undefined && version > 0) {
        out.gauge('node_os_version', 'First two parts of the version of the operating system.', version, labels);
      }
      const end = Date.parse(of('support_end'));
      if (!Number.isNaN(end)) {
        out.gauge('node_os_support_end_timestamp_seconds', 'When the support of the operating system ends, in Unix time.', end / 1000);
      }
    },
  };
}

function readRelease(host: Host): Release {
  for (const file of FILES) {
    const text = host.root.read(file);
    if (text !== undefined) return { file, modifiedMs: host.root.modifiedMs(file), fields: parseRelease(text) };
  }
  throw new HostError('etc/os-release: absent or unreadable');
}

/** Shell assignments: `NAME=value`, the value bare or in quotes, where a backslash makes the next character plain. */
function parseRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const [, name = '', raw = ''] = match;
    const quote = raw[0];
    const bare = raw.length >= 2 && (quote === '"' || quote === "'") && raw.endsWith(quote) ? raw.slice(1, -1) : raw;
    fields.set(name, quote === "'" ? bare : bare.replace(/\\(.)/g, '$1'));
  }
  return fields;
}
