// Selectors as links and questions need them: a metric and its matchers as the server prints them. Every page links to metrics, so this reaches
// neither the parser nor its engine of regular expressions; a test holds it to the server's printer.

import type { Matcher } from '../../src/query/matchers.ts';
import { isClassicLabelName, isClassicMetricName, quote } from '../../src/query/scanner.ts';

export interface Selector {
  /** Empty when no metric is named. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

/** A name outside the classic alphabet stands within the braces. */
export function printSelector({ metric, matchers }: Selector): string {
  const plain = metric === '' || isClassicMetricName(metric);
  const all: readonly Matcher[] = plain ? matchers : [...matchers, { name: '__name__', op: '=', value: metric }];
  const inner = all.map(({ name, op, value }) => `${isClassicLabelName(name) ? name : quote(name)}${op}${quote(value)}`).sort();
  return `${plain ? metric : ''}${inner.length === 0 ? '' : `{${inner.join(',')}}`}`;
}
