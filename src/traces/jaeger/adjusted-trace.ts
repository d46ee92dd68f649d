// A trace as Jaeger shows it: what its query service does to one before it answers, unless a trace is asked for as it came.
//
//   stored ─▶ ids that two sides of a call share become two ─▶ spans whose clock seems to differ from their parent's get a warning
//
// The peer would move such spans where it is allowed to; it is not (`max_clock_skew_adjust` is 0 unless set), and then only says by how much.
// Source: Jaeger `cmd/jaeger/internal/extension/jaegerquery/internal/adjuster/clockskew.go`.

import { Buffer } from 'node:buffer';
import { attribute, valueText } from '../../otlp/any-value.ts';
import { goDuration } from '../api/values.ts';
import type { StoredTrace } from '../stored-trace.ts';
import type { Span, SpanSource } from '../write.ts';
import { withUniqueSpanIds } from './unique-span-ids.ts';

export interface AdjustedTrace extends StoredTrace {
  /** What is wrong with spans of it. */
  readonly warnings: ReadonlyMap<Span, readonly string[]>;
}

interface Node {
  readonly span: Span;
  /** Empty where it is not known. Spans of one host have one clock. */
  readonly host: string;
  readonly children: Node[];
}

/** A span that is to be looked at, below its parent. */
interface Visit {
  readonly node: Node;
  readonly parent: Node | undefined;
  /** The clock of the parent's host, and how far it is from the clock of the host above. */
  readonly host: string;
  readonly deltaNs: bigint;
}

export function adjusted(stored: StoredTrace): AdjustedTrace {
  const trace = withUniqueSpanIds(stored);
  return { ...trace, warnings: clockWarnings(trace) };
}

/** A trace as it came, of which nothing is said. */
export function asItCame(trace: StoredTrace): AdjustedTrace {
  return { ...trace, warnings: new Map() };
}

function clockWarnings(trace: StoredTrace): ReadonlyMap<Span, readonly string[]> {
  const warnings = new Map<Span, readonly string[]>();
  const warn = (span: Span, warning: string): void => void warnings.set(span, [...(warnings.get(span) ?? []), warning]);
  const nodes = new Map<string, Node>();
  for (const { source, spans } of trace.groups) {
    const host = hostOf(source);
    for (const span of spans) {
      const id = hex(span.spanId);
      if (nodes.has(id)) warn(span, 'duplicate span IDs; skipping clock skew adjustment');
      else nodes.set(id, { span, host, children: [] });
    }
  }
  for (const { node, deltaNs } of visits(rootsOf(nodes, warn)))
    if (deltaNs !== 0n) warn(node.span, `clock skew adjustment disabled; not applying calculated delta of ${goDuration(deltaNs)}`);
  return warnings;
}

/** Spans without a parent, or whose parent is not there; the others become children of theirs. */
function rootsOf(nodes: ReadonlyMap<string, Node>, warn: (span: Span, warning: string) => void): readonly Node[] {
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parentId = hex(node.span.parentId);
    const parent = nodes.get(parentId);
    if (parent !== undefined) parent.children.push(node);
    else roots.push(node);
    if (parent === undefined && parentId !== '')
      warn(node.span, `parent span ID=${parentId} is not in the trace; skipping clock skew adjustment`);
  }
  return roots;
}

/** All spans that a root leads to, each with its clock's distance. Spans in a ring are below no root. */
function* visits(roots: readonly Node[]): Generator<Visit> {
  const waiting: Visit[] = roots.map((node) => ({ node, parent: undefined, host: node.host, deltaNs: 0n }));
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    const { node, parent } = visit;
    const isOther = parent !== undefined && (node.host !== visit.host || node.host === '');
    const deltaNs = isOther ? skewOf(node.span, parent.span) : visit.deltaNs;
    yield { ...visit, deltaNs };
    for (const child of node.children) waiting.push({ node: child, parent: node, host: node.host, deltaNs });
  }
}

/** By how much a child would have to move to lie in the middle of its parent; 0 where it lies within. */
function skewOf(child: Span, parent: Span): bigint {
  const spare = parent.endNs - parent.startNs - (child.endNs - child.startNs);
  if (spare < 0n) return child.startNs < parent.startNs ? parent.startNs - child.startNs : 0n;
  if (child.startNs >= parent.startNs && child.endNs <= parent.endNs) return 0n;
  return parent.startNs + spare / 2n - child.startNs;
}

function hostOf({ resource }: SpanSource): string {
  for (const key of ['host.id', 'host.ip', 'host.name']) {
    const value = attribute(resource, key);
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) return valueText(first);
  }
  return '';
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex');
}
