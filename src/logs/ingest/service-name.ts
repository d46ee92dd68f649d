// What a stream's `service_name` is where its sender gave none: the store asks here for every new stream.

import type { Labels } from '../../query/labels.ts';
import { labelValue } from '../../query/labels.ts';

export const SERVICE_NAME = 'service_name';
export const UNKNOWN_SERVICE = 'unknown_service';

/** The value of the first of `names` that the labels have, `unknown_service` for none; a `service_name` that is there stays. */
export function serviceNameOf(labels: Labels, names: readonly string[]): string {
  const given = labelValue(labels, SERVICE_NAME);
  if (given !== '') return given;
  for (const name of names) {
    const value = labelValue(labels, name);
    if (value !== '') return value;
  }
  return UNKNOWN_SERVICE;
}
