// What filters become, a line each: the condition, and whether it is all that the filter says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Catalogue, KeyPlaces, KnownSource } from '../catalogue.ts';
import type { TypeTag } from '../typed-text.ts';
import { parseTraceql } from '../traceql/parse.ts';
import { compileCondition } from './compile-condition.ts';
import { compileSearch } from './compile-search.ts';

function source(id: bigint, service: string): KnownSource {
  const resource = [{ key: 'service.name', value: service }];
  return { id, service, resource, resourceSchemaUrl: '', scopeName: 'http', scopeVersion: '', scopeAttributes: [], scopeSchemaUrl: '' };
}

function column(name: string, types: readonly TypeTag[] | undefined): KeyPlaces {
  return { columns: [{ column: name, lineages: undefined }], inMap: false, types: types && new Set(types) };
}

const SPAN_KEYS: ReadonlyMap<string, KeyPlaces> = new Map([
  ['method', column('c1', ['s'])],
  ['code', column('c2', ['i', 'd'])],
  ['mix', column('c3', undefined)],
  ['rare', { columns: [], inMap: true, types: new Set<TypeTag>(['s']) }],
  ['moved', { columns: [{ column: 'c4', lineages: undefined }], inMap: true, types: new Set<TypeTag>(['s']) }],
  ['theirs', { columns: [{ column: 'c5', lineages: [3] }], inMap: false, types: new Set<TypeTag>(['s']) }],
]);
const SOURCES = [source(1n, 'shop'), source(2n, 'cart'), source(3n, 'db')];
const CATALOGUE: Catalogue = {
  sources: SOURCES,
  source: (id) => SOURCES.find((each) => each.id === id),
  spanKey: (key) => SPAN_KEYS.get(key),
  nestedTypes: (_scope, key) => (key === 'type' ? new Set<TypeTag>(['s']) : undefined),
  keys: () => [],
};

function becomes(filter: string, condition: string, kind: 'exact' | 'at most' = 'exact'): void {
  const { root } = parseTraceql(`{ ${filter} }`);
  const stage = root.type === 'pipeline' ? root.stages[0] : undefined;
  assert.ok(stage?.type === 'filter');
  const compiled = compileCondition(stage.expr, CATALOGUE);
  assert.deepEqual({ condition: compiled.condition.source, exact: compiled.exact }, { condition, exact: kind === 'exact' }, filter);
}

test('constants and sources are decided here', () => {
  becomes('', '1');
  becomes('1 + 1 = 3', '0');
  becomes('resource.service.name = "shop"', 'source IN (1)');
  becomes('resource.service.name != "shop"', 'source NOT IN (1)');
  becomes('resource.service.name =~ ".+"', '1');
  becomes('.service.name = "db"', 'source IN (3)'); // no span has the attribute
  becomes('instrumentation:name = "grpc"', '0');
  becomes('span.unknown = 1', '0');
  becomes('span.unknown != 1', '0'); // nothing is unlike nil
  becomes('span.unknown = nil', '1');
});

test('attributes of spans, by the types that they have had', () => {
  becomes('span.method = "GET"', "`c1` = 'sGET'");
  becomes('span.method = 5', '0');
  becomes('span.method != nil', "`c1` != ''");
  becomes('span.method =~ "GET|PUT"', "`c1` IN ('sGET','sPUT')");
  becomes('span.method =~ "[A-Z]+"', "(startsWith(`c1`, 's')) AND (match(substring(`c1`, 2), '^(?s:[A-Z]+)$'))");
  becomes('span.code = 500', "(`c2` IN ('i500')) OR (`c2` IN ('d500'))");
  becomes('span.rare = "x"', "attrs['rare'] = 'sx'");
  becomes('span.moved = "x"', "if(`c4` != '', `c4`, attrs['moved']) = 'sx'");
  becomes('span.theirs = "x"', "if(lineage IN (3), `c5`, '') = 'sx'");
  becomes('span.mix = true', "(NOT (`c3` IN ('', 'n'))) AND ((`c3` IN ('bt')) OR (substring(`c3`, 1, 1) IN ('x','a','m')))", 'at most');
});

test('intrinsics', () => {
  becomes('duration > 1s', 'duration > 1000000000');
  becomes('duration = 0.5', '0'); // whole nanoseconds
  becomes('status = error', 'status IN (2)');
  becomes('status != error', 'status NOT IN (2)');
  becomes('kind = unspecified', 'kind NOT IN (1,2,3,4,5)');
  becomes('nestedSetParent < 0', 'parent_id = 0');
  becomes('parent = nil', 'parent_id = 0');
  becomes('span:id = "00000000000000ff"', 'span_id = 255');
  becomes('event:name = "x"', "(notEmpty(event_name)) AND (arrayExists(v -> v = 'x', event_name))");
});

test('negation loses no span', () => {
  becomes('!(name = "a" && span.code > .method)', '1', 'at most');
  becomes('!(status = error)', 'NOT (status IN (2))');
  becomes('rootName = "a" && status = ok', 'status IN (1)', 'at most');
  becomes('!(rootName = "a") || status = ok', '1', 'at most');
});

test('what traces need', () => {
  const needs = (text: string): string => {
    const { root } = parseTraceql(text);
    assert.ok(root.type === 'pipeline');
    const plan = compileSearch(root, CATALOGUE);
    return plan.kind === 'spans' ? `spans ${plan.condition.source}` : `${plan.condition.source} / ${plan.having.source}`;
  };
  assert.equal(needs('{ status = error } | select(name)'), 'spans status IN (2)');
  assert.equal(needs('{ status = error } || { kind = server }'), 'spans (status IN (2)) OR (kind IN (2))');
  assert.equal(
    needs('{ status = error } >> { kind = server }'),
    '(status IN (2)) OR (kind IN (2)) / (countIf(status IN (2)) > 0) AND (countIf(kind IN (2)) > 0)',
  );
  assert.equal(needs('{ status = error } !>> { kind = server }'), '(status IN (2)) OR (kind IN (2)) / countIf(kind IN (2)) > 0');
  assert.equal(needs('{ } | count() > 2'), '1 / toInt64(countIf(1)) > 2');
  assert.equal(needs('{ } | by(name) | avg(duration) > 1s'), '1 / maxIf(duration, 1) >= 1000000000');
});
