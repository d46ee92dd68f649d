// Any bytes are messages: none is lost between frames, none fails to parse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyslogFrames } from './syslog-frames.ts';
import { parseSyslog } from './syslog.ts';

const piece = fc.constantFrom(
  '<13>',
  '1 ',
  '- ',
  '2024-01-02T03:04:05Z ',
  'Oct 11 22:14:15 ',
  'h ',
  'a[1]: ',
  '[e@1 a="b"]',
  '[e ',
  'a="\\"',
  ']',
  '"',
  '\n',
  '\0',
  '7 ',
  '99',
  ' ',
  '*',
  '2024 ',
  'UTC: ',
  'ü',
);
const text = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 }).map((parts) => parts.join(''));

test('messages', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('', '<34>', '<34>1 '), (rest, before) => {
      const given = before + rest;
      const message = parseSyslog(given, 1_700_000_000_000);
      assert.ok(given.includes(message.text));
      assert.ok(message.severity === undefined || (message.severity >= 0 && message.severity <= 7));
    }),
    { seed: 1, numRuns: 5000 },
  );
});

test('a stream gives the same messages however it is cut', () => {
  const read = (chunks: readonly Buffer[]): readonly string[] => {
    const messages: string[] = [];
    const frames = new SyslogFrames({ message: (bytes) => messages.push(bytes.toString('latin1')), cut: () => undefined });
    for (const chunk of chunks) frames.push(chunk);
    frames.end();
    return messages;
  };
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 4 }), (stream, cuts) => {
      const bytes = Buffer.from(stream);
      const places = [0, ...cuts.filter((at) => at <= bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((to, i) => bytes.subarray(places[i] ?? 0, to));
      assert.deepEqual(read(chunks), read([bytes]));
    }),
    { seed: 2, numRuns: 5000 },
  );
});
