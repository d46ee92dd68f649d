// What a search says of a trace beside the spans that match, of traces in memory: without making anything of single spans.

import type { Catalogue } from '../catalogue.ts';
import { NO_ROOT, type TraceFacts } from '../search/trace-facts.ts';
import type { HeldBlock, HeldColumn } from './held-block.ts';

/** The spans of a trace in one block. */
export interface TracePart {
  readonly block: HeldBlock;
  /** The place of the trace among those of the block. */
  readonly trace: number;
}

export interface HeldFactsOptions {
  readonly catalogue: Catalogue;
  /** Spans that started before are no longer there. */
  readonly oldestNs: bigint | undefined;
  readonly isMatched: (block: HeldBlock, row: number) => boolean;
}

interface Gathered {
  startNs: bigint | undefined;
  endNs: bigint;
  spans: number;
  matched: number;
  root: { readonly block: HeldBlock; readonly row: number } | undefined;
  readonly services: Map<string, { spans: number; errors: number }>;
}

/** The facts of a trace; undefined where it has no span, or one of a source that is not known. */
export function heldFacts(options: HeldFactsOptions): (parts: readonly TracePart[]) => TraceFacts | undefined {
  const known = new Map<string, string | undefined>();
  const serviceOf = (source: string): string | undefined => {
    if (!known.has(source)) known.set(source, options.catalogue.source(BigInt(source))?.service);
    return known.get(source);
  };
  return (parts) => {
    const of: Gathered = { startNs: undefined, endNs: 0n, spans: 0, matched: 0, root: undefined, services: new Map() };
    for (const part of parts) if (!gather(of, part, { ...options, serviceOf })) return undefined;
    const { startNs, endNs, root, spans, matched, services } = of;
    if (startNs === undefined) return undefined;
    const rootName = root === undefined ? NO_ROOT : textAt(root.block, 'name', root.row);
    const rootServiceName = root === undefined ? NO_ROOT : (serviceOf(textAt(root.block, 'source', root.row)) ?? '');
    return { rootName, rootServiceName, startNs, durationNs: endNs - startNs, services, spans, matched };
  };
}

interface Gathering extends HeldFactsOptions {
  readonly serviceOf: (source: string) => string | undefined;
}

/** False where a source is not known. Hot: once per span of every trace that is found, so that numbers stay numbers. */
function gather(of: Gathered, { block, trace }: TracePart, { oldestNs, isMatched, serviceOf }: Gathering): boolean {
  const { offsets, durations, parentIds, traceStarts } = block;
  const oldest = oldestNs === undefined ? 0 : Number(oldestNs - block.startNs);
  let [first, last, root] = [Infinity, -Infinity, -1];
  for (let row = traceStarts[trace] as number; row < (traceStarts[trace + 1] as number); row++) {
    const offset = offsets[row] as number;
    if (offset < oldest) continue;
    if (offset < first) first = offset;
    last = Math.max(last, offset + (durations[row] as number));
    if (root < 0 && parentIds[row] === 0n) root = row;
    if (isMatched(block, row)) of.matched++;
    of.spans++;
    const name = serviceOf(textAt(block, 'source', row));
    if (name === undefined) return false;
    const service = of.services.get(name) ?? { spans: 0, errors: 0 };
    if (service.spans++ === 0) of.services.set(name, service);
    if (textAt(block, 'status', row) === ERROR) service.errors++;
  }
  if (first === Infinity) return true;
  const [startNs, endNs] = [block.startNs + BigInt(first), block.startNs + BigInt(last)];
  if (of.startNs === undefined || startNs < of.startNs) of.startNs = startNs;
  if (endNs > of.endNs) of.endNs = endNs;
  // Within a block the spans of a trace stand in the order of time, and so do the blocks.
  if (root >= 0) of.root ??= { block, row: root };
  return true;
}

/** OTLP's number for a failed span. */
const ERROR = '2';

function textAt(block: HeldBlock, name: string, row: number): string {
  const column: HeldColumn | undefined = block.columns.get(name);
  return column?.dictionary.values[column.codes[row] as number] ?? '';
}
