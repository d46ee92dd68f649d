// Energy that parts of the processor used, from /sys/class/powercap.
//
// Source: Documentation/power/powercap/powercap.rst; microjoules.

import { metricNamePart, readNumber, readText } from '../fields.ts';
import { HostError, needList } from '../host.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'class/powercap';
const MICROJOULES = 1e6;

export const raplCollector: Collector = {
  name: 'rapl',
  collect(host, out) {
    const nextIndex = new Map<string, number>();
    for (const zone of needList(host.sys, DIRECTORY)) {
      if (!/^[a-z-]+(?::[0-9]+)+$/.test(zone)) continue;
      const full = readText(host.sys, `${DIRECTORY}/${zone}/name`);
      if (full === undefined || full === '') continue;
      const { name, index } = zoneName(full, nextIndex);
      const energy = readEnergy(host, zone);
      const labels = ['index', String(index), 'path', `${host.sysPath}/${DIRECTORY}/${zone}`];
      out.counter(`node_rapl_${metricNamePart(name)}_joules_total`, `Energy that ${name} used, in joules.`, energy / MICROJOULES, labels);
    }
  },
};

/** `package-1` says its number; equal names without one are counted. */
function zoneName(full: string, nextIndex: Map<string, number>): { readonly name: string; readonly index: number } {
  const match = /^(.*)-([0-9]{1,6})$/.exec(full);
  if (match !== null) return { name: match[1] ?? full, index: Number(match[2]) };
  const index = nextIndex.get(full) ?? 0;
  nextIndex.set(full, index + 1);
  return { name: full, index };
}

function readEnergy(host: Host, zone: string): number {
  const energy = readNumber(host.sys, `${DIRECTORY}/${zone}/energy_uj`);
  if (energy === undefined) throw new HostError(`${DIRECTORY}/${zone}/energy_uj: absent or unreadable`);
  return energy;
}
