// OTLP metrics: what is sent as OTLP/JSON, and the names, labels and samples that it must become.
//
// Source: prometheus storage/remote/otlptranslator and prometheus/otlptranslator, opentelemetry-proto's examples.
// Each case's tenant has the translation settings that the case asks for.

import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { askPrometheus, post, queryInstant } from '../harness/client.ts';
import type { Program } from '../harness/program.ts';
import { compare } from './family.ts';
import type { Family, Outcome } from './family.ts';
import { histogramCase, sameHistogram } from './histogram.ts';
import { seriesKey, toNumber } from './scraped.ts';
import type { Setup } from './setup.ts';

const text = z.record(z.string(), z.string());
const scopeSchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  schemaUrl: z.string().optional(),
  attributes: text.optional(),
});

const configSchema = z.object({
  allowDelta: z.boolean().optional(),
  convertHistogramsToNHCB: z.boolean().optional(),
  convert_histograms_to_nhcb: z.boolean().optional(),
  promote_all_resource_attributes: z.boolean().optional(),
  promote_resource_attributes: z.array(z.string()).optional(),
  ignore_resource_attributes: z.array(z.string()).optional(),
  promote_scope_metadata: z.boolean().optional(),
  label_name_underscore_sanitization: z.boolean().optional(),
  label_name_preserve_multiple_underscores: z.boolean().optional(),
});

const expectedSample = z.object({
  L: text,
  T: z.number(),
  V: z.union([z.number(), z.string()]).optional(),
  H: histogramCase.optional(),
  M: z.object({ Type: z.string().optional() }).optional(),
});

const samplesSchema = z.array(
  z.object({
    name: z.string(),
    metrics: z.array(z.unknown()),
    scope: scopeSchema.optional(),
    config: configSchema,
    expectedSamples: z.array(expectedSample),
    expectedError: z.unknown().optional(),
  }),
);

const attributesSchema = z.array(
  z.object({
    name: z.string(),
    metricName: z.string(),
    resourceAttributes: text,
    attributes: text,
    scope: scopeSchema,
    config: configSchema,
    expectedLabels: text,
  }),
);

const namingSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('metric'),
      name: z.string(),
      strategy: z.string(),
      namespace: z.string(),
      otlp: z.object({ name: z.string(), unit: z.string(), type: z.string() }),
      want: z.string().default(''),
      err: z.string().optional(),
    }),
    z.object({
      kind: z.literal('label'),
      label: z.string(),
      config: z.object({
        utf8: z.boolean(),
        preserveMultipleUnderscores: z.boolean().optional(),
        underscoreLabelSanitization: z.boolean().optional(),
      }),
      want: z.string().default(''),
      err: z.string().optional(),
    }),
  ]),
);

type SamplesCase = z.infer<typeof samplesSchema>[number];
type AttributesCase = z.infer<typeof attributesSchema>[number];
type NamingCase = z.infer<typeof namingSchema>[number];
type Limits = Readonly<Record<string, unknown>>;

const AT_NANOS = '1700000000000000000';
const EVER = '60y';

/** A request, whose tenant it is, and what must be found then. */
interface OtlpCase {
  readonly name: string;
  readonly tenant: string;
  readonly request: unknown;
  readonly judge: (name: string, target: { readonly url: string; readonly tenant: string }, answer: string) => Promise<Outcome>;
}

export const otlpSamplesFamily: Family = {
  name: 'OTLP samples',
  claims: (path) => path === 'otlp/prometheus-samples.json',
  prepare({ file }, setup) {
    const cases = samplesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return runAll(
      cases.map((each) => ({
        name: each.name,
        tenant: setup.tenant(limitsOf(each.config)),
        request: requestOf({ metrics: each.metrics, ...(each.scope === undefined ? {} : { scope: each.scope }) }),
        judge: (name, target, answer) => judgeSamples(name, target, { each, answer }),
      })),
    );
  },
};

export const otlpAttributesFamily: Family = {
  name: 'OTLP attributes',
  claims: (path) => path === 'otlp/prometheus-attributes.json',
  prepare({ file }, setup) {
    const cases = attributesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return runAll(
      cases.map((each) => ({
        name: each.name,
        tenant: setup.tenant(limitsOf(each.config)),
        request: requestOf({ metrics: [gauge(each.metricName, each.attributes)], scope: each.scope, resource: each.resourceAttributes }),
        judge: (name, target) => judgeLabels(name, target, each),
      })),
    );
  },
};

export const otlpNamingFamily: Family = {
  name: 'OTLP names',
  claims: (path) => path === 'otlp-naming.json',
  prepare({ file }, setup) {
    const cases = namingSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const sendable = cases.filter((each) => each.kind === 'label' || metricOfType(each.otlp) !== undefined);
    const skipped = cases
      .filter((each) => !sendable.includes(each))
      .map((each): Outcome => ({ kind: 'skipped', name: nameOf(each), reason: 'OTLP cannot carry a metric of this type' }));
    const run = runAll(sendable.map((each) => namingCase(each, setup)));
    return async (program) => [...(await run(program)), ...skipped];
  },
};

export const otlpExampleFamily: Family = {
  name: 'OTLP example',
  claims: (path) => path === 'otlp/examples/metrics.json',
  prepare({ file }, setup) {
    const request: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const named = z.object({
      resourceMetrics: z.array(z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(z.object({ name: z.string() })) })) })),
    });
    const names = named
      .parse(request)
      .resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
    const judge: OtlpCase['judge'] = async (name, target) => {
      const { data } = await askPrometheus(target, 'label/__name__/values');
      const stored = z.array(z.string()).catch([]).parse(data);
      return compare(
        name,
        [],
        names.filter((each) => !stored.some((one) => one.startsWith(each.replaceAll('.', '_')))),
      );
    };
    return runAll([{ name: 'every metric of the example is stored', tenant: setup.tenant(), request, judge }]);
  },
};

function runAll(cases: readonly OtlpCase[]): (program: Program) => Promise<Outcome[]> {
  return async (program) => {
    const outcomes: Outcome[] = [];
    for (const { name, tenant, request, judge } of cases) {
      const target = { url: program.url, tenant };
      const body = JSON.stringify(request);
      const { status, text: answer } = await post(target, '/v1/metrics', { body, headers: { 'content-type': 'application/json' } });
      const judged = await judge(name, target, `${status} ${answer}`);
      outcomes.push(judged.kind === 'failed' ? { ...judged, got: `${judged.got} (the answer was ${status} ${answer})` } : judged);
    }
    return outcomes;
  };
}

// ── samples ──

async function judgeSamples(
  name: string,
  target: { readonly url: string; readonly tenant: string },
  { each, answer }: { readonly each: SamplesCase; readonly answer: string },
): Promise<Outcome> {
  const found = await queryInstant(target, `{__name__=~".+"}[${EVER}]`);
  const stored = found.map(({ metric, values, histograms }) => ({
    key: seriesKey(metric),
    metric,
    values: values ?? [],
    histograms: histograms ?? [],
  }));
  const missing = each.expectedSamples.filter((wanted) => {
    // Of several samples of one series at one time one can be stored.
    const rivals = each.expectedSamples.filter((other) => seriesKey(other.L) === seriesKey(wanted.L) && other.T === wanted.T);
    return !rivals.some(({ L, T, V, H }) =>
      stored.some(({ key, values, histograms }) => {
        if (key !== seriesKey(L)) return false;
        if (H !== undefined) return histograms.some(([seconds, read]) => Math.round(seconds * 1000) === T && sameHistogram(H, read));
        return values.some(([seconds, value]) => Math.round(seconds * 1000) === T && toNumber(value) === toNumber(V ?? 0));
      }),
    );
  });
  const wantedKeys = new Set(each.expectedSamples.map(({ L }) => seriesKey(L)));
  const unexpected = stored.filter(({ key }) => !wantedKeys.has(key)).map(({ metric }) => metric);
  if (each.expectedError !== undefined && !/^4|rejected|errorMessage/.test(answer)) return compare(name, 'an error in the answer', answer);
  return compare(name, { missing: [], unexpected: [] }, { missing, unexpected });
}

// ── attributes and names ──

async function judgeLabels(
  name: string,
  target: { readonly url: string; readonly tenant: string },
  { metricName, expectedLabels }: AttributesCase,
): Promise<Outcome> {
  const found = await queryInstant(target, `{__name__=${JSON.stringify(metricName)}}[${EVER}]`);
  return compare(
    name,
    [expectedLabels],
    found.map(({ metric }) => metric),
  );
}

function namingCase(each: NamingCase, setup: Setup): OtlpCase {
  const metric = each.kind === 'metric' ? metricOfType(each.otlp) : gauge('metric', { [each.label]: 'value' });
  return {
    name: nameOf(each),
    tenant: setup.tenant(namingLimits(each)),
    request: requestOf({ metrics: [metric] }),
    judge: async (name, target) => {
      const found = await queryInstant(target, `{__name__=~".+"}[${EVER}]`);
      const wanted = each.err === undefined ? [each.want] : [];
      if (each.kind === 'label') {
        const labels = found.flatMap(({ metric: given }) => Object.keys(given).filter((label) => label !== '__name__'));
        return compare(name, wanted, labels);
      }
      return compare(name, wanted, [
        ...new Set(
          found.map(({ metric: given }) =>
            (given['__name__'] ?? '').replace(each.otlp.type === 'histogram' ? /_(bucket|sum|count)$/ : /$^/, ''),
          ),
        ),
      ]);
    },
  };
}

function nameOf(each: NamingCase): string {
  return each.kind === 'metric' ? `${each.strategy} ${each.name}` : `label ${each.label} ${JSON.stringify(each.config)}`;
}

// ── settings ──

function limitsOf(config: z.infer<typeof configSchema>): Limits {
  const given = {
    translationStrategy: 'UnderscoreEscapingWithoutSuffixes',
    targetInfo: false,
    delta: config.allowDelta === undefined ? undefined : config.allowDelta ? 'native' : 'refuse',
    convertHistogramsToNhcb: config.convert_histograms_to_nhcb ?? config.convertHistogramsToNHCB,
    promoteAllResourceAttributes: config.promote_all_resource_attributes,
    promoteResourceAttributes: config.promote_resource_attributes,
    ignoreResourceAttributes: config.ignore_resource_attributes,
    promoteScopeMetadata: config.promote_scope_metadata,
    labelNameUnderscoreSanitization: config.label_name_underscore_sanitization,
    labelNamePreserveMultipleUnderscores: config.label_name_preserve_multiple_underscores,
  };
  return otlpLimits(given);
}

function namingLimits(each: NamingCase): Limits {
  if (each.kind === 'metric') return otlpLimits({ translationStrategy: each.strategy, namespace: each.namespace, targetInfo: false });
  const { utf8, preserveMultipleUnderscores, underscoreLabelSanitization } = each.config;
  return otlpLimits({
    translationStrategy: utf8 ? 'NoUTF8EscapingWithSuffixes' : 'UnderscoreEscapingWithSuffixes',
    targetInfo: false,
    labelNamePreserveMultipleUnderscores: preserveMultipleUnderscores,
    labelNameUnderscoreSanitization: underscoreLabelSanitization,
  });
}

function otlpLimits(given: Readonly<Record<string, unknown>>): Limits {
  return { otlp: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

// ── requests ──

interface RequestParts {
  readonly metrics: readonly unknown[];
  readonly scope?: z.infer<typeof scopeSchema>;
  readonly resource?: Readonly<Record<string, string>>;
}

function requestOf({ metrics, scope = {}, resource = {} }: RequestParts): unknown {
  const { schemaUrl, attributes, ...named } = scope;
  return {
    resourceMetrics: [
      {
        resource: { attributes: keyValues(resource) },
        scopeMetrics: [
          { scope: { ...named, attributes: keyValues(attributes ?? {}) }, ...(schemaUrl === undefined ? {} : { schemaUrl }), metrics },
        ],
      },
    ],
  };
}

function keyValues(attributes: Readonly<Record<string, string>>): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

function gauge(name: string, attributes: Readonly<Record<string, string>>): unknown {
  return { name, gauge: { dataPoints: [{ asDouble: 1, timeUnixNano: AT_NANOS, attributes: keyValues(attributes) }] } };
}

/** A metric of one point, or undefined for a type that OTLP has not. */
function metricOfType({ name, unit, type }: { readonly name: string; readonly unit: string; readonly type: string }): unknown {
  const point = { asDouble: 1, timeUnixNano: AT_NANOS };
  switch (type) {
    case 'gauge':
      return { name, unit, gauge: { dataPoints: [point] } };
    case 'monotonic_counter':
    case 'non_monotonic_counter':
      return { name, unit, sum: { aggregationTemporality: 2, isMonotonic: type === 'monotonic_counter', dataPoints: [point] } };
    case 'histogram':
      return {
        name,
        unit,
        histogram: { aggregationTemporality: 2, dataPoints: [{ ...point, count: '1', sum: 1, bucketCounts: ['1'], explicitBounds: [] }] },
      };
    case 'exponential_histogram':
      return {
        name,
        unit,
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [{ ...point, count: '1', sum: 1, scale: 0, zeroCount: '0', positive: { offset: 0, bucketCounts: ['1'] } }],
        },
      };
    case 'summary':
      return {
        name,
        unit,
        summary: { dataPoints: [{ timeUnixNano: AT_NANOS, count: '1', sum: 1, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
      };
    default:
      return undefined;
  }
}
