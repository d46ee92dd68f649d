// What stands on the logs page before the first line: the lines that send some, for this very server.

import { useLive } from '../../data/Live.tsx';
import { Roads } from '../../kit/States.tsx';
import type { Road } from '../../kit/States.tsx';
import { LOOK_EVERY_S, useWaiting } from '../home/use-waiting.ts';

function roads(origin: string): readonly Road[] {
  const { hostname, port, protocol } = new URL(origin);
  const push = `${origin}/loki/api/v1/push`;
  return [
    [
      'One line, from a shell',
      `curl ${push} -H 'Content-Type: application/json' \\\n  -d '{"streams":[{"stream":{"service_name":"shell"},"values":[["'"$(date +%s%N)"'","hello, logs"]]}]}'`,
    ],
    ['From Grafana Alloy', `loki.write "sightline" {\n  endpoint {\n    url = "${push}"\n  }\n}`],
    ['From Promtail', `clients:\n  - url: ${push}`],
    [
      'From any OpenTelemetry SDK or collector',
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}/otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_LOGS_EXPORTER=otlp`,
    ],
    [
      'From Fluent Bit',
      `[OUTPUT]\n    Name   loki\n    Match  *\n    Host   ${hostname}\n    Port   ${port || (protocol === 'https:' ? '443' : '80')}\n    Labels service_name=$app`,
    ],
  ];
}

/** An hour of looking; whoever comes back later looks again by a key. */
const LOOKS_MAX = 720;

export function FirstLogs() {
  const { refresh } = useLive();
  useWaiting(true, LOOKS_MAX, refresh);
  return (
    <Roads title="No lines in this time range" roads={roads(location.origin)}>
      Widen the time range, choose another tenant, or send the first line. Any of these roads leads here; this page looks again every{' '}
      {LOOK_EVERY_S} seconds.
    </Roads>
  );
}
