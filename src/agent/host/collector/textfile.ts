// Metrics that scripts leave in a directory as `*.prom` files in the Prometheus text format.

import { parsePrometheusText } from '../../../metrics/ingest/exposition-text.ts';
import { RequestError } from '../../../base/request-error.ts';
import { labelPairs, labelValue, METRIC_NAME } from '../../../query/labels.ts';
import type { ExpositionSink, Series } from '../../../metrics/ingest/exposition.ts';
import type { MetricType } from '../../../metrics/write.ts';
import type { Families, FamilyType, HostFamily } from '../families.ts';
import type { Collector, Tree } from '../host.ts';

const FILES_MAX = 1000;

export const textfileCollector: Collector = {
  name: 'textfile',
  collect(host, out) {
    const tree = host.textfiles;
    let failed = 0;
    if (tree !== undefined) {
      const names = tree.list('')?.filter((name) => name.endsWith('.prom'));
      if (names === undefined || names.length > FILES_MAX) failed = 1;
      for (const name of names?.slice(0, FILES_MAX) ?? []) {
        if (!addFile(tree, name, out)) failed = 1;
        const modifiedMs = tree.modifiedMs(name);
        if (modifiedMs === undefined) continue;
        out.gauge('node_textfile_mtime_seconds', 'When the file was last changed, in Unix time.', modifiedMs / 1000, ['file', name]);
      }
    }
    out.gauge('node_textfile_scrape_error', 'Whether a file could not be read or understood: 1 or 0.', failed);
  },
};

/** A file counts whole or not at all: false when it is malformed or gives times, which only the collection itself may. */
function addFile(tree: Tree, name: string, out: Families): boolean {
  const text = tree.read(name);
  if (text === undefined) return false;
  const page = new Page();
  try {
    parsePrometheusText(Buffer.from(text), page);
  } catch (error) {
    if (error instanceof RequestError) return false;
    throw error;
  }
  if (page.timed) return false;
  for (const add of page.adds) add(out);
  return true;
}

const TYPES: Readonly<Record<MetricType, FamilyType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'untyped',
  summary: 'summary',
  info: 'untyped',
  stateset: 'untyped',
  unknown: 'untyped',
};

type FamilyHead = Pick<HostFamily, 'name' | 'type' | 'help'>;

/** Holds a file's samples until the whole file is read. */
class Page implements ExpositionSink {
  readonly adds: ((out: Families) => void)[] = [];
  timed = false;
  #family: FamilyHead = { name: '', type: 'untyped', help: '' };

  metadata({ metric, type, help }: { readonly metric: string; readonly type: MetricType; readonly help: string }): void {
    this.#family = { name: metric, type: TYPES[type], help };
  }

  sample(series: Series, value: number, ts: number | undefined): void {
    if (ts !== undefined) this.timed = true;
    const all = series.labels();
    const name = labelValue(all, METRIC_NAME);
    const labels = [...labelPairs(all)].filter(([label]) => label !== METRIC_NAME).flat();
    const known = this.#family;
    const belongs = name === known.name || (known.type !== 'untyped' && name.startsWith(`${known.name}_`));
    const family: FamilyHead = belongs ? known : { name, type: 'untyped', help: '' };
    const help = family.help === '' ? 'Metric read from a file.' : family.help;
    this.adds.push((out) => out.family(family.name, family.type, help).push({ name, labels, value }));
  }

  /** The text format has neither. */
  histogram(): void {}
  exemplar(): void {}
}
