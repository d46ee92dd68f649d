// One line of the table: a trace, or a span that matched in it with the fields that the query names.

import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { Attribute, ServiceCount, TraceRow } from '../../data/trace-search.ts';
import type { Zone } from '../../data/time-text.ts';
import { instantText } from '../../data/time-text.ts';
import { countText, quantityText } from '../../data/units.ts';
import { serviceColour } from '../../kit/colour.ts';
import type { TableLine } from './trace-rows.ts';
import type { TraceLinks } from './use-open-trace.ts';
import css from './table.module.css';

export interface TraceLineProps {
  readonly line: TableLine;
  /** The longest of all: the bars are parts of it. */
  readonly longestS: number;
  readonly zone: Zone;
  /** The times are of several days. */
  readonly withDay: boolean;
  /** The address of a trace. */
  readonly href: TraceLinks['href'];
}

const SECONDS = { unit: 'seconds', perSecond: false } as const;
/** Dots that stand side by side; of more services the number. */
const DOTS_MAX = 8;

export function TraceLine(props: TraceLineProps) {
  const { line } = props;
  switch (line.kind) {
    case 'trace':
      return <Trace {...props} trace={line.trace} isOpen={line.isOpen} />;
    case 'set':
      return (
        <span className={css.below} role="gridcell">
          <Attributes attributes={line.set.attributes} /> <span>{countText(line.set.matched)} matched</span>
        </span>
      );
    case 'more':
      return (
        <span className={css.below} role="gridcell">
          and {countText(line.count)} more: the trace has them all
        </span>
      );
    case 'span':
      return <Span {...props} line={line} />;
  }
}

function Trace({
  trace,
  isOpen,
  longestS,
  zone,
  withDay,
  href,
}: Omit<TraceLineProps, 'line'> & { readonly trace: TraceRow; readonly isOpen: boolean }) {
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  const { service, name } = trace;
  return (
    <>
      <span role="gridcell" data-column="open">
        <Chevron size={14} aria-hidden />
      </span>
      <span role="gridcell" data-column="start" title={new Date(trace.startMs).toISOString()}>
        <StartText ms={trace.startMs} zone={zone} withDay={withDay} />
      </span>
      <span role="gridcell" data-column="root" title={name === '' ? undefined : `${service}: ${name}`}>
        <a href={href(trace.traceId)} tabIndex={-1}>
          <i style={{ background: serviceColour(service) }} aria-hidden />
          {name === '' ? <em>first span not received yet</em> : <b>{service}</b>} {name}
        </a>
      </span>
      <span role="gridcell" data-column="duration" title={`${trace.durationS} s`}>
        <Bar part={longestS === 0 ? 0 : trace.durationS / longestS} />
        {trace.durationS < 0.001 ? '< 1 ms' : quantityText(trace.durationS, SECONDS)}
      </span>
      <span role="gridcell" data-column="spans">
        {countText(trace.spans)}
      </span>
      <span role="gridcell" data-column="errors" data-bad={trace.errors > 0}>
        {trace.errors === 0 ? '' : countText(trace.errors)}
      </span>
      <span role="gridcell" data-column="services" title={trace.services.map(serviceText).join('\n')}>
        <Services services={trace.services} />
      </span>
      <span role="gridcell" data-column="matched">
        {countText(trace.matched)}
      </span>
    </>
  );
}

/** With the day where there are several, else with milliseconds; a narrow table has room for neither. */
function StartText({ ms, zone, withDay }: { readonly ms: number; readonly zone: Zone; readonly withDay: boolean }) {
  const text = instantText(ms, zone);
  return (
    <>
      {withDay && <span className={css.fine}>{text.slice(5, 11)}</span>}
      {text.slice(11)}
      {!withDay && <span className={css.fine}>.{String(Math.floor(ms) % 1000).padStart(3, '0')}</span>}
    </>
  );
}

function serviceText({ service, spans, errors }: ServiceCount): string {
  return `${service}: ${spans} ${spans === 1 ? 'span' : 'spans'}${errors === 0 ? '' : `, ${errors} with errors`}`;
}

function Services({ services }: { readonly services: readonly ServiceCount[] }) {
  const rest = services.length - DOTS_MAX;
  return (
    <span className={css.dots} role="img" aria-label={services.map(serviceText).join(', ')}>
      {services.slice(0, DOTS_MAX).map(({ service, errors }) => (
        <i key={service} style={{ background: serviceColour(service) }} data-bad={errors > 0} />
      ))}
      {rest > 0 && `+${rest}`}
    </span>
  );
}

function Bar({ part }: { readonly part: number }) {
  return (
    <span className={css.bar} aria-hidden>
      <i style={{ width: `${Math.max(1, part * 100)}%` }} />
    </span>
  );
}

function Span({
  line: { trace, span },
  longestS,
  zone,
  href,
}: Omit<TraceLineProps, 'line'> & { readonly line: Extract<TableLine, { readonly kind: 'span' }> }) {
  return (
    <>
      <span role="gridcell" data-column="open" />
      <span role="gridcell" data-column="start" title={instantText(span.startMs, zone)}>
        +{quantityText(Math.max(0, span.startMs - trace.startMs) / 1000, SECONDS)}
      </span>
      <span role="gridcell" data-column="root">
        <a href={href(trace.traceId, span.spanId)} tabIndex={-1}>
          {span.name === '' ? span.spanId : span.name}
        </a>
      </span>
      <span role="gridcell" data-column="duration" title={`${span.durationS} s`}>
        <Bar part={longestS === 0 ? 0 : span.durationS / longestS} />
        {quantityText(span.durationS, SECONDS)}
      </span>
      <span role="gridcell" data-column="fields">
        <Attributes attributes={span.attributes} />
      </span>
    </>
  );
}

function Attributes({ attributes }: { readonly attributes: readonly Attribute[] }) {
  return (
    <span className={css.attributes} title={attributes.map(({ name, value }) => `${name} = ${value}`).join('\n')}>
      {attributes.map(({ name, value }) => (
        <span key={name}>
          {name}=<b>{value}</b>
        </span>
      ))}
    </span>
  );
}
