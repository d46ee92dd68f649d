// Which metric and label names are allowed: every UTF-8 text, or the letters that Prometheus knew before version 3.
//
// Source: prometheus/common `model.ValidationScheme`.

export type NameScheme = 'utf8' | 'legacy';

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function isLabelName(name: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? LEGACY_LABEL.test(name) : name !== '' && name.isWellFormed();
}

export function isMetricName(name: string, scheme: NameScheme): boolean {
  return scheme === 'legacy' ? LEGACY_METRIC.test(name) : name !== '' && name.isWellFormed();
}

/** A text in double quotes; bytes that are no UTF-8, which the settings decoder keeps as lone surrogates, as `\xff`. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\udc([89a-f][0-9a-f])/g, '\\x$1');
}
