// One span, whole, beside the list: its times, its attributes, its events, what it links to, and where to go from it.

import { IconAlertCircleFilled } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { Link } from '../../../src/links/link.ts';
import { linksOf } from '../../../src/links/links.ts';
import { useLive } from '../../data/Live.tsx';
import { instantText, zoneName } from '../../data/time-text.ts';
import { serviceColour } from '../../kit/colour.ts';
import { CopyButton } from '../../kit/CopyButton.tsx';
import { Button } from '../../kit/Controls.tsx';
import { Leads } from '../../kit/Leads.tsx';
import { SidePanel } from '../../kit/SidePanel.tsx';
import { AttributeTable } from './AttributeTable.tsx';
import type { FactRow } from './AttributeTable.tsx';
import { lengthText, shareText } from './bar-layout.ts';
import type { Window } from './bar-layout.ts';
import { stretchLength } from './critical-path.ts';
import { likeSpan, likeWord } from './like-this.ts';
import { SpanEvents } from './SpanEvents.tsx';
import { SpanLinks } from './SpanLinks.tsx';
import { spanJson } from './span-json.ts';
import type { SpanNode } from './span-tree.ts';
import type { Trace } from './trace.ts';
import { absoluteMs, absoluteNs, failureOf, serviceText } from './trace.ts';
import type { TraceView } from './trace-view.ts';
import css from './panel.module.css';

interface SpanDetailProps {
  readonly traceId: string;
  readonly view: TraceView;
  /** The span's place. */
  readonly at: number;
  readonly wanted: string;
  readonly onGo: (at: number) => void;
  readonly onZoom: (window: Window) => void;
  readonly onClose: () => void;
}

export function SpanDetail({ traceId, view, at, wanted, onGo, onZoom, onClose }: SpanDetailProps) {
  const node = view.tree.nodes[at];
  const { zone } = useLive();
  const facts = useMemo(() => (node ? factsOf(view, node) : []), [view, node]);
  const links = useMemo(() => (node ? linksFrom(traceId, view.trace, node) : []), [traceId, view, node]);
  if (!node) return null;
  const { span } = node;
  const { source } = span;
  const parent = view.tree.nodes[node.parent];
  const start = absoluteMs(view.trace, span.start);
  const time = {
    text: `${instantText(start, zone)}.${String(start % 1000).padStart(3, '0')} ${zoneName(zone)}`,
    exact: `${absoluteNs(view.trace, span.start)}`,
  };
  const head = (
    <>
      <i style={{ background: serviceColour(source.service) }} aria-hidden />
      <h2>
        {serviceText(source.service)} <span>{span.name}</span>
      </h2>
    </>
  );
  return (
    <SidePanel label="Span" head={head} onClose={onClose}>
      {span.status === 'error' && (
        <p className={css.failed}>
          <IconAlertCircleFilled size={16} aria-hidden /> {failureOf(span)}
        </p>
      )}
      {oddityTexts(node).map((text) => (
        <p key={text} className={css.odd}>
          {text}
        </p>
      ))}
      <div className={css.buttons}>
        <Button onClick={() => onZoom({ start: span.start, end: span.end })}>Zoom to it</Button>
        {parent && <Button onClick={() => onGo(parent.at)}>To its parent</Button>}
        <CopyButton title="Copy as JSON" text={() => spanJson(view.trace, span, traceId)} />
      </div>
      {span.status === 'error' && <SpanEvents span={span} wanted={wanted} />}
      <Leads title="From here" links={links} />
      <AttributeTable title="Span" wanted={wanted} rows={[{ name: 'start', ...time }, ...facts]} />
      <AttributeTable title="Attributes" scope="span" attributes={span.attributes} wanted={wanted} />
      {span.status !== 'error' && <SpanEvents span={span} wanted={wanted} />}
      <SpanLinks links={span.links} wanted={wanted} />
      <AttributeTable title="Resource" scope="resource" attributes={source.resource} wanted={wanted} />
      <AttributeTable
        title="Scope"
        scope="instrumentation"
        attributes={source.scope}
        wanted={wanted}
        rows={[
          { name: 'name', text: source.scopeName },
          { name: 'version', text: source.scopeVersion },
        ]}
      />
    </SidePanel>
  );
}

function factsOf({ own, path, keys }: TraceView, node: SpanNode): readonly FactRow[] {
  const { span, at } = node;
  const length = span.end - span.start;
  const ownLength = own[at]?.length ?? 0;
  const onPath = stretchLength(path.stretches.get(at) ?? []);
  const share = (part: number, whole: number): string => `${lengthText(part)} (${shareText(part, whole)})`;
  return [
    { name: 'after trace start', text: lengthText(span.start), exact: `${span.start} ns` },
    { name: 'duration', text: lengthText(length), exact: `${length} ns` },
    { name: 'own time', text: share(ownLength, length), exact: `${ownLength} ns` },
    { name: 'on critical path', text: onPath > 0 ? share(onPath, path.length) : 'no', exact: `${onPath} ns` },
    { name: 'name', text: span.name, like: likeSpan(span) },
    { name: 'kind', text: span.kind, like: likeWord('kind', span.kind) },
    { name: 'status', text: span.status, like: likeWord('status', span.status) },
    { name: 'span id', text: keys[at]?.split('.')[0] ?? '' },
    { name: 'parent id', text: span.parentId },
    { name: 'trace state', text: span.traceState },
    { name: 'left out by SDK', text: span.dropped === 0 ? '' : String(span.dropped) },
  ];
}

function oddityTexts({ oddities, span }: SpanNode): readonly string[] {
  return oddities.map((oddity) => {
    switch (oddity.kind) {
      case 'parent missing':
        return `Its parent ${span.parentId} is not in this trace: not sampled, still on its way, or lost.`;
      case 'in a circle':
        return 'It is its own ancestor. The circle is cut here.';
      case 'shared id':
        return 'Another span of this trace has the same id.';
      case 'starts before parent':
        return `It starts ${lengthText(oddity.by)} before its parent: the clocks of their hosts differ.`;
    }
  });
}

/** Where to go from this span, in its time. */
function linksFrom(traceId: string, trace: Trace, { span }: SpanNode): readonly Link[] {
  return linksOf({
    traceId,
    spanId: span.id,
    service: span.source.service || undefined,
    operation: span.name,
    spanKind: `SPAN_KIND_${span.kind.toUpperCase()}`,
    attributes: Object.fromEntries(span.source.resource.map(({ key, text }) => [key, text])),
    fromMs: absoluteMs(trace, span.start),
    toMs: absoluteMs(trace, span.end),
  }).filter(({ to }) => to !== 'trace');
}
