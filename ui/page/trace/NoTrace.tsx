// What stands in the place of a trace that is not there: why that may be, and what to do.

import { useLive } from '../../data/Live.tsx';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { Button } from '../../kit/Controls.tsx';
import { Empty, Lines } from '../../kit/States.tsx';
import { traceIdOf } from './trace-state.ts';

interface NoTraceProps {
  readonly traceId: string;
  readonly onRetry: () => void;
}

export function NoTrace({ traceId, onRetry }: NoTraceProps) {
  const { tenant } = useLive();
  if (traceIdOf(traceId) === undefined) {
    return (
      <Empty title="This is no trace id">
        <p>
          <code>{traceId}</code>: a trace id has up to 32 hexadecimal digits, and not all of them are zero.
        </p>
      </Empty>
    );
  }
  const { origin } = location;
  const lines = `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}/otlp\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_TRACES_EXPORTER=otlp`;
  return (
    <Empty title="There is no such trace">
      <p>
        No span of <code>{traceId}</code> has arrived{tenant === '' ? '' : ` for the tenant ${tenant}`}. It may be on its way, its sampler
        may have left it out, it may be older than traces are kept, or another tenant may have it.
      </p>
      <div>
        <Button onClick={onRetry}>Look again</Button>
      </div>
      <p>Spans come from any OpenTelemetry SDK or collector with:</p>
      <Lines text={lines} />
      <div>
        <CopyButton title="Copy" text={lines} />
      </div>
    </Empty>
  );
}

export function EmptyTrace({ traceId, warnings, onRetry }: NoTraceProps & { readonly warnings: readonly string[] }) {
  return (
    <Empty title="This trace has no spans">
      <p>
        The server knows <code>{traceId}</code>, but gives no span of it{warnings.length === 0 ? '.' : `: ${warnings.join('; ')}`}
      </p>
      <div>
        <Button onClick={onRetry}>Look again</Button>
      </div>
    </Empty>
  );
}
