// `|= != |~ !~ |> !>`: lines that hold a text, match an expression or a pattern, or name an address.

import { RequestError } from '../../../base/request-error.ts';
import type { LineFilter, LineFilterValue } from '../ast.ts';
import { addressFinder } from './ip-address.ts';
import { linePattern } from './line-pattern.ts';
import type { RunStage } from './run-stage.ts';
import { regexTest } from './text-test.ts';
import type { TextTest } from './text-test.ts';

export function lineFilterStage(filter: LineFilter): RunStage {
  const test = lineTest(filter);
  return ({ text }) => test(text);
}

/** A test of a line by itself: a filter looks at nothing else. Throws `bad_data`. */
export function lineTest({ op, alternatives }: LineFilter): TextTest {
  const tests = alternatives.map((value) => valueTest(op, value));
  const [only] = tests;
  const any: TextTest = only !== undefined && tests.length === 1 ? only : (text) => tests.some((test) => test(text));
  return op.startsWith('!') ? (text) => !any(text) : any;
}

function valueTest(op: LineFilter['op'], { kind, value }: LineFilterValue): TextTest {
  if (kind === 'ip') {
    if (op !== '|=' && op !== '!=') throw new RequestError('bad_data', `ip: invalid operation: ${op} takes no address, |= and != do`);
    return addressFinder(value);
  }
  switch (op) {
    case '|=':
    case '!=':
      return (text) => text.includes(value);
    case '|~':
    case '!~':
      return regexTest(value);
    case '|>':
    case '!>':
      return linePattern(value);
  }
}
