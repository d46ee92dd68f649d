// The logs page's state: what is on the screen is in the address, and what people do leads where they expect.

import assert from 'node:assert/strict';
import test from 'node:test';
import { isStep, logsAddress, readLogs, reduceLogs } from './logs-state.ts';
import type { LogsEvent, LogsState } from './logs-state.ts';

const after = (...events: readonly LogsEvent[]): LogsState => events.reduce(reduceLogs, readLogs({}));
const query = '{app="x"}';

test('a state goes into an address and out again', () => {
  const states = [
    after(),
    after({ kind: 'query run', query }, { kind: 'tab chosen', tab: 'patterns' }),
    after({ kind: 'query run', query }, { kind: 'direction turned' }, { kind: 'limit chosen', limit: 5000 }, { kind: 'wrap toggled' }),
    after({ kind: 'column toggled', name: 'a' }, { kind: 'column toggled', name: 'b' }, { kind: 'line column toggled' }),
    after({ kind: 'only column', name: 'a' }, { kind: 'line opened', key: '17.abc' }),
    after({ kind: 'query run', query }, { kind: 'live toggled' }, { kind: 'browser toggled' }),
    after({ kind: 'tab chosen', tab: 'fields' }, { kind: 'field toggled', name: 'status' }),
  ];
  for (const state of states) assert.deepEqual(readLogs(logsAddress(state)), state);
  assert.deepEqual(
    Object.values(logsAddress(after())).filter((text) => text !== undefined),
    [],
  );
});

test('an address that means nothing is read as the default', () => {
  assert.deepEqual(readLogs({ tab: 'nonsense', limit: '7', dir: 'up', wrap: 'yes', cols: ',', line: '0' }), readLogs({}));
});

test('what people do', () => {
  // Another query shows no line of the one before.
  assert.equal(after({ kind: 'line opened', key: '1.a' }, { kind: 'query run', query }).open, '');
  // The same query, with spaces around it, changes nothing.
  const one = after({ kind: 'query run', query });
  assert.equal(reduceLogs(one, { kind: 'query run', query: ` ${query} ` }), one);
  // A live view needs a query, and shows lines.
  assert.equal(after({ kind: 'query run', query }, { kind: 'live toggled' }, { kind: 'query run', query: '' }).live, false);
  assert.equal(after({ kind: 'live toggled' }, { kind: 'tab chosen', tab: 'fields' }).live, false);
  // Without columns the line is always there.
  assert.equal(after({ kind: 'only column', name: 'a' }, { kind: 'column toggled', name: 'a' }).lineHidden, false);
  assert.equal(after({ kind: 'line column toggled' }).lineHidden, false);
  // A filter chosen on another tab leads to its lines.
  assert.equal(after({ kind: 'tab chosen', tab: 'patterns' }, { kind: 'lines asked', query }).tab, 'lines');
  assert.equal(
    after({ kind: 'tab chosen', tab: 'fields' }, { kind: 'field toggled', name: 'a' }, { kind: 'field toggled', name: 'a' }).field,
    '',
  );
  assert.equal(isStep(after(), one), true);
  assert.equal(isStep(one, reduceLogs(one, { kind: 'wrap toggled' })), false);
});
