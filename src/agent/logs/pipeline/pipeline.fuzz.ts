// Stages over anything: every line that is not dropped comes out, held back ones when everything is asked for; no stage fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { StageChain } from './entry.ts';
import { parseStages } from './parse-stages.ts';

const stage = fc.constantFrom<Readonly<Record<string, unknown>>>(
  { cri: null },
  { docker: null },
  { json: { expressions: { level: null, log: 'a.b[0]' } } },
  { logfmt: { mapping: { level: null, x: 'y' } } },
  { regex: { expression: '(?P<level>\\w+)=(?P<rest>.*)' } },
  { timestamp: { source: 'level', format: 'RFC3339', fallback_formats: ['Unix', 'Jan _2 15:04:05'] } },
  { multiline: { firstline: '^\\d', max_lines: 3 } },
  { labels: { level: null } },
  { structured_metadata: { rest: null } },
  { template: { source: 'level', template: '{{ .Value | len }}{{ if .x }}{{ .x }}{{ end }}' } },
  { replace: { expression: '(a+)(b)?', replace: '{{ .Value }}!' } },
  { redact: {} },
  { pack: { labels: ['level', 'job'] } },
  { decolorize: null },
  { output: { source: 'rest' } },
  { match: { selector: '{job="j"} |= "a" | json | logfmt', stages: [{ multiline: { firstline: 'a' } }] } },
);
const piece = fc.constantFrom(
  '{"level":"x","a":{"b":[1]}}',
  '"',
  '{',
  'level=',
  '2026-01-02T03:04:05Z stdout P ',
  '\u001b[1m',
  'aaab',
  '::1',
  'a@b.cd',
  '4111111111111111',
  ' ',
  '\n',
);
const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')),
);

test('stages survive anything', () => {
  const context = { nowMs: () => 0, random: () => 0, dropped: () => assert.fail('nothing drops here'), delay: () => undefined };
  fc.assert(
    fc.property(fc.array(stage, { maxLength: 4 }), fc.array(line, { maxLength: 6 }), (stages, lines) => {
      const chain = new StageChain(parseStages(stages, 'stages').map((make) => make(context)));
      let given = 0;
      const emit = (): number => given++;
      lines.forEach((text, origin) =>
        chain.process(
          { tsNs: 0n, line: text, labels: new Map([['job', 'j']]), metadata: new Map(), extracted: new Map(), tenant: 't', origin },
          emit,
        ),
      );
      chain.flush(Infinity, emit);
      assert.equal(chain.held(), undefined);
      assert.ok(given <= lines.length && (given > 0 || lines.length === 0));
    }),
    { seed: 5, numRuns: 1000 },
  );
});
