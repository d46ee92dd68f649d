// From plain series to the lines of a host's pictures.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { Grid } from '../../data/samples.ts';
import { busyShare, networkRates, usedDiskShares, usedMemoryShare } from './host-series.ts';

function grid(...series: readonly (readonly [Record<string, string>, readonly (number | null)[]])[]): Grid {
  return { times: [0, 15], stepS: 15, series: series.map(([labels, values]) => ({ key: JSON.stringify(labels), labels, values })) };
}

const lines = (g: Grid) => g.series.map((s) => [s.labels['line'], ...s.values]);

test('busy is what is not idle', () => {
  assert.deepEqual(lines(busyShare(grid([{ cpu: '0' }, [0.5, null]], [{ cpu: '1' }, [1, null]]))), [['busy', 0.25, null]]);
  assert.deepEqual(lines(busyShare(grid())), []);
});

test('used memory and disks', () => {
  const memory = grid([{ __name__: 'node_memory_MemTotal_bytes' }, [10, 10]], [{ __name__: 'node_memory_MemAvailable_bytes' }, [4, null]]);
  assert.deepEqual(lines(usedMemoryShare(memory)), [['used', 0.6, null]]);
  const disks = grid(
    [{ __name__: 'node_filesystem_size_bytes', mountpoint: '/b' }, [10, 10]],
    [{ __name__: 'node_filesystem_avail_bytes', mountpoint: '/b' }, [5, 2]],
    [{ __name__: 'node_filesystem_size_bytes', mountpoint: '/a' }, [10, 0]],
    [{ __name__: 'node_filesystem_avail_bytes', mountpoint: '/a' }, [10, 0]],
    [{ __name__: 'node_filesystem_size_bytes', mountpoint: '/lost' }, [1, 1]],
  );
  assert.deepEqual(lines(usedDiskShares(disks)), [
    ['/a', 0, null],
    ['/b', 0.5, 0.8],
  ]);
});

test('network is summed over interfaces', () => {
  const net = grid(
    [{ __name__: 'node_network_receive_bytes_total', device: 'a' }, [1, null]],
    [{ __name__: 'node_network_receive_bytes_total', device: 'b' }, [2, 3]],
  );
  assert.deepEqual(lines(networkRates(net)), [
    ['in', 3, 3],
    ['out', null, null],
  ]);
});
