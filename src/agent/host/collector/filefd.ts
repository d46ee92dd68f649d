// File descriptors of the whole machine from /proc/sys/fs/file-nr.

import { columns, number } from '../fields.ts';
import { need } from '../host.ts';
import type { Collector } from '../host.ts';

export const filefdCollector: Collector = {
  name: 'filefd',
  collect(host, out) {
    const [allocated, , maximum] = columns(need(host.proc, 'sys/fs/file-nr'));
    out.gauge('node_filefd_allocated', 'File descriptors that are allocated.', number(allocated, 'sys/fs/file-nr'));
    out.gauge('node_filefd_maximum', 'File descriptors that may be allocated.', number(maximum, 'sys/fs/file-nr'));
  },
};
