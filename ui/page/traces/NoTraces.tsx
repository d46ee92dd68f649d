// What stands in the place of traces when a query finds none: what to look at first, and before the first span how to send one.

import { useLive } from '../../data/Live.tsx';
import { traceTags } from '../../data/trace-questions.ts';
import { alignSpan } from '../../data/time-range.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Roads } from '../../kit/States.tsx';
import type { Road } from '../../kit/States.tsx';
import { LOOK_EVERY_S, useWaiting } from '../home/use-waiting.ts';

function roads(origin: string): readonly Road[] {
  return [
    [
      'From any OpenTelemetry SDK or collector',
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}/otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_TRACES_EXPORTER=otlp`,
    ],
    [
      'One span, from a shell',
      `curl ${origin}/api/v2/spans -H 'Content-Type: application/json' \\\n  -d '[{"traceId":"'"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"'","id":"00f067aa0ba902b7","name":"hello","timestamp":'"$(date +%s%6N)"',"duration":1500,"localEndpoint":{"serviceName":"shell"}}]'`,
    ],
    ['From Zipkin tracers', `${origin}/api/v2/spans`],
  ];
}

/** An hour of looking; whoever comes back later looks again by a key. */
const LOOKS_MAX = 720;

interface NoTracesProps {
  /** As the page has it: empty where nothing is asked. */
  readonly query: string;
  readonly onRun: (query: string) => void;
}

export function NoTraces({ query, onRun }: NoTracesProps) {
  const { span, shift, refresh } = useLive();
  const tags = useAnswer(traceTags(alignSpan(span, 60_000)), 'minute');
  const hasSpans = tags.data?.value.some(({ scope, tags: names }) => scope === 'resource' && names.length > 0);
  const isFirst = query === '' && hasSpans === false;
  useWaiting(isFirst, LOOKS_MAX, refresh);
  if (!isFirst) {
    return (
      <Empty
        title="No traces in this time range"
        actions={
          <>
            {query !== '' && <Button onClick={() => onRun('')}>All traces</Button>}
            <Button onClick={() => shift(-1)}>Look earlier</Button>
          </>
        }
      >
        <p>
          {hasSpans === true
            ? 'There are spans, but no trace has any that the query chooses. Take a condition away, or look at another time.'
            : 'Nothing was received between these times: widen the range.'}
        </p>
      </Empty>
    );
  }
  return (
    <Roads title="No spans in this time range" roads={roads(location.origin)}>
      Widen the time range, choose another tenant, or send the first span. Any of these roads leads here; this page looks again every{' '}
      {LOOK_EVERY_S} seconds.
    </Roads>
  );
}
