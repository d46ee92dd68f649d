// `| decolorize`: takes the colour codes of terminals out of a line.
//
// Source of the expression: Grafana Loki `pkg/logql/log/fmt.go`, after github.com/acarl005/stripansi.

import { RE2JS } from 're2js';

import type { RunStage } from './run-stage.ts';

/** In RE2's engine: a line may be made so that a backtracking one takes for ever. */
const CODES = RE2JS.compile(
  String.raw`[\x{1B}\x{9B}][[\]()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\x{07})|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~]))`,
);

export const decolorizeStage: RunStage = (line) => {
  if (line.text.includes('\u001B') || line.text.includes('\u009B')) line.text = CODES.matcher(line.text).replaceAll('');
  return true;
};
