// Values as keys: two are the same group when type and value are.

import type { Value } from '../value.ts';

/** Equal for equal values of one type alone. NaN equals itself here. */
export function groupKey(value: Value): string {
  switch (value.type) {
    case 'nil':
      return 'nil';
    case 'string[]':
    case 'float[]':
    case 'bool[]':
    case 'int[]':
      return `${value.type} ${JSON.stringify(value.value.map(String))}`;
    default:
      return `${value.type} ${String(value.value)}`;
  }
}
