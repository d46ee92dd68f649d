// What the settings of stages are made of, and what a stage's settings become.
//
//   settings ─(schema)─▶ typed ─(make: compiles patterns, may refuse)─▶ StageMaker ─(context of the source)─▶ StageFactory ─(per file)─▶ Stage

import { RE2JS } from 're2js';
import { z } from 'zod';

import { parseByteSize } from '../../../base/byte-size.ts';
import { parseDuration } from '../../../base/duration.ts';
import { RequestError } from '../../../base/request-error.ts';
import type { Entry, Stage, StageContext, StageFactory } from './entry.ts';

export type StageMaker = (context: StageContext) => StageFactory;

/** A kind of stage: how its settings look and what they become. */
export interface StageKind {
  readonly read: (settings: unknown, at: string) => StageMaker;
}

/** A kind of stage. `make` throws `bad_data` where a pattern or a template is none. */
export function stageKind<T>(schema: z.ZodType<T>, make: (settings: T) => StageMaker): StageKind {
  return { read: (settings, at) => within(at, () => make(parseSettings(schema, settings ?? {}, at))) };
}

/** A stage that keeps nothing from line to line: one for all files. */
export function simple(process: Stage['process']): StageMaker {
  const stage: Stage = { process };
  return () => () => stage;
}

/** A stage that changes every line and passes it on. */
export function changing(change: (entry: Entry) => void): StageMaker {
  return simple((entry, emit) => {
    change(entry);
    emit(entry);
  });
}

/** Typed settings; throws `bad_data` with every mistake and its place. */
export function parseSettings<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestError('bad_data', parsed.error.issues.map((issue) => `${placeOf(at, issue.path)}: ${issue.message}`).join('\n'));
}

function placeOf(at: string, path: readonly PropertyKey[]): string {
  return at + path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
}

/** Adds the place to a mistake that names none yet. */
export function within<T>(at: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RequestError) || cause.message.startsWith(at)) throw cause;
    throw new RequestError(cause.code, `${at}: ${cause.message}`, { cause });
  }
}

/** The text that a stage reads: what was found under a name, else the line. */
export function inputOf({ line, extracted }: Entry, source: string | undefined): string | undefined {
  return source === undefined ? line : extracted.get(source);
}

const PATTERN_LENGTH_MAX = 64 * 1024;

/** A pattern as RE2 reads it. Throws `bad_data`. */
export function compilePattern(pattern: string): RE2JS {
  if (pattern.length > PATTERN_LENGTH_MAX)
    throw new RequestError('bad_data', `a regular expression of ${pattern.length} characters, ${PATTERN_LENGTH_MAX} at most`);
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new RequestError('bad_data', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Milliseconds of `1h30m`. */
export const durationSetting = z.union([z.string(), z.number()], 'is not a duration such as 3s or 1h30m').transform((given, context) => {
  const ms = parseDuration(String(given));
  if (typeof ms === 'number') return ms;
  context.addIssue({ code: 'custom', message: ms.problem });
  return z.NEVER;
});

/** Bytes of `8kb`. */
export const sizeSetting = z.union([z.string(), z.number()], 'is not a size such as 8kb or 1MiB').transform((given, context) => {
  const bytes = parseByteSize(String(given));
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: `${JSON.stringify(given)} is not a size such as 8kb or 1MiB` });
  return z.NEVER;
});

export const textSetting = z.string('is not a text').min(1, 'is empty');

/** Names with what they take; an empty one takes its own name. */
export const mappingSetting = z
  .record(z.string(), z.union([z.string(), z.null()], 'is not a text'), 'is not a list of names with what they take')
  .transform((record) => new Map(Object.entries(record).map(([name, value]) => [name, value === null || value === '' ? name : value])));

/** Names with values that are texts; numbers and truth values become texts. */
export const labelsSetting = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()], 'is not a text'), 'is not a list of labels')
  .transform((record) => Object.entries(record).map(([name, value]): readonly [string, string] => [name, String(value)]));
