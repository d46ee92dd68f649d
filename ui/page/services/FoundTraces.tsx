// The traces to look at first: the newest in which the service failed, and the slow ones.

import { tracePath } from '../../../src/links/links.ts';
import { useLive } from '../../data/Live.tsx';
import { instantText, zoneName } from '../../data/time-text.ts';
import { traceSearch } from '../../data/trace-questions.ts';
import type { MatchedSpan, TraceRow } from '../../data/trace-search.ts';
import { durationText } from '../../data/traceql-text.ts';
import { quantityText } from '../../data/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { PathLink } from '../../kit/PathLink.tsx';
import { Failed, Notices, Skeleton } from '../../kit/States.tsx';
import { SECONDS } from './quantities.ts';
import { spanSearch } from './service-queries.ts';
import type { Scope } from './service-queries.ts';
import { slowBound } from './slow.ts';
import type { ServicePictures } from './use-service.ts';
import css from './service.module.css';

const SHOWN = 10;
/** Slow traces among which the slowest are shown. */
const SLOW_FOUND = 50;

interface FoundTracesProps {
  readonly scope: Scope;
  readonly pictures: ServicePictures;
}

export function FoundTraces({ scope, pictures }: FoundTracesProps) {
  const bound = slowBound(pictures.durations);
  const answering = pictures.calls.some((call) => call.entry) && scope.operation === undefined;
  const kinds = answering ? '(kind = server || kind = consumer) && ' : '';
  return (
    <div className={css.traces}>
      <TraceList title="Latest errors" query={spanSearch(scope, 'status = error')} order="newest" />
      {bound === undefined ? null : (
        <TraceList
          title={`Slowest, of those over ${quantityText(bound, SECONDS)}`}
          query={spanSearch(scope, `${kinds}duration > ${durationText(bound)}`)}
          order="slowest"
        />
      )}
    </div>
  );
}

interface TraceListProps {
  readonly title: string;
  readonly query: string;
  readonly order: 'newest' | 'slowest';
}

interface Hit {
  readonly trace: TraceRow;
  readonly span: MatchedSpan | undefined;
}

/** The span for whose sake the trace was found: the longest that matched. */
function hitOf(trace: TraceRow): Hit {
  const spans = trace.sets.flatMap((set) => set.spans);
  return {
    trace,
    span: spans.reduce<MatchedSpan | undefined>((long, s) => (long === undefined || s.durationS > long.durationS ? s : long), undefined),
  };
}

const lengthOf = ({ trace, span }: Hit): number => span?.durationS ?? trace.durationS;

function TraceList({ title, query, order }: TraceListProps) {
  const { span, zone } = useLive();
  const limit = order === 'newest' ? SHOWN : SLOW_FOUND;
  const answer = useAnswer(traceSearch(query, span, limit));
  const hits = (answer.data?.value.traces ?? []).map(hitOf);
  // That there are more than these few is no surprise.
  const warnings = hits.length >= limit ? [] : (answer.data?.warnings ?? []);
  const shown = (order === 'newest' ? hits : hits.sort((a, b) => lengthOf(b) - lengthOf(a))).slice(0, SHOWN);
  return (
    <section data-dim={answer.isPlaceholderData}>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
        <PathLink path={`/traces?${new URLSearchParams({ q: query }).toString()}`}>All</PathLink>
      </div>
      {answer.error && <Failed title="The traces cannot be searched" error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.isPending && <Skeleton rows={4} />}
      <Notices texts={warnings} />
      {answer.data && shown.length === 0 && (
        <p className={css.nothing}>{order === 'newest' ? 'No failed span in this range.' : 'No such span in this range.'}</p>
      )}
      {shown.length > 0 && (
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">Span</th>
              <th scope="col">Trace</th>
              <th scope="col">Took</th>
              <th scope="col">{zoneName(zone)}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ trace, span: hit }) => (
              <tr key={trace.traceId}>
                <th scope="row">
                  <PathLink path={tracePath(trace.traceId, hit?.spanId)} title={trace.traceId}>
                    {hit?.name ?? trace.traceId.slice(0, 8)}
                  </PathLink>
                </th>
                <td title={`${trace.service} ${trace.name}`}>
                  {trace.service} {trace.name}
                </td>
                <td title={String(hit?.durationS ?? trace.durationS)}>{quantityText(hit?.durationS ?? trace.durationS, SECONDS)}</td>
                <td>{instantText(hit?.startMs ?? trace.startMs, zone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
