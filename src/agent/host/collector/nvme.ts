// NVMe controllers and their namespaces from /sys/class/nvme.

import { readNumber, readText } from '../fields.ts';
import { needList } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const DIRECTORY = 'class/nvme';
const SECTOR_BYTES = 512;
const INFO: readonly (readonly [label: string, file: string])[] = [
  ['firmware_revision', 'firmware_rev'],
  ['model', 'model'],
  ['serial', 'serial'],
  ['state', 'state'],
  ['cntlid', 'cntlid'],
];

export const nvmeCollector: Collector = {
  name: 'nvme',
  collect(host, out) {
    for (const device of needList(host.sys, DIRECTORY)) {
      const info = INFO.flatMap(([label, file]) => [label, readText(host.sys, `${DIRECTORY}/${device}/${file}`) ?? '']);
      out.gauge('node_nvme_info', 'Names of the NVMe controller; the value is always 1.', 1, ['device', device, ...info]);
      for (const entry of host.sys.list(`${DIRECTORY}/${device}`) ?? []) {
        const namespace = /^nvme[0-9]+(?:c[0-9]+)?n([0-9]+)$/.exec(entry)?.[1];
        if (namespace !== undefined) collectNamespace(host, out, `${DIRECTORY}/${device}/${entry}`, ['device', device, 'nsid', namespace]);
      }
    }
  },
};

function collectNamespace(host: Host, out: Families, directory: string, labels: readonly string[]): void {
  const state = readText(host.sys, `${directory}/ana_state`) ?? 'unknown';
  out.gauge('node_nvme_namespace_info', 'State of the NVMe namespace; the value is always 1.', 1, [...labels, 'ana_state', state]);
  const blockBytes = readNumber(host.sys, `${directory}/queue/logical_block_size`);
  const sectors = readNumber(host.sys, `${directory}/size`);
  const usedBlocks = readNumber(host.sys, `${directory}/nuse`);
  out.gauge('node_nvme_namespace_logical_block_size_bytes', 'Size of a block of the namespace, in bytes.', blockBytes, labels);
  if (sectors !== undefined)
    out.gauge('node_nvme_namespace_capacity_bytes', 'Capacity of the namespace, in bytes.', sectors * SECTOR_BYTES, labels);
  if (usedBlocks !== undefined && blockBytes !== undefined) {
    out.gauge('node_nvme_namespace_used_bytes', 'Bytes of the namespace that are allocated.', usedBlocks * blockBytes, labels);
  }
}
