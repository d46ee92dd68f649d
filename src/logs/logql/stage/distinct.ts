// `| distinct app`: the first line of every value of a label.
//
// Source: Grafana Loki `pkg/logql/log/distinct.go`.

import { RequestError } from '../../../base/request-error.ts';
import type { RunStage } from './run-stage.ts';

/** Values that one query remembers. */
const VALUES_MAX = 1_000_000;

/** Throws `execution` where the labels have more values than a query can remember. */
export function distinctStage(names: readonly string[]): RunStage {
  const seen = names.map((name) => ({ name, values: new Set<string>() }));
  let count = 0;
  return ({ labels }) => {
    for (const { name, values } of seen) {
      const value = labels.get(name);
      if (value === undefined || values.has(value)) return false;
      if (count++ >= VALUES_MAX) throw new RequestError('execution', `distinct: more than ${VALUES_MAX} values of ${names.join(', ')}`);
      values.add(value);
    }
    return true;
  };
}
