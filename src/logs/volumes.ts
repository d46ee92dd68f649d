// How much streams hold: lines and bytes per stream and bucket of time, added up by ClickHouse.

import { type Sql, int, sql } from '../base/sql.ts';
import { type ReadContext, guarded, statementOptions } from '../metrics/read.ts';
import type { Matcher } from '../query/matchers.ts';
import type { StreamVolume } from './api-context.ts';
import type { NsRange } from './line-block.ts';
import { selectStreams, type TenantPart } from './select-streams.ts';

/** Per stream, and per bucket of `stepNs` from the start of the range where one is given. Streams without lines are left out. */
export async function readVolumes(
  context: ReadContext,
  matchers: readonly Matcher[],
  range: NsRange,
  stepNs: bigint | undefined,
): Promise<readonly StreamVolume[]> {
  const { parts } = await selectStreams(context, matchers, range);
  const volumes: StreamVolume[] = [];
  for (const part of parts) volumes.push(...(await volumesOf(context, part, range, stepNs)));
  return volumes;
}

async function volumesOf(
  context: ReadContext,
  { selection, condition }: TenantPart,
  range: NsRange,
  stepNs: bigint | undefined,
): Promise<readonly StreamVolume[]> {
  const bucket: Sql = stepNs === undefined ? sql`0` : sql`toUInt32(intDiv(ts - ${int(range.fromNs)}, ${int(stepNs)}))`;
  const statement = sql`SELECT stream, ${bucket} AS bucket, count() AS lines, sum(length(line)) AS bytes FROM logs WHERE ${condition(range)} GROUP BY stream, bucket`;
  const volumes: StreamVolume[] = [];
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      const { stream: ids, bucket: buckets = [], lines = [], bytes = [] } = columns;
      if (!(ids instanceof BigUint64Array)) continue;
      const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * rows);
      for (let row = 0; row < rows; row++) {
        const number = selection.find(words[2 * row] as number, words[2 * row + 1] as number);
        if (number < 0) continue;
        volumes.push({
          labels: selection.labels(number),
          bucket: Number(buckets[row]),
          lines: Number(lines[row]),
          bytes: Number(bytes[row]),
        });
      }
    }
  });
  return volumes;
}
