// A whole configuration file of Prometheus: what of it this program runs on (scraping), and all other sections judged as Prometheus judges them.
//
//   parsePrometheusConfig(text, files) ─▶ global, scrape configurations (those of scrape_config_files too), names of the other sections
//   parseScrapeConfigs(source)         ─▶ the same for the setting `scrape`: a list, a file of a list, or a whole configuration
//
// Source: Prometheus `config.Config`, `config.LoadFile` and `GetScrapeConfigs`.

import { resolve } from 'node:path';

import { stringify } from 'yaml';

import { RequestError } from '../../base/request-error.ts';
import type { ScrapeSource } from '../../config.ts';
import { checkRelabelRule } from './relabel.ts';
import type { GlobalConfig, RawScrapeConfig, ScrapeConfig } from './scrape-config.ts';
import { globalConfig, rawScrapeConfig, resolveGlobal, resolveScrapeConfig } from './scrape-config.ts';
import { refuse } from './scalars.ts';
import { alerting, otlp, remoteRead, remoteWrite, runtime, storage, tracing } from './unused-sections.ts';
import type { ValueOf } from './yaml-schema.ts';
import { list, optional, readYaml, section, text } from './yaml-schema.ts';

/** What reading a configuration needs of the world. */
export interface ConfigFiles {
  /** Relative names in the text are relative to it. */
  readonly directory: string;
  /** The text of a file. */
  readonly read: (file: string) => string;
  /** Names of the files that a pattern with `*` in its last part matches, sorted. */
  readonly glob: (pattern: string) => readonly string[];
}

/** A configuration in which everything could be understood. */
export interface PrometheusConfig {
  readonly global: GlobalConfig;
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly scrapeConfigs: readonly ScrapeConfig[];
  readonly ruleFiles: readonly string[];
}

const RULE_PATH = /^[^*]*(?:\*[^/]*)?$/;

const wholeFile = section(
  'config.plain',
  {
    global: optional(globalConfig),
    runtime,
    alerting,
    rule_files: list(text),
    scrape_config_files: list(text),
    scrape_configs: list(optional(rawScrapeConfig)),
    storage,
    tracing,
    remote_write: list(optional(remoteWrite)),
    remote_read: list(optional(remoteRead)),
    otlp,
  },
  ({ rule_files: rules, scrape_config_files: files }) => {
    for (const path of rules) if (!RULE_PATH.test(path)) refuse(`invalid rule file path ${JSON.stringify(path)}`);
    for (const path of files) if (!RULE_PATH.test(path)) refuse(`invalid scrape config file path ${JSON.stringify(path)}`);
  },
);

type WholeFile = ValueOf<typeof wholeFile>;

const EMPTY_GLOBAL = globalConfig.zero();
const scrapeList = list(optional(rawScrapeConfig));
const scrapeFile = section('config.ScrapeConfigs', { scrape_configs: scrapeList });

/** Reads a whole configuration. Throws `bad_data` in Prometheus's words; `environment` gives the values of `${NAME}` in external labels. */
export function parsePrometheusConfig(
  content: string,
  files: ConfigFiles,
  environment: Readonly<Record<string, string | undefined>> = {},
): PrometheusConfig {
  const raw = readYaml(content, wholeFile, files.directory);
  const global = resolveGlobal(raw.global ?? EMPTY_GLOBAL);
  const main = resolveJobs(raw.scrape_configs, global, '');
  checkOtherSections(raw, global);
  const jobs = new Map(main.map((config) => [config.jobName, 'main config file']));
  const imported = raw.scrape_config_files.flatMap((pattern) =>
    files.glob(resolve(files.directory, pattern)).flatMap((file) => importJobs(file, files, { global, jobs })),
  );
  const externalLabels = new Map([...global.raw.external_labels].map(([name, value]) => [name, expandEnvironment(value, environment)]));
  return { global, externalLabels, scrapeConfigs: [...main, ...imported], ruleFiles: raw.rule_files };
}

function resolveJobs(raws: readonly (RawScrapeConfig | undefined)[], global: GlobalConfig, where: string): readonly ScrapeConfig[] {
  const names = new Set<string>();
  return raws.map((raw) => {
    if (raw === undefined) return refuse('empty or null scrape config section');
    const config = resolveScrapeConfig(raw, global);
    if (names.has(config.jobName)) refuse(`found multiple scrape configs with job name ${JSON.stringify(config.jobName)}${where}`);
    names.add(config.jobName);
    return config;
  });
}

interface Imports {
  readonly global: GlobalConfig;
  /** Where each job was found first. */
  readonly jobs: Map<string, string>;
}

function importJobs(file: string, files: ConfigFiles, { global, jobs }: Imports): readonly ScrapeConfig[] {
  try {
    const raw = readYaml(files.read(file), scrapeFile, resolve(file, '..'));
    return raw.scrape_configs.map((each) => {
      if (each === undefined) return refuse('empty or null scrape config section');
      const config = resolveScrapeConfig(each, global);
      const first = jobs.get(config.jobName);
      if (first !== undefined)
        refuse(`found multiple scrape configs with job name ${JSON.stringify(config.jobName)}, first found in ${first}`);
      jobs.set(config.jobName, JSON.stringify(file));
      return config;
    });
  } catch (cause) {
    throw new RequestError('bad_data', `${JSON.stringify(file)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function checkOtherSections(raw: WholeFile, { nameScheme }: GlobalConfig): void {
  const rules = [
    ...raw.alerting.alert_relabel_configs,
    ...raw.alerting.alertmanagers.flatMap((each) => [...each.alert_relabel_configs, ...each.relabel_configs]),
  ];
  for (const rule of rules) checkRelabelRule(rule, nameScheme);
  const written = new Set<string>();
  for (const each of raw.remote_write) {
    if (each === undefined) return refuse('empty or null remote write config section');
    if (each.name !== '' && written.has(each.name))
      refuse(`found multiple remote write configs with job name ${JSON.stringify(each.name)}`);
    for (const rule of each.write_relabel_configs) checkRelabelRule(rule, nameScheme);
    written.add(each.name);
  }
  const read = new Set<string>();
  for (const each of raw.remote_read) {
    if (each === undefined) return refuse('empty or null remote read config section');
    if (each.name !== '' && read.has(each.name)) refuse(`found multiple remote read configs with job name ${JSON.stringify(each.name)}`);
    read.add(each.name);
  }
  checkTranslation(raw.otlp.translation_strategy, nameScheme === 'legacy');
}

function checkTranslation(strategy: string, isLegacy: boolean): void {
  if (['', 'UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes'].includes(strategy)) return;
  if (strategy !== 'NoTranslation' && strategy !== 'NoUTF8EscapingWithSuffixes') {
    refuse(`unsupported OTLP translation strategy ${JSON.stringify(strategy)}`);
  }
  if (isLegacy) refuse(`OTLP translation strategy ${JSON.stringify(strategy)} is not allowed when UTF8 is disabled`);
}

/** `$NAME` and `${NAME}`; `$$` is a dollar. Source: Go `os.Expand`. */
function expandEnvironment(value: string, environment: Readonly<Record<string, string | undefined>>): string {
  return value.replaceAll(/\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*|\$))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    return name === '$' ? '$' : (environment[name] ?? '');
  });
}

/**
 * The jobs of the setting `scrape`. A file may hold a list of scrape configurations, `scrape_configs:` with one, or a whole configuration
 * of Prometheus. Throws `bad_data` that names the file.
 */
export function parseScrapeConfigs(source: ScrapeSource, files: Omit<ConfigFiles, 'directory'>): readonly ScrapeConfig[] {
  if (source.kind === 'none') return [];
  const where = source.kind === 'file' ? source.file : 'setting scrape';
  try {
    if (source.kind === 'inline') return parseJobs(stringify(source.configs), { ...files, directory: source.directory });
    return parseJobs(files.read(source.file), { ...files, directory: resolve(source.file, '..') });
  } catch (cause) {
    throw new RequestError('bad_data', `${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function parseJobs(content: string, files: ConfigFiles): readonly ScrapeConfig[] {
  if (!/^(?:\s*(?:#.*)?\n|---\s*\n)*(?:- |-\n|\[)/.test(content)) return parsePrometheusConfig(content, files).scrapeConfigs;
  return resolveJobs(readYaml(content, scrapeList, files.directory), resolveGlobal(EMPTY_GLOBAL), '');
}
