// The parameter `interval` of a query for lines: of lines that lie closer together than it only the first is shown.
//
//   first lines of what is left of the range ─▶ those far enough apart ─▶ the range behind the last of them and the interval ─▶ again
//
// Each round gives a line at least, so there are no more rounds than lines are asked for.
// Source: Loki `pkg/logql/engine.go`, `readStreams`.

import { type LogQuery, type LogQueryAnswer, NO_COSTS, type QueryCosts, type ResultEntry } from './query-result.ts';

/** Asks until there are as many lines as the query wants, or no more. `intervalNs` is above 0. */
export async function thinnedLines(
  run: (query: LogQuery) => Promise<LogQueryAnswer>,
  query: LogQuery,
  intervalNs: bigint,
): Promise<LogQueryAnswer> {
  const kept: ResultEntry[] = [];
  const warnings = new Set<string>();
  let costs = NO_COSTS;
  for (let rest: LogQuery | undefined = query; rest !== undefined;) {
    const answer: LogQueryAnswer = await run(rest);
    if (answer.value.kind !== 'streams') return answer;
    const { entries } = answer.value;
    for (const entry of entries) if (kept.length < query.limit && isApart(kept.at(-1), entry, intervalNs)) kept.push(entry);
    for (const warning of answer.warnings) warnings.add(warning);
    costs = sumOf(costs, answer.costs);
    rest = entries.length < rest.limit || kept.length >= query.limit ? undefined : behind(query, kept.at(-1), intervalNs);
  }
  return { value: { kind: 'streams', entries: kept }, costs, warnings: [...warnings] };
}

function isApart(last: ResultEntry | undefined, { tsNs }: ResultEntry, intervalNs: bigint): boolean {
  if (last === undefined) return true;
  return (tsNs > last.tsNs ? tsNs - last.tsNs : last.tsNs - tsNs) >= intervalNs;
}

/** The query for what lies far enough behind the last line. */
function behind(query: LogQuery, last: ResultEntry | undefined, intervalNs: bigint): LogQuery | undefined {
  if (last === undefined) return undefined;
  const { startNs, endNs } =
    query.direction === 'forward'
      ? { startNs: last.tsNs + intervalNs, endNs: query.endNs }
      : { startNs: query.startNs, endNs: last.tsNs - intervalNs + 1n };
  return startNs < endNs ? { ...query, startNs, endNs } : undefined;
}

function sumOf(a: QueryCosts, b: QueryCosts): QueryCosts {
  return {
    linesProcessed: a.linesProcessed + b.linesProcessed,
    bytesProcessed: a.bytesProcessed + b.bytesProcessed,
    linesMatched: a.linesMatched + b.linesMatched,
    metadataBytesProcessed: a.metadataBytesProcessed + b.metadataBytesProcessed,
    streams: Math.max(a.streams, b.streams),
    execMs: a.execMs + b.execMs,
    queueMs: a.queueMs + b.queueMs,
  };
}
