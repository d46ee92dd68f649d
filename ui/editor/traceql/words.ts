// The words of TraceQL as completion offers and hovering explains them: how each is written, what it does, and one example.

import type { Aggregate, RangeAggregate, SpansetOp } from '../../../src/traces/traceql/ast.ts';
import type { KindName, StatusName } from '../../../src/traces/traceql/value.ts';
import type { Described } from '../offers.ts';

type Words<Name extends string> = Readonly<Record<Name, readonly [form: string, text: string, example: string]>>;

function described(words: Words<string>): readonly Described[] {
  return Object.entries(words).map(([label, [form, text, example]]) => ({ label, form, text, example }));
}

const INTRINSICS: Words<string> = {
  name: ['text', "The span's name.", '{ name = "GET /cart" }'],
  status: ['error, ok, unset', 'Whether the span ended well.', '{ status = error }'],
  duration: ['duration', 'How long the span took.', '{ duration > 500ms }'],
  kind: ['server, client, …', 'Which side of a call or a message the span is.', '{ kind = server }'],
  statusMessage: ['text', 'What the span says of its status.', '{ statusMessage =~ "time.*" }'],
  rootServiceName: ['text', 'The service of the first span of the trace.', '{ rootServiceName = "shop" }'],
  rootName: ['text', 'The name of the first span of the trace.', '{ rootName = "GET /cart" }'],
  traceDuration: ['duration', 'From the first to the last moment of the whole trace.', '{ traceDuration > 2s }'],
  nestedSetParent: ['int', 'Negative for the first span of a trace.', '{ nestedSetParent < 0 }'],
  nestedSetLeft: ['int', "The span's place in its trace, on the way in.", '{ nestedSetLeft > 1 }'],
  nestedSetRight: ['int', "The span's place in its trace, on the way out.", '{ nestedSetRight > 2 }'],
  'trace:id': ['text', 'The id of the trace, in hex.', '{ trace:id = "4bf92f3577b34da6a3ce929d0e0e4736" }'],
  'trace:duration': ['duration', 'As traceDuration.', '{ trace:duration > 2s }'],
  'trace:rootName': ['text', 'As rootName.', '{ trace:rootName = "GET /cart" }'],
  'trace:rootService': ['text', 'As rootServiceName.', '{ trace:rootService = "shop" }'],
  'span:id': ['text', 'The id of the span, in hex.', '{ span:id = "00f067aa0ba902b7" }'],
  'span:parentID': ['text', 'The id of the span above.', '{ span:parentID = "00f067aa0ba902b7" }'],
  'span:childCount': ['int', 'How many spans stand directly below.', '{ span:childCount > 10 }'],
  'span:name': ['text', 'As name.', '{ span:name = "GET /cart" }'],
  'span:status': ['error, ok, unset', 'As status.', '{ span:status = error }'],
  'span:kind': ['server, client, …', 'As kind.', '{ span:kind = server }'],
  'span:duration': ['duration', 'As duration.', '{ span:duration > 500ms }'],
  'span:statusMessage': ['text', 'As statusMessage.', '{ span:statusMessage = "timeout" }'],
  'event:name': ['text', 'The name of an event of the span.', '{ event:name = "exception" }'],
  'event:timeSinceStart': ['duration', "From the span's start to the event.", '{ event:timeSinceStart > 1s }'],
  'link:traceID': ['text', 'The trace that the span links to.', '{ link:traceID = "4bf92f3577b34da6a3ce929d0e0e4736" }'],
  'link:spanID': ['text', 'The span that the span links to.', '{ link:spanID = "00f067aa0ba902b7" }'],
  'instrumentation:name': ['text', 'The library that made the span.', '{ instrumentation:name = "http" }'],
  'instrumentation:version': ['text', 'Its version.', '{ instrumentation:version = "1.2.0" }'],
};

const SCOPES: Words<string> = {
  'resource.': ['attribute', 'Of what sent the span: its service, its host, its pod.', '{ resource.service.name = "shop" }'],
  'span.': ['attribute', 'Of the span itself.', '{ span.http.response.status_code >= 500 }'],
  '.': ['attribute', 'Of the span or of what sent it.', '{ .http.method = "GET" }'],
  'event.': ['attribute', 'Of an event of the span.', '{ event.exception.message =~ ".*refused" }'],
  'link.': ['attribute', 'Of a link of the span.', '{ link.opentracing.ref_type = "follows_from" }'],
  'instrumentation.': ['attribute', 'Of the library that made the span.', '{ instrumentation.language = "go" }'],
};

const STATUSES: Words<StatusName> = {
  error: ['', 'The span failed.', '{ status = error }'],
  ok: ['', 'The span says that it ended well.', '{ status = ok }'],
  unset: ['', 'The span says nothing: nothing went wrong.', '{ status = unset }'],
};

const KINDS: Words<KindName> = {
  server: ['', 'Answers a call.', '{ kind = server }'],
  client: ['', 'Makes a call.', '{ kind = client }'],
  producer: ['', 'Sends a message.', '{ kind = producer }'],
  consumer: ['', 'Takes a message.', '{ kind = consumer }'],
  internal: ['', 'Work within one service.', '{ kind = internal }'],
  unspecified: ['', 'Says nothing of its kind.', '{ kind = unspecified }'],
};

const AGGREGATES: Words<Aggregate['fn']> = {
  count: ['()', 'How many spans of a trace matched.', '{ status = error } | count() > 2'],
  avg: ['(field)', 'Mean over the spans of a trace.', '{ kind = client } | avg(duration) > 100ms'],
  max: ['(field)', 'Largest of the spans of a trace.', '{ } | max(span.http.request.size) > 1000'],
  min: ['(field)', 'Smallest of the spans of a trace.', '{ kind = client } | min(duration) > 10ms'],
  sum: ['(field)', 'Sum over the spans of a trace.', '{ span.db.system = "postgresql" } | sum(duration) > 1s'],
};

const STAGES: Words<'select' | 'by' | 'coalesce'> = {
  select: ['(fields)', 'Shows these fields of each span too.', '{ status = error } | select(span.http.route, statusMessage)'],
  by: [
    '(field)',
    'Groups the spans of each trace; behind a rate, one series for each value.',
    '{ } | by(resource.service.name) | count() > 2',
  ],
  coalesce: ['()', 'Takes groups together again.', '{ } | by(name) | count() > 2 | coalesce()'],
};

const METRICS: Words<RangeAggregate['fn'] | 'compare' | 'topk' | 'bottomk'> = {
  rate: ['() by (fields)', 'Spans per second.', '{ status = error } | rate() by (resource.service.name)'],
  count_over_time: ['() by (fields)', 'How many spans there are in each step.', '{ kind = server } | count_over_time() by (name)'],
  quantile_over_time: [
    '(field, quantiles) by (fields)',
    'Quantiles, from 0 to 1.',
    '{ kind = server } | quantile_over_time(duration, .5, .99)',
  ],
  histogram_over_time: [
    '(field) by (fields)',
    'How many spans fall into each bucket.',
    '{ kind = server } | histogram_over_time(duration)',
  ],
  avg_over_time: ['(field) by (fields)', 'Mean in each step.', '{ kind = server } | avg_over_time(duration) by (name)'],
  max_over_time: ['(field) by (fields)', 'Largest in each step.', '{ } | max_over_time(duration) by (resource.service.name)'],
  min_over_time: ['(field) by (fields)', 'Smallest in each step.', '{ } | min_over_time(duration)'],
  sum_over_time: ['(field) by (fields)', 'Sum in each step.', '{ } | sum_over_time(span.http.response.size)'],
  compare: ['({ selection })', 'What tells the selected spans from the others.', '{ kind = server } | compare({ status = error })'],
  topk: ['(n)', 'The n largest series.', '{ } | rate() by (name) | topk(5)'],
  bottomk: ['(n)', 'The n smallest series.', '{ } | rate() by (name) | bottomk(5)'],
};

const OPERATORS: Words<string> = {
  '=': ['value', 'Equal.', '{ name = "GET /cart" }'],
  '!=': ['value', 'Not equal; `!= nil` where there is the attribute at all.', '{ span.user.id != nil }'],
  '=~': ['"regex"', 'All of the text matches.', '{ name =~ "GET .*" }'],
  '!~': ['"regex"', 'Not all of the text matches.', '{ name !~ "GET /(health|ready)" }'],
  '>': ['value', 'Larger.', '{ duration > 1s }'],
  '>=': ['value', 'At least.', '{ span.http.response.status_code >= 500 }'],
  '<': ['value', 'Smaller.', '{ duration < 10ms }'],
  '<=': ['value', 'At most.', '{ duration <= 10ms }'],
};

const LOGICAL: Words<'&&' | '||'> = {
  '&&': ['', 'Both: of one span within braces, of one trace between them.', '{ status = error && kind = server }'],
  '||': ['', 'Either.', '{ status = error || duration > 1s }'],
};

const STRUCTURE: Words<Exclude<SpansetOp, '&&' | '||'>> = {
  '>>': ['{ … }', 'The right stands somewhere below the left.', '{ resource.service.name = "shop" } >> { status = error }'],
  '>': ['{ … }', 'The right stands directly below the left.', '{ kind = client } > { kind = server }'],
  '<<': ['{ … }', 'The right stands somewhere above the left.', '{ status = error } << { kind = server }'],
  '<': ['{ … }', 'The right stands directly above the left.', '{ status = error } < { kind = client }'],
  '~': ['{ … }', 'Both stand below the same span.', '{ name = "a" } ~ { name = "b" }'],
  '&>>': ['{ … }', 'As >>, and the left is found too.', '{ nestedSetParent < 0 } &>> { status = error }'],
  '&>': ['{ … }', 'As >, and the left is found too.', '{ kind = client } &> { kind = server }'],
  '&<<': ['{ … }', 'As <<, and the left is found too.', '{ status = error } &<< { kind = server }'],
  '&<': ['{ … }', 'As <, and the left is found too.', '{ status = error } &< { kind = client }'],
  '&~': ['{ … }', 'As ~, and both are found.', '{ name = "a" } &~ { name = "b" }'],
  '!>>': ['{ … }', 'The right does not stand below the left.', '{ kind = server } !>> { status = error }'],
  '!>': ['{ … }', 'The right does not stand directly below the left.', '{ kind = client } !> { kind = server }'],
  '!<<': ['{ … }', 'The right does not stand above the left.', '{ status = error } !<< { kind = server }'],
  '!<': ['{ … }', 'The right does not stand directly above the left.', '{ status = error } !< { kind = client }'],
  '!~': ['{ … }', 'Nothing beside it is so.', '{ name = "a" } !~ { status = error }'],
};

const HINTS: Words<string> = {
  most_recent: ['=true', 'The newest traces, whatever it takes.', '{ } with(most_recent=true)'],
  sample: ['=true', 'Lets the peer count a part of the spans; here all are counted.', '{ } | rate() with(sample=true)'],
  exemplars: ['=n', 'How many exemplars each series has.', '{ } | rate() with(exemplars=10)'],
};

const OTHERS: Words<string> = {
  with: ['(hint=value)', 'How the query is run.', '{ } with(most_recent=true)'],
  nil: ['', 'No value: the span does not have the attribute.', '{ span.user.id != nil }'],
  true: ['', '', '{ span.cache.hit = true }'],
  false: ['', '', '{ span.cache.hit = false }'],
};

export const INTRINSICS_OFFERED = described(INTRINSICS);
export const SCOPES_OFFERED = described(SCOPES);
export const STATUSES_OFFERED = described(STATUSES);
export const KINDS_OFFERED = described(KINDS);
export const AGGREGATES_OFFERED = described(AGGREGATES);
export const STAGES_OFFERED = described(STAGES);
export const METRICS_OFFERED = described(METRICS);
export const OPERATORS_OFFERED = described(OPERATORS);
export const LOGICAL_OFFERED = described(LOGICAL);
export const STRUCTURE_OFFERED = described(STRUCTURE);
export const HINTS_OFFERED = described(HINTS);
export const OTHERS_OFFERED = described(OTHERS);
