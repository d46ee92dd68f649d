// Names and values of attributes as labels of metrics: the characters that names may have, and values within the tenant's limit.

import { Buffer } from 'node:buffer';
import type { AnyValue, Attributes } from '../../otlp/any-value.ts';
import { attribute, valueText } from '../../otlp/any-value.ts';

/** Longer values are cut, as Tempo's generator does. */
const VALUE_BYTES_MAX = 2048;

/** How long a label's value may be: what the tenant's metrics take, and not more than Tempo takes. */
export function valueBytesMax(labelValueBytesMax: number): number {
  return Math.min(VALUE_BYTES_MAX, labelValueBytesMax);
}

/** A name of letters, digits and underscores; one that is taken already begins with two more. Source: Tempo `SanitizeLabelNameWithCollisions`. */
export function labelName(attributeName: string, taken: ReadonlySet<string>): string {
  const name = attributeName.replace(/[^a-zA-Z0-9_]/gu, '_');
  return taken.has(name) ? `__${name}` : name;
}

/** A text as a label's value: valid UTF-8, cut after at most `bytesMax` bytes between two characters. */
export function labelText(text: string, bytesMax: number): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length * 3 <= bytesMax) return wellFormed;
  const bytes = Buffer.from(wellFormed);
  if (bytes.length <= bytesMax) return wellFormed;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** An attribute's value as text, undefined where there is none of the name; of several sets the first that has it counts. */
export function attributeText(key: string, ...sets: readonly Attributes[]): string | undefined {
  for (const attributes of sets) {
    const value: AnyValue | undefined = attribute(attributes, key);
    if (value !== undefined) return valueText(value);
  }
  return undefined;
}

/** Upper bounds of a histogram from a setting: numbers above zero, rising; whatever else is there does not count. */
export function bucketBounds(texts: readonly string[]): readonly number[] {
  const bounds = texts.map(Number).filter((bound) => Number.isFinite(bound) && bound > 0);
  return [...new Set(bounds)].sort((a, b) => a - b);
}
