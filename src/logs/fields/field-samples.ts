// Samples of queries that look at a few fields of logfmt or JSON lines: ClickHouse finds the fields, so that only they are handed over.
//
//   lines ─(logfmt-sql.ts, json-sql.ts)─▶ stream, time, values ─▶ FieldSampler: what each value means ─▶ samples
//     └─ lines that are not plain ─▶ read, and through the stages
//
// Where a value has to go the long way, all lines do. To group by the values in ClickHouse costs more than to hand them over.

import { type Sql, and, identifier, join, NOTHING, sql, texts } from '../../base/sql.ts';
import { guarded, type ReadContext, statementOptions } from '../../metrics/read.ts';
import { labelValue } from '../../query/labels.ts';
import type { Block } from '../../storage/native.ts';
import type { NsRange } from '../line-block.ts';
import type { SampleBlock } from '../range-source.ts';
import { relativeTimes } from '../relative-times.ts';
import type { StreamSet, TenantPart } from '../select-streams.ts';
import type { FieldExpressions } from './field-expressions.ts';
import { type FieldSampler, LONG_WAY } from './field-sampler.ts';

export interface FieldReading {
  readonly context: ReadContext;
  readonly sampler: FieldSampler;
  readonly streams: StreamSet;
  readonly part: TenantPart;
  readonly range: NsRange;
  readonly conditions: readonly Sql[];
  readonly originNs: bigint;
}

/** What is still to be read: definitions for `WITH`, and the condition. */
export interface OtherLines {
  readonly definitions: readonly Sql[];
  readonly condition: Sql;
}

export interface FieldSamples {
  readonly samples: readonly SampleBlock[];
  /** Lines and bytes of lines that were looked at. */
  readonly lines: number;
  readonly bytes: number;
  /** Undefined where every line was plain. */
  readonly others: OtherLines | undefined;
}

/** The samples of one tenant's streams, or undefined where all lines have to be read. */
export async function readFieldSamples(reading: FieldReading): Promise<FieldSamples | undefined> {
  const { context, sampler, part } = reading;
  const asked = sampler.names.filter((name) => !everyStreamHas(part, name));
  const fields = sampler.form.expressions(asked);
  if (fields === undefined) return undefined;
  const isPlain = asked.length === 0 ? fields.plain : sql`${fields.plain} AND NOT hasAny(mapKeys(metadata), array${texts(asked)})`;
  const found = new Rows(reading, asked);
  const options = { ...statementOptions(context), texts: asked.map((_, i) => `v${i}`) };
  const statement = statementOf(reading, fields, isPlain);
  const isDone = await guarded(context, async () => {
    for await (const block of context.client.stream(statement, options)) if (!found.add(block)) return false;
    return true;
  });
  if (!isDone) return undefined;
  const others = found.hasOthers ? { definitions: fields.definitions, condition: sql`NOT (${isPlain})` } : undefined;
  return { samples: found.blocks, lines: found.lines, bytes: found.bytes, others };
}

function statementOf({ part, range, conditions }: FieldReading, { definitions, values }: FieldExpressions, isPlain: Sql): Sql {
  const columns = join(
    values.map((value, i) => sql`, ${value} AS ${identifier(`v${i}`)}`),
    NOTHING,
  );
  return sql`WITH ${join([...definitions, sql`(${isPlain}) AS is_plain`], sql`, `)} SELECT stream, ts AS at, toUInt32(length(line)) AS bytes, is_plain${columns} FROM ${part.from} WHERE ${part.condition(range)}${and(conditions)}`;
}

function everyStreamHas({ selection }: TenantPart, label: string): boolean {
  for (let number = 0; number < selection.size; number++) if (labelValue(selection.labels(number), label) === '') return false;
  return true;
}

/** Lines that are held before the first of them counts. */
const ROWS_MAX = 5_000_000;

/** Lines as they come, each with the values of its fields. */
class Rows {
  hasOthers = false;
  lines = 0;
  bytes = 0;
  readonly #reading: FieldReading;
  readonly #asked: readonly string[];
  readonly blocks: SampleBlock[] = [];

  constructor(reading: FieldReading, asked: readonly string[]) {
    this.#reading = reading;
    this.#asked = asked;
  }

  /** False where the lines have to be read instead. Hot: its loop is over lines. */
  add({ rows, columns, texts: values }: Block): boolean {
    if (rows === 0) return true;
    const { sampler, streams, part, originNs } = this.#reading;
    const { stream: ids, is_plain: isPlain, bytes, at } = columns;
    const isTyped =
      ids instanceof BigUint64Array && at instanceof BigInt64Array && isPlain instanceof Uint8Array && bytes instanceof Uint32Array;
    if (!isTyped || this.lines + rows > ROWS_MAX) return false;
    const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * rows);
    const fields = this.#asked.map((_, i) => values[`v${i}`]);
    const times = relativeTimes(at, originNs);
    const block = { rows: 0, series: new Uint32Array(rows), ts: new Float64Array(rows), values: new Float64Array(rows) };
    for (let row = 0; row < rows; row++) {
      if (isPlain[row] === 0) {
        this.hasOthers = true;
        continue;
      }
      const number = part.selection.find(words[2 * row] as number, words[2 * row + 1] as number);
      if (number < 0) continue;
      const size = bytes[row] as number;
      this.lines++;
      this.bytes += size;
      const series = sampler.sampleAt({ streams, stream: part.first + number, names: this.#asked, fields, row }, size);
      if (series === LONG_WAY) return false;
      if (series < 0) continue;
      block.series[block.rows] = series;
      block.ts[block.rows] = times[row] as number;
      block.values[block.rows++] = sampler.value;
    }
    this.blocks.push(block);
    return true;
  }
}
