// What may be written where the cursor stands. A bar marks the cursor.

import assert from 'node:assert/strict';
import test from 'node:test';
import { wantedAt } from './completion-context.ts';

function wanted(marked: string): string {
  const at = marked.indexOf('|');
  const found = wantedAt(marked.replace('|', ''), at);
  if (found.kind === 'nothing') return 'nothing';
  const { kind, from } = found;
  const typed = marked.slice(from, at);
  const more =
    kind === 'label' || kind === 'value'
      ? ` of ${found.selectors.join(' ')}${kind === 'value' ? ` ${found.label}` : ''}`
      : kind === 'operand' && found.afterOperator
        ? ' after operator'
        : kind === 'operator' && found.grouping
          ? ' with grouping'
          : '';
  return `${kind} <${typed}>${more}`;
}

test('every place', () => {
  const cases: readonly [string, string][] = [
    ['|', 'operand <>'],
    ['ra|', 'operand <ra>'],
    ['sum(ra|)', 'operand <ra>'],
    ['a + b|', 'operand <b> after operator'],
    ['a and |', 'operand <> after operator'],
    ['a == bool x|', 'operand <x> after operator'],
    ['a + on (b) gr|', 'operand <gr> after operator'],
    ['a o|', 'operator <o>'],
    ['sum b|', 'operator <b> with grouping'],
    ['sum(a) |', 'operator <> with grouping'],
    ['sum by (jo|) (x)', 'label <jo> of x'],
    ['sum by (job, |) (x / y)', 'label <> of x y'],
    ['x{|}', 'label <> of x'],
    ['x{a="1", b|}', 'label <b> of x{a="1"}'],
    ['{|', 'label <> of '],
    ['x{a |}', 'nothing'],
    ['x{a="|"}', 'value <> of x a'],
    ['x{b!="2",a=~"v|', 'value <v> of x{b!="2"} a'],
    ['{"na|"}', 'name <na>'],
    ['x[|]', 'duration <>'],
    ['rate(x[5|', 'duration <5>'],
    ['x[1h:|]', 'duration <>'],
    ['x[1h |]', 'nothing'],
    ['x offset 1|', 'duration <1>'],
    ['label_replace(x, "a|', 'nothing'],
    ['x # no|', 'nothing'],
    ['1|', 'nothing'],
  ];
  for (const [marked, expected] of cases) assert.equal(wanted(marked), expected, marked);
});
