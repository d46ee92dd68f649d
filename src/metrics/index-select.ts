// Matchers on a tenant's index: which numbers are left.
//
//   matcher ─▶ its values' postings: those that a series must be in, or, where an absent label matches too, those that it must not be in
//   the smallest of the first kind ─▶ candidates ─▶ each other matcher ─▶ the days' bitmap ─▶ numbers
//
// Values are tested before anything is intersected, in slices between which others have their turn; what was registered meanwhile is left out.

import { labelValue } from '../query/labels.ts';
import { type Matcher, compileMatcher, patternOf } from '../query/matchers.ts';
import { Bits } from './bits.ts';
import { type LabelPostings, type Postings, postingNumbers, postingsLength } from './postings.ts';
import { Slices } from './slices.ts';
import type { IndexView } from './series-index.ts';
import type { TenantIndex } from './tenant-index.ts';

/** Reading a candidate's label costs as much as marking so many numbers of a posting. */
const LABEL_COST = 24;

// What a matcher asks: to be in one of the postings (`among`), or in none of them.
interface Choice {
  readonly matcher: Matcher;
  readonly among: boolean;
  readonly postings: readonly Postings[];
  /** Numbers in all of the postings. */
  readonly total: number;
}

/** The series of a tenant that were active and match, ascending. */
export async function selectNumbers({ index, active }: IndexView, matchers: readonly Matcher[], signal: AbortSignal): Promise<Uint32Array> {
  const end = index.size;
  const choices: Choice[] = [];
  const tested: Matcher[] = [];
  for (const matcher of matchers) {
    const choice = directChoice(index.labels.get(matcher.name), matcher);
    if (choice === undefined) tested.push(matcher);
    else if (narrows(index, choice)) choices.push(choice);
  }
  if (tested.length === 0) return narrowed(index, choices, active, end);
  // Where other matchers leave few series, their own labels are tested; elsewhere the label's values, of which there are fewer.
  let few = choices.some(({ among }) => among) ? narrowed(index, choices, active, end) : undefined;
  for (const matcher of tested) {
    const label = index.labels.get(matcher.name);
    if (few !== undefined && 2 * few.length <= (label?.values.size ?? 0)) {
      few = await tests(index, few, matcher, signal);
      continue;
    }
    const choice = await testedChoice(label, matcher, signal);
    if (few !== undefined) few = filtered(index, few, choice, end);
    else if (narrows(index, choice)) choices.push(choice);
  }
  return few ?? narrowed(index, choices, active, end);
}

/** False where every series has the label with such a value, or no series has a value that is refused. */
function narrows(index: TenantIndex, { among, total }: Choice): boolean {
  return among ? total < index.size : total > 0;
}

/** What a matcher chooses where no value has to be tested. */
function directChoice(label: LabelPostings | undefined, matcher: Matcher): Choice | undefined {
  const { op, value } = matcher;
  const positive = op === '=' || op === '=~';
  const pattern = op === '=' || op === '!=' ? ({ kind: 'set', values: [value] } as const) : patternOf(value);
  if (pattern.kind === 'any') return positive ? choiceOf(matcher, false, []) : choiceOf(matcher, true, []);
  if (pattern.kind === 'nonempty') return choiceOf(matcher, positive, allPostings(label), label?.total);
  if (pattern.kind !== 'set') return undefined;
  const found = pattern.values.flatMap((one) => label?.values.get(one) ?? []);
  if (!pattern.values.includes('')) return choiceOf(matcher, positive, found);
  // An absent label matches: what is left out are all the other values.
  if (pattern.values.length === 1) return choiceOf(matcher, !positive, allPostings(label), label?.total);
  return undefined;
}

function allPostings(label: LabelPostings | undefined): readonly Postings[] {
  return label === undefined ? [] : [...label.values.values()];
}

function choiceOf(matcher: Matcher, among: boolean, postings: readonly Postings[], known?: number): Choice {
  const total = known ?? postings.reduce<number>((sum, one) => sum + postingsLength(one), 0);
  return { matcher, among, postings, total };
}

/** Tests each value of the label once. */
async function testedChoice(label: LabelPostings | undefined, matcher: Matcher, signal: AbortSignal): Promise<Choice> {
  const matches = compileMatcher(matcher);
  // Where an absent label matches, the values that do not are left out; elsewhere those that do are taken.
  const among = !matches('');
  const postings: Postings[] = [];
  const slices = new Slices(signal);
  for (const [value, one] of label?.values ?? []) {
    if (matches(value) === among) postings.push(one);
    if (slices.isOver()) await slices.pause();
  }
  return choiceOf(matcher, among, postings);
}

/** Tests the labels of candidates, each value once. */
async function tests(index: TenantIndex, numbers: Uint32Array, matcher: Matcher, signal: AbortSignal): Promise<Uint32Array> {
  const matches = compileMatcher(matcher);
  const known = new Map<string, boolean>();
  const kept: number[] = [];
  const slices = new Slices(signal);
  for (const number of numbers) {
    const value = labelValue(index.labelSet(number), matcher.name);
    let isMatch = known.get(value);
    if (isMatch === undefined) known.set(value, (isMatch = matches(value)));
    if (isMatch) kept.push(number);
    if (slices.isOver()) await slices.pause();
  }
  return Uint32Array.from(kept);
}

function narrowed(index: TenantIndex, choices: readonly Choice[], active: Bits, end: number): Uint32Array {
  const [first, ...others] = [...choices].sort((a, b) => Number(b.among) - Number(a.among) || a.total - b.total);
  if (first === undefined) return active.numbers(end);
  if (!first.among) return choices.reduce((left, choice) => filtered(index, left, choice, end), active.numbers(end));
  const left = others.reduce((some, choice) => filtered(index, some, choice, end), union(first, end));
  return left.every((number) => active.has(number)) ? left : left.filter((number) => active.has(number));
}

/** The numbers below `end` of all postings, ascending. */
function union({ postings }: Choice, end: number): Uint32Array {
  const [only] = postings;
  if (postings.length === 1 && only !== undefined) return postingNumbers(only).filter((number) => number < end);
  return marked(postings, end).numbers(end);
}

function marked(postings: readonly Postings[], end: number): Bits {
  const bits = new Bits(end);
  for (const one of postings) {
    if (typeof one === 'number') bits.add(one);
    else for (const number of one.numbers()) bits.add(number);
  }
  return bits;
}

/** The numbers that a choice leaves: by a bitmap of its postings, or by reading the candidates' labels where there are few of them. */
function filtered(index: TenantIndex, numbers: Uint32Array, { matcher, among, postings, total }: Choice, end: number): Uint32Array {
  if (numbers.length * LABEL_COST < total) {
    const matches = compileMatcher(matcher);
    return numbers.filter((number) => matches(labelValue(index.labelSet(number), matcher.name)));
  }
  const bits = marked(postings, end);
  return numbers.filter((number) => bits.has(number) === among);
}
