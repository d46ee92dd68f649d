// What a span carries that is shown and never asked about, as one text: few columns are quick to read, and most spans have the same.
//
//   257 0 0 0 vendor=1      flags; attributes, events and links that were dropped; trace state
//
// The empty text is a span that has none of it.

import type { Span } from './write.ts';

export type Rest = Pick<Span, 'flags' | 'droppedAttributes' | 'droppedEvents' | 'droppedLinks' | 'traceState'>;

const NONE: Rest = { flags: 0, droppedAttributes: 0, droppedEvents: 0, droppedLinks: 0, traceState: '' };

/** Hot: once per span. */
export function restText({ flags, droppedAttributes, droppedEvents, droppedLinks, traceState }: Rest): string {
  if (flags === 0 && traceState === '' && droppedAttributes === 0 && droppedEvents === 0 && droppedLinks === 0) return '';
  return `${flags} ${droppedAttributes} ${droppedEvents} ${droppedLinks} ${traceState}`;
}

/** What `restText` made a text of. */
export function restOf(text: string): Rest {
  if (text === '') return NONE;
  const [flags = '', attributes = '', events = '', links = '', ...state] = text.split(' ');
  return {
    flags: Number(flags),
    droppedAttributes: Number(attributes),
    droppedEvents: Number(events),
    droppedLinks: Number(links),
    traceState: state.join(' '),
  };
}
