// What a trace's page reads and writes: the answer, its address, the places of its bars, and the queries that it leads to.

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTraceql } from '../../../src/traces/traceql/parse.ts';
import { printTraceql } from '../../../src/traces/traceql/print.ts';
import { placeOf, placesOf, shareText, ticksOf, zoomed } from './bar-layout.ts';
import { decodeTrace } from './decode-trace.ts';
import { likeAttribute, likeRoot, likeSpan, likeWord } from './like-this.ts';
import { spanJson } from './span-json.ts';
import { isStep, readTraceState, reduceTrace, traceAddress, traceIdOf, windowOf } from './trace-state.ts';
import type { TraceEvent } from './trace-state.ts';
import type { Attribute } from './trace.ts';
import { absoluteMs, absoluteNs } from './trace.ts';

const value = (key: string, given: object) => ({ key, value: given });

const ANSWER = {
  trace: {
    resourceSpans: [
      {
        resource: { attributes: [value('service.name', { stringValue: 'shop' })] },
        scopeSpans: [
          {
            scope: { name: 'http', version: '1.2' },
            spans: [
              {
                traceId: 'AAAAAAAAAAAAAAAAAAAAoQ==',
                spanId: 'AAAAAAAAAAE=',
                name: 'GET /',
                kind: 'SPAN_KIND_SERVER',
                startTimeUnixNano: '1700000000000000123',
                endTimeUnixNano: '1700000000000005123',
                attributes: [
                  value('big', { intValue: '9007199254740993' }),
                  value('half', { doubleValue: 0.5 }),
                  value('on', { boolValue: true }),
                  value('raw', { bytesValue: 'AAE=' }),
                  value('list', { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '2' }] } }),
                  value('map', { kvlistValue: { values: [value('k', { boolValue: false })] } }),
                  value('nothing', {}),
                ],
                events: [{ timeUnixNano: '1700000000000001123', name: 'exception' }],
                links: [{ traceId: 'AAAAAAAAAAAAAAAAAAAAsg==', spanId: 'AAAAAAAAAE0=' }],
                status: { code: 'STATUS_CODE_ERROR', message: 'no' },
                droppedEventsCount: 2,
              },
              {
                spanId: 'AAAAAAAAAAI=',
                parentSpanId: 'AAAAAAAAAAE=',
                name: 'early',
                startTimeUnixNano: '1700000000000000000',
                endTimeUnixNano: '1600000000000000000',
              },
            ],
          },
        ],
      },
    ],
  },
};

test('an answer becomes spans whose times begin with the trace', () => {
  const trace = decodeTrace(ANSWER);
  const [span, early] = trace.spans;
  assert.ok(span && early);
  assert.deepEqual([trace.startNs, trace.length], [1_700_000_000_000_000_000n, 5123]);
  assert.deepEqual(
    [span.id, span.parentId, span.kind, span.status, span.statusMessage, span.dropped],
    ['0000000000000001', '', 'server', 'error', 'no', 2],
  );
  assert.deepEqual([span.start, span.end, span.events[0]?.at], [123, 5123, 1123]);
  assert.equal(span.links[0]?.traceId, '000000000000000000000000000000b2');
  assert.deepEqual(
    span.attributes.map(({ key, kind, text }) => `${key} ${kind} ${text}`),
    [
      'big int 9007199254740993',
      'half double 0.5',
      'on bool true',
      'raw bytes AAE=',
      'list list ["a",2]',
      'map map {"k":false}',
      'nothing empty ',
    ],
  );
  assert.equal(span.source.service, 'shop');
  // A span that ends before it starts takes no time.
  assert.deepEqual([early.start, early.end, early.kind, early.parentId], [0, 0, 'unspecified', '0000000000000001']);
  assert.deepEqual([absoluteNs(trace, span.start), absoluteMs(trace, 1e6)], [1_700_000_000_000_000_123n, 1_700_000_000_001]);
  assert.match(spanJson(trace, span, 'a1'), /"startNs": "1700000000000000123"[\s\S]*"big": "9007199254740993"[\s\S]*"list": \[/);
});

test('an answer of another form is refused, a trace without spans is none', () => {
  assert.throws(() => decodeTrace({ data: [] }), /expected a trace/);
  assert.deepEqual(decodeTrace({ trace: {} }).spans, []);
  assert.deepEqual(decodeTrace({ trace: { resourceSpans: [1, { scopeSpans: [{ spans: [null] }] }] } }).spans, []);
});

test('the address says what is open, and nothing of what is as always', () => {
  const address = {
    span: 'ab',
    find: 'x y',
    errors: '1',
    panel: 'path',
    zoom: '10-20',
    compare: 'b2'.padStart(32, '0'),
    view: 'table',
    rows: 'slower',
  };
  assert.deepEqual(traceAddress(readTraceState(address)), address);
  assert.ok(Object.values(traceAddress(readTraceState({}))).every((text) => text === undefined));
  const odd = readTraceState({ zoom: '20-10', panel: 'x', compare: 'zz', errors: 'yes' });
  assert.deepEqual([odd.zoom, odd.panel, odd.compare, odd.errorsOnly], [undefined, '', '', false]);
});

test('what people do', () => {
  const start = readTraceState({});
  const after = (...events: readonly TraceEvent[]) => traceAddress(events.reduce(reduceTrace, start));
  assert.equal(after({ kind: 'span opened', id: 'ab' }).span, 'ab');
  assert.equal(after({ kind: 'span opened', id: 'ab' }, { kind: 'span closed' }).span, undefined);
  assert.equal(after({ kind: 'panel toggled', panel: 'path' }).panel, 'path');
  assert.equal(after({ kind: 'panel toggled', panel: 'path' }, { kind: 'panel toggled', panel: 'path' }).panel, undefined);
  // A panel that details cover is shown, not closed.
  const covered = after(
    { kind: 'panel toggled', panel: 'path' },
    { kind: 'span opened', id: 'ab' },
    { kind: 'panel toggled', panel: 'path' },
  );
  assert.deepEqual([covered.panel, covered.span], ['path', undefined]);
  assert.equal(after({ kind: 'zoomed', window: { start: 1.4, end: 9.6 } }).zoom, '1-10');
  assert.ok(isStep(start, reduceTrace(start, { kind: 'compared', with: 'b2' })));
  assert.ok(!isStep(start, reduceTrace(start, { kind: 'text sought', text: 'x' })));
});

test('ids that people paste', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    [' 4BF92F3577B34DA6A3CE929D0E0E4736 ', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['b2', '000000000000000000000000000000b2'],
    ['0000', undefined],
    ['xyz', undefined],
    ['', undefined],
  ];
  for (const [text, id] of cases) assert.equal(traceIdOf(text), id, text);
});

test('places on the axis', () => {
  const window = { start: 100, end: 200 };
  assert.deepEqual(placeOf(120, 150, window), { left: 20, width: 30 });
  assert.deepEqual(placeOf(0, 150, window), { left: 0, width: 50 });
  assert.deepEqual(placeOf(190, 500, window), { left: 90, width: 10 });
  assert.equal(placeOf(0, 99, window), undefined);
  assert.deepEqual(placesOf([0, 50, 110, 120, 130, 140, 300, 400], window), [
    { left: 10, width: 10 },
    { left: 30, width: 10 },
  ]);
  // What cannot be told apart is drawn as one.
  const crowd = Array.from({ length: 20_000 }, (_, i) => i * 10 + (i % 2) * 9);
  assert.equal(placesOf(crowd, { start: 0, end: 200_000 }).length, 1);
});

test('ticks and zoom', () => {
  assert.deepEqual(ticksOf({ start: 0, end: 100 }, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticksOf({ start: 250, end: 900 }, 3), [500]);
  assert.deepEqual(zoomed({ start: 0, end: 1e6 }, 700, 300), { start: 300, end: 700 });
  assert.deepEqual(zoomed({ start: 0, end: 1e6 }, 500, 500), { start: 450, end: 550 });
  assert.deepEqual(windowOf({ start: 5e6, end: 6e6 }, 1e6), { start: 0, end: 1e6 });
  assert.deepEqual(windowOf(undefined, 0), { start: 0, end: 1 });
  assert.deepEqual([shareText(1, 4), shareText(1, 100_000), shareText(1, 30), shareText(0, 0)], ['25 %', '< 0.1 %', '3.3 %', '–']);
});

test('queries for more like it are TraceQL', () => {
  const attribute = (kind: Attribute['kind'], key: string, text: string): Attribute => ({ key, kind, text });
  const queries: readonly (readonly [string | undefined, string])[] = [
    [likeAttribute('span', attribute('string', 'http.route', '/a "b"')), '{ span.http.route = `/a "b"` }'],
    [likeAttribute('resource', attribute('int', 'two words', '-7')), '{ resource."two words" = -7 }'],
    [likeAttribute('event', attribute('bool', 'ok', 'true')), '{ event.ok = true }'],
    [likeAttribute('span', attribute('double', 'x', '0.5')), '{ span.x = 0.5 }'],
    [
      likeSpan({ source: { resource: [], scopeName: '', scopeVersion: '', scope: [], service: 'shop' }, name: 'GET /' }),
      '{ resource.service.name = `shop` && name = `GET /` }',
    ],
    [likeWord('status', 'error'), '{ status = error }'],
    [likeRoot('shop', 'GET /'), '{ trace:rootService = `shop` && trace:rootName = `GET /` }'],
  ];
  for (const [query, expected] of queries) {
    assert.equal(query, expected);
    assert.ok(printTraceql(parseTraceql(expected)).length > 0);
  }
  for (const kind of ['list', 'map', 'bytes', 'empty'] as const) assert.equal(likeAttribute('span', attribute(kind, 'k', 'x')), undefined);
  assert.equal(likeAttribute('span', attribute('double', 'k', 'NaN')), undefined);
});
