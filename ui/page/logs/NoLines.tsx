// What stands in the place of lines when a query finds none: what to look at first.

import type { LogExpr } from '../../../src/logs/logql/ast.ts';
import { printSelector } from '../../../src/logs/logql/print.ts';
import { useLive } from '../../data/Live.tsx';
import { streamLabelValues } from '../../data/log-questions.ts';
import { alignSpan } from '../../data/time-range.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { Button } from '../../kit/Controls.tsx';
import { Empty } from '../../kit/States.tsx';

interface NoLinesProps {
  readonly expr: LogExpr;
  readonly onRun: (query: string) => void;
}

export function NoLines({ expr, onRun }: NoLinesProps) {
  const { span, shift } = useLive();
  const selector = printSelector(expr.matchers);
  const label = expr.matchers[0]?.name ?? '';
  const values = useAnswer(streamLabelValues(label, selector, alignSpan(span, 60_000)), 'minute');
  const streams = values.data === undefined ? undefined : values.data.value.length > 0;
  return (
    <Empty
      title="No lines in this time range"
      actions={
        <>
          {streams !== false && expr.stages.length > 0 && <Button onClick={() => onRun(selector)}>Without the stages</Button>}
          <Button onClick={() => shift(-1)}>Look earlier</Button>
        </>
      }
    >
      {streams === false && (
        <p>
          No stream has all of <code>{selector}</code> in this time range: change a matcher, or widen the range.
        </p>
      )}
      {streams === true && expr.stages.length > 0 && (
        <p>There are such streams, but none of their lines passes the stages behind the selector.</p>
      )}
      {streams === true && expr.stages.length === 0 && (
        <p>There are such streams on these days, but they have no lines between these times.</p>
      )}
    </Empty>
  );
}
