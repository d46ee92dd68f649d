// Stages that let lines go: `drop`, `sampling`, `limit`, and `match`, which asks a selector of LogQL first.

import type { RE2JS } from 're2js';
import { z } from 'zod';

import { RequestError } from '../../../base/request-error.ts';
import { compilePipeline } from '../../../logs/logql/compile-pipeline.ts';
import { LineLabels } from '../../../logs/logql/line-labels.ts';
import { parseLogExpr } from '../../../logs/logql/parse.ts';
import { labelsOf } from '../../../query/labels.ts';
import { compileMatcher } from '../../../query/matchers.ts';
import type { Entry, Stage } from './entry.ts';
import { StageChain } from './entry.ts';
import type { StageKind, StageMaker } from './stage-settings.ts';
import { compilePattern, durationSetting, simple, sizeSetting, stageKind, textSetting } from './stage-settings.ts';

const reason = (value: string) => textSetting.default(value);

const drop = z.strictObject({
  source: z.union([textSetting.transform((name) => [name]), z.array(textSetting).min(1)]).optional(),
  separator: z.string().default(';'),
  value: z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]).optional(),
  expression: textSetting.optional(),
  older_than: durationSetting.optional(),
  longer_than: sizeSetting.optional(),
  drop_counter_reason: reason('drop_stage'),
});

/** All that is given must hold for a line to be dropped. */
export const dropKind: StageKind = stageKind(drop, (settings) => {
  const { source, separator, value, expression, older_than: olderMs, longer_than: bytes, drop_counter_reason: why } = settings;
  if (source === undefined && expression === undefined && olderMs === undefined && bytes === undefined)
    throw new RequestError('bad_data', 'names none of source, expression, older_than and longer_than');
  if (value !== undefined && expression !== undefined) throw new RequestError('bad_data', 'names both value and expression');
  const pattern = expression === undefined ? undefined : compilePattern(expression);
  return (context) => {
    const isOld = ({ tsNs }: Entry): boolean => olderMs === undefined || tsNs < BigInt(Math.trunc(context.nowMs() - olderMs)) * 1_000_000n;
    const isLong = ({ line }: Entry): boolean => bytes === undefined || Buffer.byteLength(line) > bytes;
    const stage = simple((entry, emit) => {
      if (isLong(entry) && isOld(entry) && hasValue(entry, { source, separator, value, pattern })) context.dropped(why);
      else emit(entry);
    });
    return stage(context);
  };
});

interface Wanted {
  readonly source: readonly string[] | undefined;
  readonly separator: string;
  readonly value: string | undefined;
  readonly pattern: RE2JS | undefined;
}

function hasValue({ extracted, line }: Entry, { source, separator, value, pattern }: Wanted): boolean {
  if (source === undefined) return pattern === undefined || pattern.test(line);
  if (!source.every((name) => extracted.has(name))) return false;
  const found = source.map((name) => extracted.get(name) ?? '').join(separator);
  if (pattern !== undefined) return pattern.test(found);
  return value === undefined || found === value;
}

const sampling = z.strictObject({
  rate: z.number('is not a number').min(0, 'is below 0').max(1, 'is above 1'),
  drop_counter_reason: reason('sampling_stage'),
});

export const samplingKind: StageKind = stageKind(sampling, ({ rate, drop_counter_reason: why }) => (context) => {
  const stage = simple((entry, emit) => {
    if (context.random() < rate) emit(entry);
    else context.dropped(why);
  });
  return stage(context);
});

const limit = z.strictObject({
  rate: z.number('is not a number').positive('is not above 0'),
  burst: z.int('is not a whole number').positive('is not above 0'),
  drop: z.boolean().default(false),
  by_label_name: textSetting.optional(),
  max_distinct_labels: z.int().min(1).default(10_000),
});

/** Lines a second. Without `drop` the source waits: nothing is lost, it is read later. */
export const limitKind: StageKind = stageKind(
  limit,
  ({ rate, burst, drop: drops, by_label_name: label, max_distinct_labels: bucketsMax }) => {
    if (label !== undefined && !drops) throw new RequestError('bad_data', 'by_label_name needs drop: true');
    return (context) => {
      const buckets = new Map<string, TokenBucket>();
      const bucketOf = (key: string): TokenBucket => {
        const known = buckets.get(key);
        if (known !== undefined) return known;
        if (buckets.size >= bucketsMax) buckets.clear();
        const fresh = new TokenBucket(rate, burst, context.nowMs());
        buckets.set(key, fresh);
        return fresh;
      };
      const stage = simple((entry, emit) => {
        const key = label === undefined ? '' : entry.labels.get(label);
        const waitMs = key === undefined ? 0 : bucketOf(key).take(context.nowMs(), drops);
        if (waitMs > 0 && drops) return context.dropped('ratelimit_drop_stage');
        if (waitMs > 0) context.delay(waitMs);
        emit(entry);
      });
      return stage(context);
    };
  },
);

class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(rate: number, burst: number, nowMs: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes one; how long until it is there. One that is not there is taken only where it will be waited for. */
  take(nowMs: number, isStrict: boolean): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) / 1000) * this.#rate);
    this.#atMs = nowMs;
    const missing = 1 - this.#tokens;
    if (missing <= 0 || !isStrict) this.#tokens--;
    return missing <= 0 ? 0 : (missing / this.#rate) * 1000;
  }
}

/** Whether a line is one that a selector with its filters finds. */
function selectorTest(selector: string): (entry: Entry) => boolean {
  const { matchers, stages } = parseLogExpr(selector);
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  const pipeline = compilePipeline(stages);
  const lineLabels = new LineLabels();
  return ({ labels, metadata, line, tsNs }) => {
    if (!tests.every(({ name, test }) => test(labels.get(name) ?? ''))) return false;
    if (stages.length === 0) return true;
    lineLabels.reset(labelsOf(labels), labelsOf(metadata));
    return pipeline.process({ tsNs, text: line, labels: lineLabels });
  };
}

const match = z.strictObject({
  selector: textSetting,
  stages: z.array(z.unknown(), 'is not a list of stages').default([]),
  action: z.enum(['keep', 'drop'], 'is neither keep nor drop').default('keep'),
  pipeline_name: textSetting.optional(),
  drop_counter_reason: reason('match_stage'),
});

/** `read` compiles the stages within. */
export function matchKind(read: (stages: readonly unknown[]) => readonly StageMaker[]): StageKind {
  return stageKind(match, ({ selector, stages, action, drop_counter_reason: why }) => {
    if (action === 'keep' && stages.length === 0) throw new RequestError('bad_data', 'stages: names no stage, and action is keep');
    if (action === 'drop' && stages.length > 0) throw new RequestError('bad_data', 'stages: names stages, and action is drop');
    const isMatch = selectorTest(selector);
    const makers = read(stages);
    return (context) => {
      const inner = makers.map((make) => make(context));
      return () => {
        const chain = new StageChain(inner);
        const stage: Stage = {
          process(entry, emit) {
            if (!isMatch(entry)) emit(entry);
            else if (action === 'drop') context.dropped(why);
            else chain.process(entry, emit);
          },
          flush: (nowMs, emit) => chain.flush(nowMs, emit),
          held: () => chain.held(),
        };
        return stage;
      };
    };
  });
}
