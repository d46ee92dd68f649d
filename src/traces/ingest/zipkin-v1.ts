// Zipkin's version 1, in JSON and in Thrift, into spans of version 2: what was said by the values of annotations has fields of its own there.
//
//   cs cr ss sr ms mr   annotations: kind and times          sa ca ma   addresses of the other side, as binary annotations
//   lc                  the component of a local span        all else   events and tags
//
// A span that both sides have written into (cs and sr in one) becomes one of each kind, as Zipkin itself takes it apart.
// Sources: zipkin-api `zipkin-api.yaml`, `zipkinCore.thrift`; Zipkin `V1SpanConverter`.

import type { AnyValue } from '../../otlp/any-value.ts';
import type { ZipkinAnnotation, ZipkinEndpoint, ZipkinKind, ZipkinSpan } from './zipkin-span.ts';

export interface V1Annotation extends ZipkinAnnotation {
  readonly endpoint: ZipkinEndpoint | undefined;
}

export interface V1BinaryAnnotation {
  readonly key: string;
  /** True stands for the presence of an address. */
  readonly value: AnyValue;
  readonly endpoint: ZipkinEndpoint | undefined;
}

export interface V1Span extends Pick<ZipkinSpan, 'traceId' | 'id' | 'parentId' | 'name' | 'startUs' | 'debug'> {
  readonly durationUs: bigint | undefined;
  readonly annotations: readonly V1Annotation[];
  readonly binaryAnnotations: readonly V1BinaryAnnotation[];
}

interface Side {
  readonly kind: ZipkinKind;
  readonly start: string;
  readonly end: string;
  /** The binary annotation that holds the address of the other side. */
  readonly peer: string;
}

const SIDES: readonly Side[] = [
  { kind: 'CLIENT', start: 'cs', end: 'cr', peer: 'sa' },
  { kind: 'SERVER', start: 'sr', end: 'ss', peer: 'ca' },
  { kind: 'PRODUCER', start: 'ms', end: 'ws', peer: 'ma' },
  { kind: 'CONSUMER', start: 'mr', end: 'wr', peer: 'ma' },
];
const MARKS: ReadonlySet<string> = new Set(['cs', 'cr', 'sr', 'ss', 'ms', 'mr']);
const PEERS: ReadonlySet<string> = new Set(['sa', 'ca', 'ma']);

/** The span of each side that has written into it; one without a kind where none has. */
export function spansOfV1(span: V1Span): readonly ZipkinSpan[] {
  const sides = SIDES.filter((side) => isOf(span, side));
  return sides.length === 0 ? [spanOf(span, undefined, true)] : sides.map((side, i) => spanOf(span, side, i === 0));
}

function isOf({ annotations }: V1Span, { kind, start, end }: Side): boolean {
  // `ws` and `wr` are said of any span; only `ms` and `mr` make a message.
  const isMessage = kind === 'PRODUCER' || kind === 'CONSUMER';
  return annotations.some(({ value }) => value === start || (!isMessage && value === end));
}

/** `isFirst`: what no side can be told of, or a side that did not write it, goes to the first. */
function spanOf(span: V1Span, side: Side | undefined, isFirst: boolean): ZipkinSpan {
  const { traceId, id, parentId, name, debug, annotations, binaryAnnotations } = span;
  const marks = side === undefined ? [] : annotations.filter(({ value }) => value === side.start || value === side.end);
  const local = marks.find(({ endpoint }) => endpoint !== undefined)?.endpoint ?? localOf(span);
  const others = othersOf(span, side);
  const isMine = (endpoint: ZipkinEndpoint | undefined): boolean =>
    endpoint?.serviceName === local?.serviceName || (isFirst && !others.has(endpoint?.serviceName ?? ''));
  return {
    traceId,
    id,
    parentId,
    kind: side?.kind ?? '',
    name,
    debug,
    // The first version does not say it: such a server has no times of the span's own.
    shared: side?.kind === 'SERVER' && (!isFirst || span.startUs === undefined),
    ...timesOf(span, side, isFirst),
    local,
    remote: binaryAnnotations.find(({ key }) => (side === undefined ? PEERS.has(key) : key === side.peer))?.endpoint,
    annotations: annotations.filter(({ value, endpoint }) => !MARKS.has(value) && value !== side?.end && isMine(endpoint)),
    tags: new Map(binaryAnnotations.filter(({ key, endpoint }) => !PEERS.has(key) && isMine(endpoint)).map(tagOf)),
  };
}

function tagOf({ key, value }: V1BinaryAnnotation): readonly [string, AnyValue] {
  return [key === 'lc' ? 'component' : key, value];
}

/** Services that wrote the marks of the other sides. */
function othersOf({ annotations }: V1Span, side: Side | undefined): ReadonlySet<string> {
  const marks = SIDES.filter((each) => each !== side).flatMap(({ start, end }) => [start, end]);
  return new Set(annotations.filter(({ value }) => marks.includes(value)).map(({ endpoint }) => endpoint?.serviceName ?? ''));
}

function localOf({ annotations, binaryAnnotations }: V1Span): ZipkinEndpoint | undefined {
  const own = binaryAnnotations.filter(({ key }) => !PEERS.has(key));
  return [...annotations, ...own].find(({ endpoint }) => endpoint !== undefined && endpoint.serviceName !== '')?.endpoint;
}

/** The span's own times are those of the side that began it; the marks tell those of the other. */
function timesOf(
  { startUs, durationUs, annotations }: V1Span,
  side: Side | undefined,
  isFirst: boolean,
): Pick<ZipkinSpan, 'startUs' | 'durationUs'> {
  const at = (mark: string | undefined): bigint | undefined => annotations.find(({ value }) => value === mark)?.timeUs;
  const [begun, ended] = [at(side?.start), at(side?.end)];
  const length = begun !== undefined && ended !== undefined && ended > begun ? ended - begun : 0n;
  if (isFirst && startUs !== undefined) return { startUs, durationUs: durationUs ?? length };
  return { startUs: begun ?? (isFirst ? undefined : startUs), durationUs: isFirst ? (durationUs ?? length) : length };
}
