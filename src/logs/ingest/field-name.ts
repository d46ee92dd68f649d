// The label name of a field, whatever the field is called: no line is refused for the name of one of its fields.

import { RequestError } from '../../base/request-error.ts';
import { metadataName } from './stream-labels.ts';

const NAMES_MAX = 10_000;
const NAME_LENGTH_MAX = 200;
/** The same few names come with every document. */
const names = new Map<string, string>();

/** As `metadataName`; a name of which that leaves nothing is spelled out. Source of the spelling: Prometheus's UTF-8 names, "values encoding". */
export function fieldName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const label = labelOf(name);
  if (names.size >= NAMES_MAX) names.clear();
  if (name.length <= NAME_LENGTH_MAX) names.set(name, label);
  return label;
}

function labelOf(name: string): string {
  try {
    return metadataName(name);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return `U__${Array.from(name, (char) => (/[a-zA-Z0-9]/.test(char) ? char : char === '_' ? '__' : `_${char.codePointAt(0)?.toString(16)}_`)).join('')}`;
  }
}
