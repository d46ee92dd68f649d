// Search within a trace: a text anywhere in a span's names, ids, attributes, events and status, in those of its resource and scope included.

import type { Attribute, Source, Span } from './trace.ts';
import type { SpanTree } from './span-tree.ts';

/** Finds places of spans; builds what it looks through at the first question. */
export interface SpanFinder {
  /** In the order of rows; nothing where nothing is asked. */
  readonly find: (text: string) => readonly number[] | undefined;
}

export function spanFinder({ nodes }: SpanTree): SpanFinder {
  let texts: readonly string[] | undefined;
  return {
    find: (text) => {
      const wanted = normal(text);
      if (wanted === '') return undefined;
      texts ??= allTexts(nodes.map(({ span }) => span));
      return texts.flatMap((each, at) => (each.includes(wanted) ? [at] : []));
    },
  };
}

/** As texts are compared: without regard to case and to spaces around. */
export function normal(text: string): string {
  return text.trim().toLowerCase();
}

const attributeText = ({ key, text }: Attribute): string => `${key}=${text}`;

function allTexts(spans: readonly Span[]): readonly string[] {
  const ofSources = new Map<Source, string>();
  return spans.map((span) => {
    let ofSource = ofSources.get(span.source);
    if (ofSource === undefined) {
      const { resource, scope, scopeName } = span.source;
      ofSource = [scopeName, ...resource.map(attributeText), ...scope.map(attributeText)].join('\n').toLowerCase();
      ofSources.set(span.source, ofSource);
    }
    return `${spanText(span).toLowerCase()}\n${ofSource}`;
  });
}

function spanText({ id, name, kind, status, statusMessage, attributes, events, links }: Span): string {
  const own = [name, id, `kind=${kind}`, `status=${status}`, statusMessage, ...attributes.map(attributeText)];
  const inEvents = events.flatMap((event) => [event.name, ...event.attributes.map(attributeText)]);
  return [...own, ...inEvents, ...links.map(({ traceId }) => traceId)].join('\n');
}

/** The next of some places after (or before) one, around the end; nothing where there are none. */
export function nextPlace(places: readonly number[], from: number, direction: 1 | -1): number | undefined {
  if (direction === 1) return places.find((at) => at > from) ?? places[0];
  return places.findLast((at) => at < from) ?? places.at(-1);
}
