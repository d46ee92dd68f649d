// The terminals of TraceQL: what the lexer makes of a text, and what messages call it.
//
// A token is named by its spelling where it has one. Source: Tempo `pkg/traceql/expr.y` and `lexer.go`, release 3.1.

import type { Associativity } from './lalr.ts';

/** Those that stand for many texts. */
const OF_MANY = 'IDENTIFIER STRING INTEGER FLOAT DURATION';

const WORDS = `. { } ( ) , nil true false error ok unset unspecified internal server client producer consumer
  duration childCount name status statusMessage parent kind rootName rootServiceName rootService traceDuration
  nestedSetLeft nestedSetRight nestedSetParent id traceID spanID parentID timeSinceStart version
  parent. resource. span. trace: span: event: event. link: link. instrumentation: instrumentation.
  count avg max min sum by coalesce select END_ATTRIBUTE
  rate count_over_time min_over_time max_over_time avg_over_time sum_over_time quantile_over_time histogram_over_time compare
  topk bottomk with`;

/** From the weakest. `!~` means one thing between values and another between sets of spans. */
export const PRECEDENCE: readonly { readonly associativity: Associativity; readonly terminals: readonly string[] }[] = [
  { associativity: 'left', terminals: ['|'] },
  { associativity: 'left', terminals: ['&&', '||'] },
  { associativity: 'left', terminals: split('= != < <= > >= !~ =~ >> << ~ !> !< !>> !<< &> &< &>> &<< &~') },
  { associativity: 'left', terminals: ['+', '-'] },
  { associativity: 'left', terminals: ['!'] },
  { associativity: 'left', terminals: ['*', '/', '%'] },
  { associativity: 'right', terminals: ['^'] },
  { associativity: 'nonassoc', terminals: ['nil'] },
];

/** In the order in which messages list what was expected. */
export const TERMINALS: readonly string[] = [
  ...new Set(split(`${OF_MANY} ${WORDS} ${PRECEDENCE.flatMap(({ terminals }) => terminals).join(' ')}`)),
];

/** Spellings that are tokens. */
export const SPELLED: ReadonlySet<string> = new Set(TERMINALS.filter((name) => !/^[A-Z]/.test(name)));

/** Behind these a name stands, up to the next character that no name has. */
export const BEFORE_NAME: ReadonlySet<string> = new Set(split('. parent. resource. span. event. link. instrumentation.'));

/** The longest scope that may stand between `parent.` and a name. */
export const SCOPES_OF_PARENT: readonly string[] = ['span.', 'resource.'];

/** Words of a text that only blanks divide. */
export function split(text: string): string[] {
  return text.trim().split(/\s+/);
}
