// XFS statistics per device from /sys/fs/xfs/<device>/stats/stats.
//
// Source: xfs.org, "Runtime Stats"; a line is a name and its counters.

import { columns, lines, parseNumber } from '../fields.ts';
import type { Collector } from '../host.ts';

const DIRECTORY = 'fs/xfs';

const METRICS: Readonly<Record<string, readonly (readonly [name: string, help: string])[]>> = {
  extent_alloc: [
    ['extent_allocation_extents_allocated_total', 'Extents allocated.'],
    ['extent_allocation_blocks_allocated_total', 'Blocks allocated.'],
    ['extent_allocation_extents_freed_total', 'Extents freed.'],
    ['extent_allocation_blocks_freed_total', 'Blocks freed.'],
  ],
  abt: [
    ['allocation_btree_lookups_total', 'Lookups in the allocation trees.'],
    ['allocation_btree_compares_total', 'Comparisons in the allocation trees.'],
    ['allocation_btree_records_inserted_total', 'Records inserted in the allocation trees.'],
    ['allocation_btree_records_deleted_total', 'Records deleted from the allocation trees.'],
  ],
  blk_map: [
    ['block_mapping_reads_total', 'Block mappings for reading.'],
    ['block_mapping_writes_total', 'Block mappings for writing.'],
    ['block_mapping_unmaps_total', 'Block mappings removed.'],
    ['block_mapping_extent_list_insertions_total', 'Insertions in extent lists.'],
    ['block_mapping_extent_list_deletions_total', 'Deletions from extent lists.'],
    ['block_mapping_extent_list_lookups_total', 'Lookups in extent lists.'],
    ['block_mapping_extent_list_compares_total', 'Comparisons in extent lists.'],
  ],
  bmbt: [
    ['block_map_btree_lookups_total', 'Lookups in the block map tree.'],
    ['block_map_btree_compares_total', 'Comparisons in the block map tree.'],
    ['block_map_btree_records_inserted_total', 'Records inserted in the block map tree.'],
    ['block_map_btree_records_deleted_total', 'Records deleted from the block map tree.'],
  ],
  dir: [
    ['directory_operation_lookup_total', 'Directory lookups that missed the name cache.'],
    ['directory_operation_create_total', 'Directory entries created.'],
    ['directory_operation_remove_total', 'Directory entries removed.'],
    ['directory_operation_getdents_total', 'Directory listings.'],
  ],
  // The kernel counts in the order active, allocate, get, hold, release, reclaim, remove, free.
  vnodes: [
    ['vnode_active_total', 'Vnodes that are not on a free list.'],
    ['vnode_allocate_total', 'Vnodes allocated.'],
    ['vnode_get_total', 'Vnodes got.'],
    ['vnode_hold_total', 'Vnodes held.'],
    ['vnode_release_total', 'Vnodes released.'],
    ['vnode_reclaim_total', 'Vnodes reclaimed.'],
    ['vnode_remove_total', 'Vnodes removed.'],
  ],
  // The kernel writes the calls in the order write, read.
  rw: [
    ['write_calls_total', 'Write calls on files.'],
    ['read_calls_total', 'Read calls on files.'],
  ],
  ig: [
    ['inode_operation_attempts_total', 'Lookups of an inode in its cache.'],
    ['inode_operation_found_total', 'Lookups that found the inode in its cache.'],
    ['inode_operation_recycled_total', 'Lookups that found the inode while it was being recycled.'],
    ['inode_operation_missed_total', 'Lookups that did not find the inode in its cache.'],
    ['inode_operation_duplicates_total', 'Inodes that somebody else added to the cache meanwhile.'],
    ['inode_operation_reclaims_total', 'Inodes reclaimed from the cache.'],
    ['inode_operation_attribute_changes_total', 'Changes of inode attributes.'],
  ],
};

export const xfsCollector: Collector = {
  name: 'xfs',
  collect(host, out) {
    for (const device of host.sys.list(DIRECTORY) ?? []) {
      for (const line of lines(host.sys.read(`${DIRECTORY}/${device}/stats/stats`) ?? '')) {
        const [group = '', ...values] = columns(line);
        (Object.hasOwn(METRICS, group) ? METRICS[group] : undefined)?.forEach(([name, help], i) => {
          out.counter(`node_xfs_${name}`, help, parseNumber(values[i]), ['device', device]);
        });
      }
    }
  },
};
