// Selectors as links and questions need them: a metric and its matchers, printed by the server's own printer. Needs no parser.

import type { Matcher } from '../../src/query/matchers.ts';
import { isClassicMetricName } from '../../src/query/scanner.ts';
import { printExpr } from '../../src/metrics/promql/print.ts';

export interface Selector {
  /** Empty when no metric is named. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

/** As Prometheus prints it; a name outside the classic alphabet stands within the braces. */
export function printSelector({ metric, matchers }: Selector): string {
  const plain = isClassicMetricName(metric);
  const named: readonly Matcher[] = metric === '' ? matchers : [...matchers, { name: '__name__', op: '=', value: metric }];
  return printExpr({ kind: 'vector', name: plain ? metric : '', matchers: named, from: 0, to: 0 });
}
