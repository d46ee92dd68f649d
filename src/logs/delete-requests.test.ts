// Requests to delete lines: kept, carried out, taken back, tried again.

import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLog } from '../base/log.ts';
import { DeleteRequests, type DeleteRequestsOptions } from './delete-requests.ts';

const dir = await mkdtemp(join(tmpdir(), 'delete-requests-'));
after(() => rm(dir, { recursive: true }));

let nowMs = 1000;
let count = 0;
const deleted: string[] = [];

function options(changed: Partial<DeleteRequestsOptions> = {}): DeleteRequestsOptions {
  return {
    file: join(dir, `${++count}.json`),
    clock: { now: () => nowMs },
    log: silentLog,
    cancelMs: () => 0,
    deleteLines: async (tenant, expr, { fromNs, toNs }) => {
      deleted.push(`${tenant} ${expr.matchers[0]?.value} ${fromNs} ${toNs}`);
      return 1;
    },
    ...changed,
  };
}

const REQUEST = { tenant: 't', query: '{a="b"}', startMs: 1, endMs: 2 };

test('a request is carried out, and remembered over a restart', async () => {
  const own = options();
  await using requests = await DeleteRequests.open(own);
  const { id } = await requests.add(REQUEST);
  await requests.settled();
  deepEqual(deleted, ['t b 1000000 3000000']);
  const expected = [{ ...REQUEST, id, createdMs: 1000, status: 'processed' }];
  deepEqual(requests.list('t'), expected);
  deepEqual(requests.list('other'), []);
  await using again = await DeleteRequests.open(own);
  deepEqual(again.list('t'), expected);
  await again.settled();
  equal(deleted.length, 1);
  await rejects(again.cancel('t', id), /already processed is not allowed/);
});

test('a request that waits can be taken back by its tenant', async () => {
  await using requests = await DeleteRequests.open(options({ cancelMs: () => 60_000 }));
  const { id } = await requests.add(REQUEST);
  await requests.settled();
  equal(requests.list('t')[0]?.status, 'received');
  await rejects(requests.cancel('other', id), /could not find delete request/);
  await requests.cancel('t', id);
  deepEqual(requests.list('t'), []);
  await rejects(requests.cancel('t', id), { code: 'not_found' });
});

test('one that fails stays, and does not hold up the others', async () => {
  const done: string[] = [];
  const own = options({
    deleteLines: async (tenant) => {
      if (tenant === 'bad') throw new Error('no');
      done.push(tenant);
      return 0;
    },
  });
  await using requests = await DeleteRequests.open(own);
  await requests.add({ ...REQUEST, tenant: 'bad' });
  await requests.add({ ...REQUEST, tenant: 'good' });
  await requests.settled();
  deepEqual(done, ['good']);
  equal(requests.list('bad')[0]?.status, 'received');
  nowMs += 60_000;
  await using again = await DeleteRequests.open(own);
  await again.settled();
  equal(again.list('bad')[0]?.status, 'received');
});

test('requests that wait are bounded', async () => {
  const own = options({ cancelMs: () => 60_000 });
  const waiting = { ...REQUEST, createdMs: nowMs, status: 'received' };
  await writeFile(own.file, JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ ...waiting, id: String(i) }))));
  await using requests = await DeleteRequests.open(own);
  await rejects(requests.add(REQUEST), { code: 'rate_limited' });
  await requests.add({ ...REQUEST, tenant: 'other' });
});

test('what is under way when the program stops is begun anew with the next start', async () => {
  const own = options({
    deleteLines: async (_tenant, _expr, _range, signal) => {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      return 0;
    },
  });
  {
    await using requests = await DeleteRequests.open(own);
    const { id } = await requests.add(REQUEST);
    await rejects(requests.cancel('t', id), /in process/);
  }
  const before = deleted.length;
  await using again = await DeleteRequests.open(options({ file: own.file }));
  await again.settled();
  equal(deleted.length, before + 1);
  equal(again.list('t')[0]?.status, 'processed');
});

test('a file that holds something else stops the start', async () => {
  const own = options();
  await writeFile(own.file, '[{"id":1}]');
  await rejects(DeleteRequests.open(own), /does not hold delete requests/);
});
