// Lines that come twice count once: by marks that only they leave, and that survive a restart.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { SelfMetrics } from '../base/self-metrics.ts';
import { sql } from '../base/sql.ts';
import { loadConfig } from '../config.ts';
import { readContextsOf } from '../metrics/api-context.ts';
import { openTestStore } from '../metrics/test-store.ts';
import { labelsOfRecord } from '../query/labels.ts';
import { LineColumns } from './line-columns.ts';
import { withLateLines } from './late-lines.ts';
import { parseLogql } from './logql/parse.ts';
import { openLogStore } from './open-log-store.ts';
import { runLogQuery } from './run-query.ts';
import { NO_LINES, StreamTimes } from './stream-times.ts';
import { LOG_MIGRATIONS } from './table.ts';
import { readVolumes } from './volumes.ts';

const HOUR_NS = 3_600_000_000_000n;
const START_NS = 472_222n * HOUR_NS;

/** Lines as `stream time text`; gives the marks as `stream hour`, hours since the start. */
function noted(times: StreamTimes, lines: readonly string[]): readonly string[] {
  const columns = new LineColumns();
  for (const line of lines) {
    const [, stream = '', time = '', text = ''] = /^(\d+) (\d+) (.*)$/.exec(line) ?? [];
    const tsNs = START_NS + BigInt(time);
    const bytes = Buffer.from(text);
    columns.push(Number(stream), { low: Number(tsNs & 0xffffffffn), high: Number(tsNs >> 32n) }, bytes, { from: 0, to: bytes.length });
  }
  return times.note(columns, 10).map(({ stream, hour }) => `${stream} ${hour - 472_222}`);
}

test('what is newer than its stream leaves no mark', () => {
  const times = new StreamTimes(NO_LINES);
  assert.deepEqual(noted(times, ['0 5 a', '1 3 a', '0 6 a', '1 4 b']), []);
  assert.deepEqual(noted(times, ['0 7 a', '1 5 a']), []);
  assert.deepEqual(noted(times, ['0 7 b', '0 7 c', '1 4 x']), ['1 0']); // others at the newest time; before the newest time
  assert.deepEqual(noted(times, ['0 7 b']), ['0 0']); // the same at the newest time
  assert.deepEqual(noted(times, ['2 1 a', '2 1 b', '2 1 a']), ['2 0']); // the same within a request
  assert.deepEqual(noted(times, ['3 3600000000000 a', '3 3599999999999 a', '3 1 a', '3 3600000000000 a']), ['3 0', '3 1']); // each hour once
});

test('what nobody knows of may be there', () => {
  const times = new StreamTimes(START_NS + 10n);
  assert.deepEqual(noted(times, ['0 10 a', '1 9 a', '2 11 a']), ['0 0', '1 0']);
  const next = times.renumbered(2, (stream) => (stream === 0 ? 2 : -1));
  assert.deepEqual(noted(next, ['0 12 a', '1 11 a']), ['1 0']); // the stream that is new may have lines up to the newest of all
});

const directory = await mkdtemp(join(tmpdir(), 'logs-late-'));
after(() => rm(directory, { recursive: true, force: true }));
const { limits } = loadConfig({ file: undefined, flags: [] }, {});
const clock = { now: () => Number(START_NS / 1_000_000n) + 600_000 };

async function opened(stack: AsyncDisposableStack) {
  const store = stack.use(await openTestStore(directory, LOG_MIGRATIONS));
  const open = { store, limitsOf: () => limits, clock, metrics: new SelfMetrics(), indexSeriesMax: () => 1000 };
  const logStore = stack.use(await openLogStore({ ...open, onIndexError: (_tenant, error) => assert.fail(String(error)) }));
  const { late } = logStore.options;
  const options = { client: store.client, clock, flush: () => logStore.flush(), index: logStore.index, limitsOf: () => limits };
  const contexts = readContextsOf({ ...options, table: 'streams', retentionMsOf: () => 0 });
  const read = () =>
    withLateLines(late, () => contexts.read({ tenants: ['a'], query: new URLSearchParams(), signal: new AbortController().signal }));
  return {
    writers: logStore.options.writers,
    write: async (app: string, times: readonly number[]) => {
      const write = logStore.begin('a');
      for (const time of times)
        write.entry(labelsOfRecord({ app }), {
          tsNs: START_NS + BigInt(time),
          line: `line ${time} of ${app}, 4bf92f3577b34da6a3ce929d0e0e4736`,
          metadata: [],
        });
      await write.commit();
    },
    count: async (apps: readonly string[] = ['db', 'web']) => {
      const endNs = START_NS + 60_000_000_000n;
      const query = { text: '', startNs: endNs, endNs, stepNs: undefined, limit: 0, direction: 'forward' as const };
      const { value } = await runLogQuery(
        await read(),
        parseLogql(`sum by (app) (count_over_time({app=~"${apps.join('|')}"} |= "line" [2m]))`),
        query,
      );
      assert.ok(value.kind === 'vector');
      const matcher = { name: 'app', op: '=~' as const, value: apps.join('|') };
      const volumes = await readVolumes(await read(), [matcher], { fromNs: START_NS, toNs: endNs }, undefined);
      const counts = value.series.map(({ labels, values }) => `${labels.join('=')} ${values[0]}`);
      const lines = (app: string): number => volumes.reduce((sum, each) => sum + (each.labels[1] === app ? each.lines : 0), 0);
      assert.deepEqual(
        apps.map((app) => `app=${app} ${lines(app)}`),
        counts,
      );
      return counts;
    },
    /** One line of each of many streams. */
    writeMany: async (streams: number) => {
      const write = logStore.begin('a');
      for (let i = 0; i < streams; i++)
        write.entry(labelsOfRecord({ app: 'many', i: String(i) }), { tsNs: START_NS + 50n, line: 'line', metadata: [] });
      await write.commit();
    },
    marks: async () => (await store.client.query(sql`SELECT hour FROM late_lines`)).length,
  };
}

test('lines that come twice count once, after a restart too', async () => {
  const times = Array.from({ length: 100 }, (_, i) => i);
  {
    await using stack = new AsyncDisposableStack();
    const { write, count, marks } = await opened(stack);
    await write('web', times);
    await write('db', times);
    assert.equal(await marks(), 0);
    assert.deepEqual(await count(), ['app=db 100', 'app=web 100']);
    await write('web', times);
    assert.deepEqual(await count(), ['app=db 100', 'app=web 100']);
    assert.equal(await marks(), 1);
    await write('web', [...times, 100]); // known by now; asked again
    assert.deepEqual(await count(), ['app=db 100', 'app=web 101']);
  }
  await using stack = new AsyncDisposableStack();
  const { write, count } = await opened(stack);
  assert.deepEqual(await count(), ['app=db 100', 'app=web 101']);
  await write('db', times);
  assert.deepEqual(await count(), ['app=db 100', 'app=web 101']);
});

test('lines that are stored though another part of their write fails count once', async (t) => {
  await using stack = new AsyncDisposableStack();
  const { write, count, writers } = await opened(stack);
  await write('cart', [1, 2, 3]);
  const failing = t.mock.method(writers.needles, 'append', () => Promise.reject(new Error('disk full')));
  await assert.rejects(write('cart', [1, 2, 3]), /disk full/);
  failing.mock.restore();
  assert.deepEqual(await count(['cart']), ['app=cart 3']);
});

test('streams of an hour that are too many to be told apart', async () => {
  await using stack = new AsyncDisposableStack();
  const { writeMany, count, marks } = await opened(stack);
  const before = await marks();
  await writeMany(1500);
  await writeMany(1500);
  assert.deepEqual(await count(['many']), ['app=many 1500']);
  assert.ok((await marks()) > before);
});
