// What stands on the home page before the first data: the lines that send it, for this very server.

import { Roads } from '../../kit/States.tsx';
import type { Road } from '../../kit/States.tsx';
import { LOOK_EVERY_S } from './use-waiting.ts';

function roads(origin: string): readonly Road[] {
  return [
    ['One sample, from a shell', `echo 'hello_world 1' | curl --data-binary @- ${origin}/api/v1/import/prometheus`],
    [
      'One log line, from a shell',
      `curl -H 'Content-Type: application/json' ${origin}/loki/api/v1/push --data-binary \\\n  '{"streams": [{"stream": {"app": "hello"}, "values": [["'$(date +%s%N)'", "hello world"]]}]}'`,
    ],
    ['From Prometheus, in its configuration', `remote_write:\n  - url: ${origin}/api/v1/push`],
    [
      'From any OpenTelemetry SDK or collector',
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}/otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    ],
    ['By scraping, in the file given with --config', `scrape:\n  - job_name: web\n    static_configs:\n      - targets: ['web-1:9100']`],
  ];
}

/** `nothing`: there is no data at all, rather than none about hosts. */
export function FirstData({ nothing }: { readonly nothing: boolean }) {
  return (
    <Roads title={nothing ? 'Nothing has arrived yet' : 'No host reports in this time range'} roads={roads(location.origin)}>
      Hosts appear here as soon as their node metrics arrive, whichever way they take. This page looks again every {LOOK_EVERY_S} seconds.
    </Roads>
  );
}
