// Exemplars of a query that ClickHouse has counted: a few of its spans, by chance, from all over the range.
//
// The counts say how many spans there are. A share of the traces is looked at, those with small ids: they stand together in each block of time, so that
// few granules are read, and ids are random, so that they are of any time within it.

import { type Sql, identifier, int, join, sql } from '../../base/sql.ts';
import type { KnownSource } from '../catalogue.ts';
import { sqlField, type SqlField } from './metrics-field.ts';
import { groupColumns, type GroupedQuery, GroupReader, type Place } from './metrics-sql.ts';
import { TRACE_ID_TEXT } from '../plan/intrinsic-condition.ts';
import { plainOptions } from '../read.ts';
import type { Field } from '../traceql/ast.ts';
import type { ExemplarCandidate } from '../traceql/metrics/accumulator.ts';
import type { ExemplarChoice } from '../traceql/metrics/exemplars.ts';
import { printField } from '../traceql/print.ts';
import type { Value } from '../traceql/value.ts';

/** Spans among which an exemplar is chosen at first, and how many more where those were of few traces, or of few times. */
const CANDIDATES_PER_EXEMPLAR = 8;
const CANDIDATES_GROWTH = 8;

interface Shown {
  readonly label: string;
  readonly field: SqlField;
}

/** What an exemplar tells of its span: where it leads, and what the query names. */
export const SHOWN_FIELDS: readonly Field[] = [
  intrinsic('name', 'name'),
  intrinsic('duration', 'duration'),
  intrinsic('status', 'status'),
  intrinsic('spanId', 'span:id'),
  { type: 'attribute', scope: 'resource', ofParent: false, name: 'service.name', place: { from: 0, to: 0 } },
];

function intrinsic(name: 'name' | 'duration' | 'status' | 'spanId', spelling: string): Field {
  return { type: 'intrinsic', name, ofParent: false, spelling, place: { from: 0, to: 0 } };
}

/** The fields that exemplars of a query show, each once. */
export function shownFields(fields: readonly Field[]): readonly Field[] {
  return [...new Map([...SHOWN_FIELDS, ...fields].map((field) => [printField(field), field])).values()];
}

export interface ExemplarsWanted {
  readonly choice: ExemplarChoice;
  /** Spans that the query selects. */
  readonly spans: number;
  readonly limit: number;
  readonly fields: readonly Field[];
}

export type Chosen = Pick<GroupedQuery, 'condition' | 'groups'> & { readonly measured: Field | undefined };

export interface ExemplarSink {
  exemplar(values: readonly Value[], candidate: ExemplarCandidate, measured?: Value): void;
}

/** Chooses spans of a query and adds them to its series. */
export async function addExemplars(query: Chosen, place: Place, wanted: ExemplarsWanted, into: ExemplarSink): Promise<void> {
  const { choice, limit, spans } = wanted;
  if (choice.isFull || spans === 0) return;
  const shown = shownFields(wanted.fields).flatMap((field): Shown[] => {
    const found = sqlField(field, place.catalogue);
    return found === undefined ? [] : [{ label: printField(field), field: found }];
  });
  const first = limit * CANDIDATES_PER_EXEMPLAR;
  for (const candidates of [first, first * CANDIDATES_GROWTH]) {
    await addSome(query, place, { choice, shown, share: share(spans, candidates), most: candidates }, into);
    if (choice.taken >= limit / 2 || candidates >= spans) return;
  }
}

interface Look {
  readonly choice: ExemplarChoice;
  readonly shown: readonly Shown[];
  readonly share: Sql;
  readonly most: number;
}

async function addSome(query: Chosen, { context, catalogue, range }: Place, look: Look, into: ExemplarSink): Promise<void> {
  const { choice, shown } = look;
  const measured = query.measured && sqlField(query.measured, catalogue);
  const columns = [
    sql`${TRACE_ID_TEXT} AS trace_id`,
    sql`ts AS start`,
    sql`source AS of_source`,
    ...groupColumns(query),
    ...columnsOf(
      shown.map(({ field }) => field),
      'x',
    ),
    ...columnsOf(measured === undefined ? [] : [measured], 'm'),
  ];
  const where = sql`${context.within(range)} AND (${query.condition})${look.share}`;
  const statement = sql`SELECT ${join(columns, sql`, `)} FROM spans WHERE ${where} LIMIT 1 BY trace_high, trace_low LIMIT ${int(2 * look.most)}`;
  const groups = new GroupReader(query, catalogue);
  for await (const { rows, columns: cells } of context.client.stream(statement, plainOptions(context))) {
    for (let row = 0; row < rows; row++) {
      const traceId = String(cells['trace_id']?.[row]);
      const start = cells['start']?.[row];
      // A double of all nanoseconds may be of the next millisecond.
      const tsMs = typeof start === 'bigint' ? Number(start / 1_000_000n) : NaN;
      if (!choice.take(traceId, tsMs)) continue;
      const sourceOf = cells['of_source']?.[row];
      const source = typeof sourceOf === 'bigint' ? catalogue.source(sourceOf) : undefined;
      const attributes = attributesOf(shown, source, (i) => cells[`x${i}`]?.[row]);
      const value = measured?.value(cells['m0']?.[row], source);
      into.exemplar(groups.values(cells, row), { tsMs, traceId, attributes }, value);
    }
  }
}

function columnsOf(fields: readonly SqlField[], prefix: string): readonly Sql[] {
  return fields.flatMap(({ column }, i) => (column === undefined ? [] : [sql`${column} AS ${identifier(`${prefix}${i}`)}`]));
}

function attributesOf(
  shown: readonly Shown[],
  source: KnownSource | undefined,
  cell: (i: number) => unknown,
): (readonly [string, Value])[] {
  return shown.map(({ label, field }, i) => [label, field.value(cell(i), source)] as const).filter(([, value]) => value.type !== 'nil');
}

/** A condition that about so many of the spans meet. Ids of 64 bits have zeros before them. */
function share(spans: number, wanted: number): Sql {
  if (spans <= wanted) return sql``;
  const below = int((2n ** 64n * BigInt(wanted)) / BigInt(spans));
  return sql` AND ((trace_high > 0 AND trace_high < ${below}) OR (trace_high = 0 AND trace_low < ${below}))`;
}
