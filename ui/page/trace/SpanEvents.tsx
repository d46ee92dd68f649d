// The events of a span in the order of their times; an exception with its stack trace as it was thrown.

import { CopyButton } from '../../kit/CopyButton.tsx';
import { AttributeTable } from './AttributeTable.tsx';
import { lengthText } from './bar-layout.ts';
import type { Span, SpanEvent } from './trace.ts';
import { attributeText } from './trace.ts';
import css from './panel.module.css';

/** An SDK may hold more; the first are what leads to the rest. */
const EVENTS_MAX = 200;
const STACK = 'exception.stacktrace';
const TOLD = new Set([STACK, 'exception.type', 'exception.message']);

export function SpanEvents({ span, wanted }: { readonly span: Span; readonly wanted: string }) {
  const { events, start } = span;
  if (events.length === 0) return null;
  const shown = [...events].sort((a, b) => a.at - b.at).slice(0, EVENTS_MAX);
  return (
    <section>
      <h3>
        Events <span>{events.length}</span>
      </h3>
      {shown.map((event, i) => (
        <Event key={i} event={event} start={start} wanted={wanted} />
      ))}
      {shown.length < events.length && <p>The first {EVENTS_MAX} are shown.</p>}
    </section>
  );
}

function Event({ event, start, wanted }: { readonly event: SpanEvent; readonly start: number; readonly wanted: string }) {
  const { attributes, name } = event;
  const [type, message, stack] = ['exception.type', 'exception.message', STACK].map((key) => attributeText(attributes, key));
  const isException = type !== undefined || message !== undefined || stack !== undefined;
  return (
    <div className={css.event} data-bad={isException}>
      <div>
        <b>{name}</b> <span>{lengthText(event.at - start)} after the span's start</span>
      </div>
      {isException && (
        <p className={css.thrown}>
          {type !== undefined && <b>{type}</b>}
          {type !== undefined && message !== undefined && ': '}
          {message}
        </p>
      )}
      {stack !== undefined && (
        <>
          <pre className={css.stack} tabIndex={0} aria-label="Stack trace">
            {stack}
          </pre>
          <CopyButton title="Copy stack trace" text={stack} />
        </>
      )}
      <AttributeTable
        title=""
        scope="event"
        attributes={isException ? attributes.filter(({ key }) => !TOLD.has(key)) : attributes}
        wanted={wanted}
      />
    </div>
  );
}
