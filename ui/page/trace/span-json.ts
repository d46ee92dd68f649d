// A span as JSON to paste elsewhere.

import type { Attribute, Span, Trace } from './trace.ts';
import { absoluteNs } from './trace.ts';

/** Times in nanoseconds since the epoch, as text. */
export function spanJson(trace: Pick<Trace, 'startNs'>, span: Span, traceId: string): string {
  const time = (at: number): string => String(absoluteNs(trace, at));
  const { source, events, links, attributes, start, end, dropped, ...rest } = span;
  const shown = {
    traceId,
    ...rest,
    startNs: time(start),
    endNs: time(end),
    attributes: named(attributes),
    events: events.map((event) => ({ name: event.name, timeNs: time(event.at), attributes: named(event.attributes) })),
    links: links.map((link) => ({ ...link, attributes: named(link.attributes) })),
    dropped,
    resource: named(source.resource),
    scope: { name: source.scopeName, version: source.scopeVersion, attributes: named(source.scope) },
  };
  return JSON.stringify(shown, undefined, 2);
}

export function named(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, kind, text }) => [key, jsonValue(kind, text)]));
}

/** What JSON has no word for stays text, and so do whole numbers that a double does not hold. */
function jsonValue(kind: Attribute['kind'], text: string): unknown {
  switch (kind) {
    case 'int':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'double':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'bool':
      return text === 'true';
    case 'list':
    case 'map':
      return JSON.parse(text);
    case 'empty':
      return null;
    case 'string':
    case 'bytes':
      return text;
  }
}
