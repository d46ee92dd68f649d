// Fields found in lines: names as the parsing stages give them, types, numbers of values, paths.

import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { detectFields, fieldValues, typeOf } from './detect-fields.ts';
import type { CategorizedLabels } from './logql/line-labels.ts';
import type { ResultEntry } from './query-result.ts';

const signal = new AbortController().signal;

function entry(line: string, categories: Partial<CategorizedLabels> = {}): ResultEntry {
  const all = { stream: ['app', 'a'], structuredMetadata: [], parsed: [], ...categories };
  return { tsNs: 0n, line, labels: all.stream, categories: all };
}

test('types of values', () => {
  const cases = {
    int: ['1', '-7', '+3', '9223372036854775807', '0'],
    float: ['1.5', '1e3', 'NaN', '9223372036854775808'],
    boolean: ['true', 'False', 't'],
    duration: ['1h30m', '5ms', '1.5s', '-3us'],
    bytes: ['42MB', '1.5 kB', '10KiB'],
    string: ['', 'hello', '10.0.0.1', '1h 30m', 'yes'],
  };
  for (const [type, values] of Object.entries(cases)) for (const value of values) equal(typeOf(value), type, value);
});

test('fields of JSON, with their paths', async () => {
  const entries = [
    entry('{"status":200,"request":{"method":"GET","took":"5ms"},"app":"other","list":[1],"none":null}'),
    entry('{"status":500,"request":{"method":"PUT","took":"7ms"}}'),
  ];
  deepEqual(await detectFields({ entries, limit: 10, signal }), [
    { label: 'app_extracted', type: 'string', cardinality: 1, parsers: ['json'], jsonPath: ['app'] },
    { label: 'request_method', type: 'string', cardinality: 2, parsers: ['json'], jsonPath: ['request', 'method'] },
    { label: 'request_took', type: 'duration', cardinality: 2, parsers: ['json'], jsonPath: ['request', 'took'] },
    { label: 'status', type: 'int', cardinality: 2, parsers: ['json'], jsonPath: ['status'] },
  ]);
});

test('fields of logfmt, of structured metadata, and of the query itself', async () => {
  const entries = [
    entry('level=info size=10KiB', { structuredMetadata: ['trace_id', 'abc'] }),
    entry('level=warn size=big', { structuredMetadata: ['trace_id', 'abc'], parsed: ['found', '1', '__error__', 'X'] }),
    entry('{"level":"info"}'),
    entry('just words'),
  ];
  deepEqual(await detectFields({ entries, limit: 10, signal }), [
    { label: 'found', type: 'int', cardinality: 1, parsers: null },
    { label: 'level', type: 'string', cardinality: 2, parsers: ['logfmt', 'json'], jsonPath: ['level'] },
    { label: 'size', type: 'string', cardinality: 2, parsers: ['logfmt'] },
    { label: 'trace_id', type: 'string', cardinality: 1, parsers: null },
  ]);
});

test('the bound on fields and values holds', async () => {
  const entries = Array.from({ length: 50 }, (_, i) => entry(`{"k${i}":1,"same":${i}}`));
  equal((await detectFields({ entries, limit: 7, signal })).length, 7);
  equal((await fieldValues({ entries, limit: 7, signal }, 'same')).length, 7);
});

test('values of a field', async () => {
  const entries = [entry('a=1 size="5 MB"'), entry('a=2', { structuredMetadata: ['a', '3'] }), entry('{"a":"4"}')];
  deepEqual(await fieldValues({ entries, limit: 10, signal }, 'a'), ['1', '2', '3', '4']);
  deepEqual(await fieldValues({ entries, limit: 10, signal }, 'size'), ['5MB']);
  deepEqual(await fieldValues({ entries, limit: 10, signal }, 'none'), []);
});
