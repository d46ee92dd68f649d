// How much streams hold: lines and bytes per stream and bucket of time, added up by ClickHouse.

import { RequestError } from '../base/request-error.ts';
import { type Sql, int, sql } from '../base/sql.ts';
import { type ReadContext, guarded, statementOptions } from '../metrics/read.ts';
import type { Matcher } from '../query/matchers.ts';
import type { StreamVolume } from './api-context.ts';
import { countedOnce, type LogReadContext } from './late-lines.ts';
import type { NsRange } from './line-block.ts';
import { selectStreams, type TenantPart } from './select-streams.ts';

/** Sums that one answer may hold: streams times buckets that are not empty. */
const SUMS_MAX = 1_000_000;

/** Per stream, and per bucket of `stepNs` from the start of the range where one is given. Streams without lines are left out. */
export async function readVolumes(
  context: LogReadContext,
  matchers: readonly Matcher[],
  range: NsRange,
  stepNs: bigint | undefined,
): Promise<readonly StreamVolume[]> {
  const { parts } = await countedOnce(context, await selectStreams(context, matchers, range), range);
  const volumes: StreamVolume[] = [];
  for (const part of parts) await addVolumes(context, part, { range, stepNs, volumes });
  return volumes;
}

interface Reading {
  readonly range: NsRange;
  readonly stepNs: bigint | undefined;
  readonly volumes: StreamVolume[];
}

async function addVolumes(
  context: ReadContext,
  { first, selection, condition, from }: TenantPart,
  { range, stepNs, volumes }: Reading,
): Promise<void> {
  const bucket: Sql = stepNs === undefined ? sql`0` : sql`toUInt32(intDiv(ts - ${int(range.fromNs)}, ${int(stepNs)}))`;
  const statement = sql`SELECT stream, ${bucket} AS bucket, count() AS lines, sum(length(line)) AS bytes FROM ${from} WHERE ${condition(range)} GROUP BY stream, bucket`;
  await guarded(context, async () => {
    for await (const { rows, columns } of context.client.stream(statement, statementOptions(context))) {
      const { stream: ids, bucket: buckets = [], lines = [], bytes = [] } = columns;
      if (!(ids instanceof BigUint64Array)) continue;
      const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * rows);
      for (let row = 0; row < rows; row++) {
        const number = selection.find(words[2 * row] as number, words[2 * row + 1] as number);
        if (number < 0) continue;
        volumes.push({
          stream: first + number,
          labels: selection.labels(number),
          bucket: Number(buckets[row]),
          lines: Number(lines[row]),
          bytes: Number(bytes[row]),
        });
      }
      if (volumes.length > SUMS_MAX) throw tooManySums();
    }
  });
}

function tooManySums(): RequestError {
  const problem = `the answer needs more than ${SUMS_MAX} sums of streams and steps`;
  return new RequestError('execution', `${problem}: narrow the selector or the time range, or make the step longer`);
}
