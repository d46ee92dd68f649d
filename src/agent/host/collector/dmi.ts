// Names of the machine's board, chassis and firmware from /sys/class/dmi/id. They cannot change while it runs, so they are read once.

import { readText } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Collector, Host } from '../host.ts';

const FIELDS = [
  'bios_date',
  'bios_release',
  'bios_vendor',
  'bios_version',
  'board_asset_tag',
  'board_name',
  'board_serial',
  'board_vendor',
  'board_version',
  'chassis_asset_tag',
  'chassis_serial',
  'chassis_vendor',
  'chassis_version',
  'product_family',
  'product_name',
  'product_serial',
  'product_sku',
  'product_uuid',
  'product_version',
  'sys_vendor',
] as const;

export function dmiCollector(): Collector {
  let labels: readonly string[] | undefined;
  return {
    name: 'dmi',
    collect(host, out) {
      labels ??= readLabels(host);
      if (labels.length === 0) throw new HostError('class/dmi/id: no such directory');
      out.gauge('node_dmi_info', 'Names of the hardware from its Desktop Management Interface; the value is always 1.', 1, labels);
    },
  };
}

/** Only what can be read: serial numbers are for root alone, and an absent file gives no label. */
function readLabels(host: Host): readonly string[] {
  if (host.sys.list('class/dmi/id') === undefined) return [];
  return FIELDS.flatMap((field) => {
    const value = readText(host.sys, `class/dmi/id/${field}`);
    return value === undefined ? [] : [field === 'sys_vendor' ? 'system_vendor' : field, value];
  });
}
