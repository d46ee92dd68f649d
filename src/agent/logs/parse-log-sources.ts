// The setting `logSources`: a list of what is read on this host, checked.
//
//   - kind: file
//     paths: [/var/log/nginx/*.log]
//     labels: {job: nginx}
//     stages: [{regex: {expression: '…'}}, {labels: {method: }}]
//   - kind: journal

import { resolve } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import { RequestError } from '../../base/request-error.ts';
import type { ScrapeSource } from '../../config.ts';
import type { FilePattern } from './file-pattern.ts';
import { compileFilePattern } from './file-pattern.ts';
import { isEncoding } from './line-splitter.ts';
import type { FileSource, JournalSource, LogSource } from './log-source.ts';
import { checkNames } from './pipeline/label-stages.ts';
import { parseStages } from './pipeline/parse-stages.ts';
import { durationSetting, labelsSetting, parseSettings, textSetting, within } from './pipeline/stage-settings.ts';

const SOURCES_MAX = 200;
/** It names a file and stands in labels of own metrics. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

const shared = {
  name: z.string().regex(NAME, 'is not a name of letters, digits and ._-').optional(),
  labels: labelsSetting.default([]),
  stages: z.array(z.unknown(), 'is not a list of stages').default([]),
};

const start = (value: 'beginning' | 'end') => z.enum(['beginning', 'end'], 'is neither beginning nor end').default(value);
const paths = z.union([textSetting.transform((path) => [path]), z.array(textSetting)], 'is neither a path nor a list of paths');

const fileSource = z.strictObject({
  ...shared,
  kind: z.literal('file'),
  paths: paths.refine((list) => list.length > 0, 'names no path'),
  exclude: paths.default([]),
  start: start('beginning'),
  compressed: z.boolean().default(false),
  encoding: z.string().refine(isEncoding, 'is not an encoding such as utf-8, utf-16le or windows-1252').default('utf-8'),
  filename_label: z.boolean().default(true),
});

const journalSource = z.strictObject({
  ...shared,
  kind: z.literal('journal'),
  matches: z.array(z.string().regex(/^([A-Z0-9_]+=.*|\+)$/s, 'is not FIELD=value')).default([]),
  start: start('beginning'),
  max_age: durationSetting.default(7 * 3_600_000),
  directory: z.string().default(''),
});

const source = z.discriminatedUnion('kind', [fileSource, journalSource], 'kind is neither file nor journal');

/** All sources; throws one `bad_data` with the place and the mistake. `read` gives the text of a file. */
export function parseLogSources(list: ScrapeSource, read: (file: string) => string): readonly LogSource[] {
  switch (list.kind) {
    case 'none':
      return [];
    case 'inline':
      return parseList(list.configs, 'logSources', list.directory);
    case 'file':
      return parseList(parseYaml(read(list.file), list.file), list.file, resolve(list.file, '..'));
  }
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new RequestError('bad_data', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function parseList(value: unknown, at: string, directory: string): readonly LogSource[] {
  if (!Array.isArray(value)) throw new RequestError('bad_data', `${at}: is not a list of sources`);
  if (value.length > SOURCES_MAX) throw new RequestError('bad_data', `${at}: ${value.length} sources, ${SOURCES_MAX} at most`);
  const items: readonly unknown[] = value;
  const names = new Map<string, number>();
  return items.map((item, i) => {
    const place = `${at}[${i}]`;
    const parsed = parseSource(item, place, { directory, defaultName: (kind) => `${kind}-${i + 1}` });
    const first = names.get(parsed.name);
    if (first !== undefined)
      throw new RequestError('bad_data', `${place}.name: ${at}[${first}] is called ${JSON.stringify(parsed.name)} too`);
    names.set(parsed.name, i);
    return parsed;
  });
}

interface Surroundings {
  readonly directory: string;
  readonly defaultName: (kind: string) => string;
}

function parseSource(item: unknown, at: string, { directory, defaultName }: Surroundings): LogSource {
  const given = parseSettings(source, item, at);
  const { labels } = given;
  within(`${at}.labels`, () => checkNames(labels.map(([name]) => name)));
  const makers = parseStages(given.stages, `${at}.stages`);
  const base = {
    name: given.name ?? defaultName(given.kind),
    labels,
    stages: (context: Parameters<LogSource['stages']>[0]) => makers.map((make) => make(context)),
  };
  return given.kind === 'file' ? fileSourceOf(given, base, { at, directory }) : journalSourceOf(given, base);
}

type Base = Pick<LogSource, 'name' | 'labels' | 'stages'>;

function fileSourceOf(
  given: z.infer<typeof fileSource>,
  base: Base,
  { at, directory }: { readonly at: string; readonly directory: string },
): FileSource {
  const compile = (list: readonly string[], setting: string): readonly FilePattern[] =>
    list.map((path, i) => within(`${at}.${setting}[${i}]`, () => compileFilePattern(resolve(directory, path))));
  const { start: begins, compressed, encoding, filename_label: filenameLabel } = given;
  const include = compile(given.paths, 'paths');
  const exclude = compile(given.exclude, 'exclude');
  return { ...base, kind: 'file', include, exclude, start: begins, compressed, encoding, filenameLabel };
}

function journalSourceOf(
  { matches, start: begins, max_age: maxAgeMs, directory }: z.infer<typeof journalSource>,
  base: Base,
): JournalSource {
  return { ...base, kind: 'journal', matches, start: begins, maxAgeMs, directory };
}
