// The units of the figures of services.

import type { Quantity } from '../../data/units.ts';

export const PER_SECOND: Quantity = { unit: 'none', perSecond: true };
export const SECONDS: Quantity = { unit: 'seconds', perSecond: false };
export const RATIO: Quantity = { unit: 'ratio', perSecond: false };
