// Software RAID from /proc/mdstat.
//
//   md0 : active raid1 sdb1[1] sda1[0]
//         1000 blocks super 1.2 [2/1] [U_]
//         [==>..]  recovery = 12.6% (126/1000) finish=127.5min speed=33440K/sec

import { columns, number } from '../fields.ts';
import { HostError, need } from '../host.ts';
import type { Families } from '../families.ts';
import type { Collector } from '../host.ts';

type State = 'active' | 'inactive' | 'recovering' | 'resync' | 'check' | 'reshape';

interface Array {
  readonly device: string;
  readonly state: State;
  readonly disks: number;
  readonly active: number;
  readonly failed: number;
  readonly spare: number;
  readonly blocks: number;
  readonly synced: number;
}

export const mdadmCollector: Collector = {
  name: 'mdadm',
  collect(host, out) {
    for (const array of parseMdstat(need(host.proc, 'mdstat'))) write(out, array);
  },
};

function parseMdstat(text: string): readonly Array[] {
  const rows = text.split('\n');
  const arrays: Array[] = [];
  rows.forEach((row, i) => {
    if (row.trim() === '' || /^(?:\s|Personalities|unused)/.test(row)) return;
    const rest: string[] = [];
    for (let at = i + 1; at < rows.length && /^\s+\S/.test(rows[at] ?? ''); at++) rest.push(rows[at] ?? '');
    arrays.push(parseArray(row, rest));
  });
  return arrays;
}

function parseArray(head: string, rest: readonly string[]): Array {
  const [device = '', colon, activity] = columns(head);
  const status = rest[0];
  if (colon !== ':' || (activity !== 'active' && activity !== 'inactive') || status === undefined) {
    throw new HostError(`mdstat: malformed line ${JSON.stringify(head)}`);
  }
  const blocks = number(columns(status)[0], `mdstat: ${device}`);
  const counts = /\[([0-9]{1,9})\/([0-9]{1,9})\] \[[U_]+\]/.exec(status);
  const members = [...head.matchAll(/\[[0-9]+\]/g)].length;
  // Arrays without redundancy show no counts: all of their members are needed and in use.
  const whole = counts === null ? (activity === 'active' ? members : 0) : undefined;
  const progress = rest.find((line) => /(?:recovery|resync|check|reshape)\s*=/.test(line));
  return {
    device,
    state: progress === undefined ? activity : stateOf(progress),
    disks: whole ?? Number(counts?.[1]),
    active: whole ?? Number(counts?.[2]),
    failed: head.split('(F)').length - 1,
    spare: head.split('(S)').length - 1,
    blocks,
    synced: progress === undefined ? blocks : syncedOf(progress),
  };
}

function stateOf(progress: string): State {
  if (progress.includes('recovery')) return 'recovering';
  if (progress.includes('reshape')) return 'reshape';
  return progress.includes('check') ? 'check' : 'resync';
}

/** `(126/1000)` → 126; nothing is synced while it is pending or delayed. */
function syncedOf(progress: string): number {
  const blocks = /\(([0-9]{1,15})\/[0-9]{1,15}\)/.exec(progress)?.[1];
  if (blocks === undefined && !/PENDING|DELAYED|REMOTE/.test(progress))
    throw new HostError(`mdstat: malformed line ${JSON.stringify(progress)}`);
  return Number(blocks ?? 0);
}

const STATES: readonly (readonly [label: string, state: State])[] = [
  ['active', 'active'],
  ['inactive', 'inactive'],
  ['recovering', 'recovering'],
  ['resync', 'resync'],
  ['check', 'check'],
  ['reshape', 'reshape'],
];

function write(out: Families, array: Array): void {
  const labels = ['device', array.device];
  for (const [label, state] of STATES) {
    out.gauge('node_md_state', 'Whether the array is in this state: 1 or 0.', array.state === state ? 1 : 0, [...labels, 'state', label]);
  }
  const disksHelp = 'Disks of the array by their state.';
  out.gauge('node_md_disks', disksHelp, array.active, [...labels, 'state', 'active']);
  out.gauge('node_md_disks', disksHelp, array.failed, [...labels, 'state', 'failed']);
  out.gauge('node_md_disks', disksHelp, array.spare, [...labels, 'state', 'spare']);
  out.gauge('node_md_disks_required', 'Disks that the array needs.', array.disks, labels);
  out.gauge('node_md_blocks', 'Blocks of the array.', array.blocks, labels);
  out.gauge('node_md_blocks_synced', 'Blocks of the array that are in sync.', array.synced, labels);
}
