// What stands on the page of services before the first span: the lines that send some, for this very server.

import { useLive } from '../../data/Live.tsx';
import { Roads } from '../../kit/States.tsx';
import type { Road } from '../../kit/States.tsx';
import { LOOK_EVERY_S, useWaiting } from '../home/use-waiting.ts';

function roads(origin: string): readonly Road[] {
  const ids = `'"$(openssl rand -hex 16)"'","spanId":"'"$(openssl rand -hex 8)"'`;
  return [
    [
      'From any OpenTelemetry SDK or agent',
      `export OTEL_SERVICE_NAME=shop\nexport OTEL_TRACES_EXPORTER=otlp\nexport OTEL_EXPORTER_OTLP_ENDPOINT=${origin}/otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    ],
    ['From an OpenTelemetry Collector', `exporters:\n  otlphttp:\n    endpoint: ${origin}/otlp`],
    [
      'One span, from a shell',
      `curl ${origin}/otlp/v1/traces -H 'Content-Type: application/json' \\\n  -d '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shell"}}]},"scopeSpans":[{"spans":[{"traceId":"${ids}","name":"hello","kind":2,"startTimeUnixNano":"'"$(date +%s%N)"'","endTimeUnixNano":"'"$(date +%s%N)"'"}]}]}]}'`,
    ],
    ['From Zipkin clients, as their endpoint', `${origin}/api/v2/spans`],
    ['From Jaeger clients, over HTTP', `JAEGER_ENDPOINT=${origin}/api/traces`],
  ];
}

/** An hour of looking; whoever comes back later looks again by a key. */
const LOOKS_MAX = 720;

export function FirstSpans() {
  const { refresh } = useLive();
  useWaiting(true, LOOKS_MAX, refresh);
  return (
    <Roads title="No spans in this time range" roads={roads(location.origin)}>
      Services are found in the spans that they send. Widen the time range, choose another tenant, or send the first span: any of these
      roads leads here. This page looks again every {LOOK_EVERY_S} seconds.
    </Roads>
  );
}
