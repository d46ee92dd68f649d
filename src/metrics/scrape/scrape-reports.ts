// The series that every scrape writes about itself: `up`, `scrape_duration_seconds` and their kin.
//
// Source: Prometheus documentation "Automatically generated labels and time series", `scrape.scrapeLoop.report`.

import type { Labels } from '../../query/labels.ts';
import { labelPairs, labelsOf, METRIC_NAME } from '../../query/labels.ts';
import type { Metadata, MetricWrite } from '../write.ts';

/** What happened in a scrape. */
export interface ScrapeReport {
  readonly isUp: boolean;
  readonly durationS: number;
  readonly scraped: number;
  readonly afterRelabeling: number;
  readonly seriesAdded: number;
  /** Bytes of the page; -1 when it was over `body_size_limit`, 0 when there was none. */
  readonly bodyBytes: number;
  readonly timeoutS: number;
  readonly sampleLimit: number;
}

type Report = readonly [name: string, unit: string, help: string, value: (report: ScrapeReport) => number];

const REPORTS: readonly Report[] = [
  ['up', 'targets', 'Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.', ({ isUp }) => (isUp ? 1 : 0)],
  ['scrape_duration_seconds', 'seconds', 'Duration of the last scrape in seconds.', ({ durationS }) => durationS],
  ['scrape_samples_scraped', 'samples', 'Number of samples last scraped.', ({ scraped }) => scraped],
  [
    'scrape_samples_post_metric_relabeling',
    'samples',
    'Number of samples remaining after metric relabeling was applied.',
    ({ afterRelabeling }) => afterRelabeling,
  ],
  ['scrape_series_added', 'series', 'Number of series in the last scrape.', ({ seriesAdded }) => seriesAdded],
];

const EXTRA_REPORTS: readonly Report[] = [
  ['scrape_timeout_seconds', 'seconds', 'The configured scrape timeout for a target.', ({ timeoutS }) => timeoutS],
  [
    'scrape_sample_limit',
    'samples',
    'The configured sample limit for a target. Returns zero if there is no limit configured.',
    ({ sampleLimit }) => sampleLimit,
  ],
  [
    'scrape_body_size_bytes',
    'bytes',
    'The uncompressed size of the last scrape response, if successful. Scrapes failing because body_size_limit is exceeded report -1, other scrape failures report 0.',
    ({ bodyBytes }) => bodyBytes,
  ],
];

/** The report series of one target, their labels made once. */
export class ScrapeReports {
  readonly #series: readonly { readonly labels: Labels; readonly value: (report: ScrapeReport) => number }[];
  readonly #metadata: readonly Metadata[];
  #isDescribed = false;

  constructor(targetLabels: Labels, withExtra: boolean) {
    const reports = withExtra ? [...REPORTS, ...EXTRA_REPORTS] : REPORTS;
    this.#series = reports.map(([name, , , value]) => ({ labels: labelsOf([...labelPairs(targetLabels), [METRIC_NAME, name]]), value }));
    this.#metadata = reports.map(([metric, unit, help]) => ({ metric, type: 'gauge', help, unit }));
  }

  write(write: MetricWrite, ts: number, report: ScrapeReport): void {
    for (const { labels, value } of this.#series) write.sample(labels, ts, value(report));
    if (this.#isDescribed) return;
    for (const metadata of this.#metadata) write.metadata(metadata);
  }

  /** What was written last is stored: its metadata need not be written again. */
  stored(): void {
    this.#isDescribed = true;
  }

  writeStale(write: MetricWrite, ts: number): void {
    for (const { labels } of this.#series) write.stale(labels, ts);
  }
}
