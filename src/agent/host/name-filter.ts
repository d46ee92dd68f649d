// Which devices, mount points and file system types are left out: node_exporter's default patterns, or the user's.

import { RE2JS, RE2JSException } from 're2js';
import { RequestError } from '../../base/request-error.ts';
import type { HostFilters } from './host.ts';

/** Patterns in RE2 syntax, as node_exporter's flags of the same meaning take them. */
export interface HostPatterns {
  readonly mountPointsExclude: string;
  readonly fsTypesExclude: string;
  readonly disksExclude: string;
  readonly networkDevicesExclude: string;
}

export const DEFAULT_PATTERNS: HostPatterns = {
  mountPointsExclude: '^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)',
  fsTypesExclude:
    '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|erofs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|' +
    'pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$',
  disksExclude: String.raw`^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`,
  networkDevicesExclude: '^lo$',
};

/** Names that a filter remembers its answer for. Containers come and go, and their names with them. */
const ANSWERS_MAX = 4096;

/** Throws `bad_data` that names the pattern. An empty pattern leaves nothing out. */
export function hostFilters(patterns: HostPatterns): HostFilters {
  return {
    mountPointsExclude: nameFilter(patterns.mountPointsExclude),
    fsTypesExclude: nameFilter(patterns.fsTypesExclude),
    disksExclude: nameFilter(patterns.disksExclude),
    networkDevicesExclude: nameFilter(patterns.networkDevicesExclude),
  };
}

function nameFilter(pattern: string): (name: string) => boolean {
  if (pattern === '') return () => false;
  const compiled = compile(pattern);
  const answers = new Map<string, boolean>();
  return (name) => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = compiled.test(name);
    if (answers.size >= ANSWERS_MAX) answers.clear();
    answers.set(name, answer);
    return answer;
  };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    throw new RequestError('bad_data', `cannot understand the pattern ${JSON.stringify(pattern)}: ${cause.message}`, { cause });
  }
}
