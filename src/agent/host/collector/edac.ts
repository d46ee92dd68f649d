// Memory errors that the hardware corrected or could not, from /sys/devices/system/edac.
//
// Source: Documentation/admin-guide/ras.rst.

import { indexAfter, readNumber } from '../fields.ts';
import type { Families } from '../families.ts';
import type { Collector, Host } from '../host.ts';

const ROOT = 'devices/system/edac/mc';

export const edacCollector: Collector = {
  name: 'edac',
  collect(host, out) {
    for (const name of host.sys.list(ROOT) ?? []) {
      const controller = indexAfter(name, 'mc');
      if (controller !== undefined) collectController(host, out, `${ROOT}/${name}`, String(controller));
    }
  },
};

function collectController(host: Host, out: Families, directory: string, controller: string): void {
  const count = (file: string): number | undefined => readNumber(host.sys, `${directory}/${file}`);
  const labels = ['controller', controller];
  out.counter('node_edac_correctable_errors_total', 'Memory errors that were corrected.', count('ce_count'), labels);
  out.counter('node_edac_uncorrectable_errors_total', 'Memory errors that could not be corrected.', count('ue_count'), labels);
  writeRow(out, [...labels, 'csrow', 'unknown'], count('ce_noinfo_count'), count('ue_noinfo_count'));
  for (const name of host.sys.list(directory) ?? []) {
    const row = indexAfter(name, 'csrow');
    if (row !== undefined) writeRow(out, [...labels, 'csrow', String(row)], count(`${name}/ce_count`), count(`${name}/ue_count`));
  }
}

function writeRow(out: Families, labels: readonly string[], correctable: number | undefined, uncorrectable: number | undefined): void {
  out.counter('node_edac_csrow_correctable_errors_total', 'Memory errors of a row that were corrected.', correctable, labels);
  out.counter('node_edac_csrow_uncorrectable_errors_total', 'Memory errors of a row that could not be corrected.', uncorrectable, labels);
}
