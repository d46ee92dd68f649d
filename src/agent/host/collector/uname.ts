// What uname says of the machine, as labels. All of it but the machine's type stands in /proc/sys/kernel.

import { readText } from '../fields.ts';
import { HostError } from '../host.ts';
import type { Collector } from '../host.ts';

const FIELDS: readonly (readonly [label: string, file: string])[] = [
  ['sysname', 'ostype'],
  ['release', 'osrelease'],
  ['version', 'version'],
  ['nodename', 'hostname'],
  ['domainname', 'domainname'],
];

export const unameCollector: Collector = {
  name: 'uname',
  collect(host, out) {
    const labels = ['machine', host.machine];
    for (const [label, file] of FIELDS) labels.push(label, readText(host.proc, `sys/kernel/${file}`) ?? '');
    if (labels.includes('')) throw new HostError('sys/kernel: a name of the system is missing');
    out.gauge('node_uname_info', 'Names of the system as uname gives them; the value is always 1.', 1, labels);
  },
};
