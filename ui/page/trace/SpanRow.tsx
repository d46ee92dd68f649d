// One span of the waterfall: its name at its depth, and its bar with what it did itself, what of it is on the critical path, and its events.

import { IconAlertCircleFilled, IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { memo } from 'react';
import { countText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import { lengthText, percentOf, placeOf, placesOf } from './bar-layout.ts';
import type { Place, Window } from './bar-layout.ts';
import type { OwnTime, Stretches } from './own-time.ts';
import type { SpanNode } from './span-tree.ts';
import { serviceText } from './trace.ts';
import css from './waterfall.module.css';

interface SpanRowProps {
  readonly node: SpanNode;
  readonly own: OwnTime | undefined;
  readonly critical: Stretches | undefined;
  readonly window: Window;
  readonly isFolded: boolean;
  /** What is sought, to be marked where the name has it. */
  readonly wanted: string;
}

/** Steps of depth that are drawn; deeper rows say their depth. */
const INDENT_MAX = 12;
const INDENT_PX = 12;
const EVENTS_MAX = 100;

export const SpanRow = memo(function SpanRow({ node, own, critical, window, isFolded, wanted }: SpanRowProps) {
  const { span, depth, children, oddities } = node;
  const colour = serviceColour(span.source.service);
  return (
    <>
      <div className={css.name} style={{ paddingLeft: `min(${4 + Math.min(depth, INDENT_MAX) * INDENT_PX}px, var(--names) * 0.4)` }}>
        {depth > INDENT_MAX && <small title={`${depth} spans above it`}>{depth}</small>}
        {children.length > 0 ? (
          <span
            className={css.fold}
            data-fold
            title={isFolded ? `Show ${countText(node.last - node.at)} spans below it` : 'Fold what is below it'}
          >
            {isFolded ? <IconChevronRight size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />}
          </span>
        ) : (
          <span className={css.fold} />
        )}
        <i style={{ background: colour }} />
        {span.status === 'error' && <IconAlertCircleFilled size={14} className={css.error} aria-label="Error" />}
        <b>
          <Marked text={serviceText(span.source.service)} wanted={wanted} />
        </b>
        <span className={css.title} title={`${serviceText(span.source.service)}: ${span.name}`}>
          <Marked text={span.name} wanted={wanted} />
        </span>
        {isFolded && <small>+{countText(node.last - node.at)}</small>}
        {oddities.length > 0 && <small title="Its place or its times are odd: see its details">?</small>}
      </div>
      <div className={css.lane}>
        <Bar node={node} own={own} critical={critical} window={window} colour={colour} />
      </div>
    </>
  );
});

interface BarProps {
  readonly node: SpanNode;
  readonly own: OwnTime | undefined;
  readonly critical: Stretches | undefined;
  readonly window: Window;
  readonly colour: string;
}

function Bar({ node: { span }, own, critical, window, colour }: BarProps) {
  const place = placeOf(span.start, span.end, window);
  if (!place) return span.end < window.start ? <small data-side="left">‹ earlier</small> : <small data-side="right">later ›</small>;
  const at = ({ left, width }: Place) => ({ left: `${left}%`, width: `${width}%` });
  const events = span.events.slice(0, EVENTS_MAX).filter((event) => event.at >= window.start && event.at <= window.end);
  return (
    <>
      <i
        className={css.bar}
        data-error={span.status === 'error'}
        style={{ ...at(place), background: `color-mix(in srgb, ${colour} 38%, var(--ground))` }}
      />
      {placesOf(own?.stretches ?? [], window).map((part) => (
        <i key={part.left} className={css.own} style={{ ...at(part), background: colour }} />
      ))}
      {placesOf(critical ?? [], window).map((part) => (
        <i key={part.left} className={css.critical} style={at(part)} />
      ))}
      {events.map((event, i) => (
        <i
          key={i}
          className={css.event}
          data-bad={event.name === 'exception'}
          title={event.name}
          style={{ left: `${percentOf(event.at, window)}%` }}
        />
      ))}
      <Duration text={lengthText(span.end - span.start)} place={place} />
    </>
  );
}

/** Beside the bar where there is room, else upon it. */
function Duration({ text, place: { left, width } }: { readonly text: string; readonly place: Place }) {
  const right = left + width;
  if (right <= 82) return <span style={{ left: `calc(${right}% + 6px)` }}>{text}</span>;
  if (left >= 18) return <span style={{ right: `calc(${100 - left}% + 6px)` }}>{text}</span>;
  return (
    <span data-upon style={{ right: `calc(${100 - right}% + 4px)` }}>
      {text}
    </span>
  );
}

/** A text in which what is sought is marked, where it stands first. */
export function Marked({ text, wanted }: { readonly text: string; readonly wanted: string }) {
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted);
  if (at === -1) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
