// `info` as a table: call, series, info series (each value the time of its sample), result.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../../../base/request-error.ts';
import { labelValue } from '../../../query/labels.ts';
import { compileMatcher, type Matcher, printMatcher } from '../../../query/matchers.ts';
import { evaluateInfo, infoAnchor, type InfoSeries } from './info.ts';
import { printExpr } from '../print.ts';
import { printSeries, readSeries, type TestCall, testCall } from '../steps/test-call.ts';

const target = 'target_info{instance="a", job="1", data="info", more="x"} 0 1 2';
const build = 'build_info{instance="a", job="1", build="b"} 0 1 2';

/** `[call, series, info series, result]` */
const cases: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
  ['info(m)', ['m{instance="a", job="1"} 1 2 3'], [target, build], ['m{data="info", instance="a", job="1", more="x"} 1 2 3']],
  ['info(m)', ['m{instance="a", job="1"} 1 _ {{sum:1 count:5}}'], [target], ['m{data="info", instance="a", job="1", more="x"} 1 _ h5']],
  ['info(m)', ['m{instance="a", job="2"} 1'], [target], ['m{instance="a", job="2"} 1 _ _']],
  ['info(m)', ['m 1', 'm{instance="a"} 2'], [target], ['m 1 _ _', 'm{instance="a"} 2 _ _']],
  ['info(m)', ['m{instance="a"} 1'], ['target_info{instance="a", x="y"} 0'], ['m{instance="a", x="y"} 1 _ _']],
  ['info(m)', [], [target], []],
  // The selector says which labels come along, and whether there must be any.
  ['info(m, {data=~".+"})', ['m{instance="a", job="1"} 1 2 3'], [target], ['m{data="info", instance="a", job="1"} 1 2 3']],
  ['info(m, {data=~".+"})', ['m{instance="a", job="2"} 1'], [target], []],
  ['info(m, {data="other"})', ['m{instance="a", job="1"} 1'], [target], []],
  ['info(m, {data=~".*", none=~".*"})', ['m{instance="a", job="2"} 1'], [target], ['m{instance="a", job="2"} 1 _ _']],
  ['info(m, {data=~".+", none=~".*"})', ['m{instance="a", job="1"} 1'], [target], ['m{data="info", instance="a", job="1"} 1 _ _']],
  // Labels of the series itself stay as they are.
  ['info(m)', ['m{instance="a", job="1", data="own"} 1'], [target], ['m{data="own", instance="a", job="1", more="x"} 1 _ _']],
  ['info(m, {data="info"})', ['m{instance="a", job="1", data="own"} 1'], [target], ['m{data="own", instance="a", job="1"} 1 _ _']],
  // The name chooses the info metrics.
  ['info(m, {__name__="build_info"})', ['m{instance="a", job="1"} 1'], [target, build], ['m{build="b", instance="a", job="1"} 1 _ _']],
  [
    'info(m, {__name__=~".+_info"})',
    ['m{instance="a", job="1"} 1'],
    [target, build],
    ['m{build="b", data="info", instance="a", job="1", more="x"} 1 _ _'],
  ],
  ['info(m, {__name__="none"})', ['m{instance="a", job="1"} 1'], [target], ['m{instance="a", job="1"} 1 _ _']],
  ['info(m, {__name__="none"})', ['m 1'], [target], ['m 1 _ _']],
  // Info metrics are not told about themselves, unless the name is not asked for.
  ['info({job="1"})', ['target_info{instance="a", job="1"} 1'], [target], ['target_info{instance="a", job="1"} 1 _ _']],
  [
    'info(x, {__name__=~".+_info", data=~".+"})',
    ['build_info{instance="a", job="1"} 1'],
    [target, build],
    ['build_info{instance="a", job="1"} 1 _ _'],
  ],
  [
    'info(x, {__name__=~"target_.+", __name__=~".+_info"})',
    ['build_info{instance="a", job="1"} 1'],
    [target, build],
    ['build_info{data="info", instance="a", job="1", more="x"} 1 _ _'],
  ],
  // Of several info series the one that was told last counts.
  [
    'info(m)',
    ['m{instance="a", job="1"} 1 2 3'],
    ['target_info{instance="a", job="1", v="old"} 0 1 1', 'target_info{instance="a", job="1", v="new"} _ _ 2'],
    ['m{instance="a", job="1", v="old"} 1 2 _', 'm{instance="a", job="1", v="new"} _ _ 3'],
  ],
  [
    'info(m, {v=~".+"})',
    ['m{instance="a", job="1"} 1 2 3'],
    ['target_info{instance="a", job="1", v="old"} 0 _ _', 'target_info{instance="a", job="1", v="new"} _ _ 2'],
    ['m{instance="a", job="1", v="old"} 1 _ _', 'm{instance="a", job="1", v="new"} _ _ 3'],
  ],
  // What is wrong at a step without series does not matter.
  [
    'info(m)',
    ['m{instance="a", job="1"} _ 1'],
    ['target_info{instance="a", job="1", v="x"} {{count:1}} 1'],
    ['m{instance="a", job="1", v="x"} _ 1 _'],
  ],
];

/** `[call, series, info series, the error's message]` */
const refused: readonly (readonly [string, readonly string[], readonly string[], string])[] = [
  ['info(m)', ['m{instance="a", job="1"} 1'], ['target_info{instance="a", job="1"} {{count:1}}'], 'info sample should be float'],
  [
    'info(m)',
    ['m{instance="a", job="1"} 1'],
    ['target_info{instance="a", job="1", v="x"} 7', 'target_info{instance="a", job="1", v="y"} 7'],
    'found duplicate series for info metric: existing {__name__="target_info", instance="a", job="1", v="x"} @ 7, new {__name__="target_info", instance="a", job="1", v="y"} @ 7',
  ],
  [
    'info(m, {__name__=~".+_info"})',
    ['m{instance="a", job="1"} 1'],
    ['target_info{instance="a", job="1", v="x"} 1', 'build_info{instance="a", job="1", v="y"} 1'],
    'conflicting label: v',
  ],
  [
    'info(m)',
    ['m{instance="a", job="1"} 1', 'm{instance="a", job="1", more="x"} 1'],
    ['target_info{instance="a", job="1", more="x"} 1'],
    'vector cannot contain metrics with the same labelset',
  ],
];

function selectFrom(infos: readonly string[], { evaluation }: TestCall): (matchers: readonly Matcher[]) => Promise<readonly InfoSeries[]> {
  return (matchers) => {
    const all = infos.map((line) => readSeries(line, evaluation));
    const matching = all.filter(({ labels }) => matchers.every((matcher) => compileMatcher(matcher)(labelValue(labels, matcher.name))));
    for (const series of all) if (!matching.includes(series)) evaluation.arrays.give(series);
    return Promise.resolve(matching.map((series) => ({ series, times: series.values.slice() })));
  };
}

async function runInfo(query: string, series: readonly string[], infos: readonly string[]): Promise<readonly string[]> {
  const context = testCall(query, series, { steps: 3 });
  const result = await evaluateInfo(context.series, context.call, { ...context, selectInfo: selectFrom(infos, context) });
  assert.equal(context.held.samples, result.length * 3, `what ${query} holds`);
  return result.map(printSeries);
}

test('joins the labels of info metrics', async () => {
  for (const [call, series, infos, result] of cases)
    assert.deepEqual(await runInfo(call, series, infos), result, `${call} ${series.join()}`);
});

test('refuses what is ambiguous', async () => {
  for (const [call, series, infos, message] of refused) {
    await assert.rejects(
      runInfo(call, series, infos),
      (error) => error instanceof RequestError && error.code === 'execution' && error.message === message,
      message,
    );
  }
});

test('selects the info metrics of the targets at hand only', async () => {
  const asked: string[] = [];
  const context = testCall('info(m, {data="d"})', ['m{instance="a.b", job="1"} 1', 'm{instance="c|d"} 1', 'x 1']);
  const selectInfo = (matchers: readonly Matcher[]): Promise<readonly InfoSeries[]> => {
    asked.push(matchers.map(printMatcher).join(', '));
    return Promise.resolve([]);
  };
  await evaluateInfo(context.series, context.call, { ...context, selectInfo });
  await evaluateInfo([], context.call, { ...context, selectInfo });
  assert.deepEqual(asked, [String.raw`__name__="target_info", instance=~"a\\.b|c\\|d", job=~"1", data="d"`]);
});

test('looks where the first selector looks', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['info(x @ 60)', 'x @ 60.000'],
    ['info(rate(x[5m] offset 1m) + y, {a="b"})', 'x'],
    ['info(vector(1))', undefined],
  ];
  for (const [query, anchor] of cases) {
    const found = infoAnchor(testCall(query, []).call);
    assert.equal(found && printExpr(found), anchor, query);
  }
});
