// A trace drawn as text, for tests: a line for each span, indented below its parent.
//
//   shop: GET / 0-100
//     cart: load 10-40 error
//     cart: save 50-60 id=7 parent=9

import type { Attribute, Source, Span, SpanKind, Trace } from './trace.ts';

const LINE = /^( *)(?:([\w-]+): )?(.*?) (-?\d+)-(-?\d+)((?: \S+)*)$/;

/** Times in nanoseconds from the trace's start. Words behind them: `error`, `server`, `id=…`, `parent=…`, and attributes, `key=value`. */
export function sketchTrace(text: string): Trace {
  const above: string[] = [];
  const sources = new Map<string, Source>();
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const spans = lines.map((line, i): Span => {
    const [, indent = '', service = '', name = '', start, end, words = ''] = LINE.exec(line) ?? [];
    const given = new Map(
      words
        .split(' ')
        .filter((word) => word.includes('='))
        .map((word): [string, string] => [word.replace(/=.*/, ''), word.replace(/.*?=/, '')]),
    );
    const depth = indent.length / 2;
    const id = given.get('id') ?? String(i + 1);
    above[depth] = id;
    return {
      ...NOTHING,
      id,
      parentId: given.get('parent') ?? (depth === 0 ? '' : (above[depth - 1] ?? '')),
      name,
      kind: KINDS.find((kind) => words.split(' ').includes(kind)) ?? 'internal',
      status: / error\b/.test(words) ? 'error' : 'unset',
      start: Number(start),
      end: Number(end),
      attributes: [...given]
        .filter(([key]) => key !== 'id' && key !== 'parent')
        .map(([key, value]): Attribute => ({ key, kind: 'string', text: value })),
      source: sourceOf(sources, service),
    };
  });
  return { startNs: 1_700_000_000_000_000_000n, length: Math.max(0, ...spans.map(({ end }) => end)), spans };
}

const KINDS: readonly SpanKind[] = ['server', 'client', 'producer', 'consumer'];

const NOTHING = { statusMessage: '', events: [], links: [], dropped: 0, traceState: '' } as const;

function sourceOf(sources: Map<string, Source>, service: string): Source {
  const known = sources.get(service);
  if (known) return known;
  const resource: Attribute[] = service === '' ? [] : [{ key: 'service.name', kind: 'string', text: service }];
  const source: Source = { resource, scopeName: 'lib', scopeVersion: '', scope: [], service };
  sources.set(service, source);
  return source;
}
