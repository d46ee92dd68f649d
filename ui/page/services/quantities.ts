// The units of the figures of services, and how they are told where there is little room.

import { quantityText } from '../../data/units.ts';
import type { Quantity } from '../../data/units.ts';

export const PER_SECOND: Quantity = { unit: 'none', perSecond: true };
export const SECONDS: Quantity = { unit: 'seconds', perSecond: false };
export const RATIO: Quantity = { unit: 'ratio', perSecond: false };

/** To three digits, as a picture has room for; `–` where it is not known. */
export function shortText(value: number | undefined, quantity: Quantity, largest?: number): string {
  return quantityText(value === undefined ? undefined : Number(value.toPrecision(3)), quantity, largest);
}
