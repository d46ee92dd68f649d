// Bonded network devices: how many links they have, and how many of them are up.

import { columns, readText } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector, Host } from '../host.ts';

export const bondingCollector: Collector = {
  name: 'bonding',
  collect(host, out) {
    for (const master of columns(need(host.sys, 'class/net/bonding_masters'))) {
      const slaves = columns(host.sys.read(`class/net/${master}/bonding/slaves`) ?? '');
      const up = slaves.filter((slave) => linkState(host, master, slave) === 'up');
      out.gauge('node_bonding_slaves', 'Links that are configured for the bond.', slaves.length, ['master', master]);
      out.gauge('node_bonding_active', 'Links of the bond that are up.', up.length, ['master', master]);
    }
  },
};

/** Older kernels link a slave under another name. */
function linkState(host: Host, master: string, slave: string): string | undefined {
  const state = readText(host.sys, `class/net/${master}/lower_${slave}/bonding_slave/mii_status`);
  return state ?? readText(host.sys, `class/net/${master}/slave_${slave}/bonding_slave/mii_status`);
}
