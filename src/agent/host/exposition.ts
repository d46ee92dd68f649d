// Families as a page of the Prometheus text format, which the scrape loop and any Prometheus read.
//
// Source: Prometheus, "Exposition formats", text format 0.0.4.

import type { HostFamily, HostSample } from './families.ts';

/** What the page is, for its `Content-Type`. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The page. Of two samples with the same name and labels the first stays: a page with both would be refused whole. */
export function renderExposition(families: readonly HostFamily[]): string {
  let page = '';
  for (const family of families) {
    if (family.samples.length === 0) continue;
    page += `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
    const seen = new Set<string>();
    for (const sample of family.samples) {
      const series = renderSeries(sample);
      if (seen.has(series)) continue;
      seen.add(series);
      page += `${series} ${renderValue(sample.value)}\n`;
    }
  }
  return page;
}

/** The labels stand in order of their names, so that the same labels are the same text. */
function renderSeries({ name, labels }: HostSample): string {
  if (labels.length === 0) return name;
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]}="${escapeValue(labels[i + 1] ?? '')}"`);
  return `${name}{${parts.sort().join(',')}}`;
}

function renderValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(help: string): string {
  return /[\\\n]/.test(help) ? help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : help;
}

/** Values come from devices and may hold anything; what is not Unicode becomes U+FFFD. */
function escapeValue(value: string): string {
  if (!/[\\"\n\ud800-\udfff]/.test(value)) return value;
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
