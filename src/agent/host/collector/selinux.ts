// SELinux: whether it is on, and its mode.

import { parseNumber, readNumber } from '../fields.ts';
import type { Collector, Host } from '../host.ts';

const MODES: Readonly<Record<string, number>> = { enforcing: 1, permissive: 0 };

export const selinuxCollector: Collector = {
  name: 'selinux',
  collect(host, out) {
    const current = readNumber(host.sys, 'fs/selinux/enforce');
    const enabled = current !== undefined;
    out.gauge('node_selinux_enabled', 'Whether SELinux is on: 1 or 0.', enabled ? 1 : 0);
    if (!enabled) return;
    out.gauge('node_selinux_config_mode', 'The configured mode of SELinux: 1 enforcing, 0 permissive, -1 off.', configured(host));
    out.gauge('node_selinux_current_mode', 'The present mode of SELinux: 1 enforcing, 0 permissive.', parseNumber(String(current)));
  },
};

function configured(host: Host): number {
  const line = /^\s*SELINUX=(\w+)/m.exec(host.root.read('etc/selinux/config') ?? '');
  return MODES[line?.[1] ?? ''] ?? -1;
}
