// The stage `redact`: what should not be stored is taken out of a line, by ready-made patterns and by the user's own.

import { isIP } from 'node:net';

import type { RE2JS } from 're2js';
import { z } from 'zod';

import { inputOf, changing, compilePattern, stageKind, textSetting } from './stage-settings.ts';
import type { StageKind } from './stage-settings.ts';

/** Finds texts; `group` is what is taken out, and `accept` looks closer than a pattern can. */
interface Finder {
  readonly pattern: RE2JS;
  readonly group: number;
  readonly accept?: (text: string, around: string) => boolean;
}

const READY_MADE = {
  email: [{ pattern: compilePattern(String.raw`[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}`), group: 0 }],
  card: [{ pattern: compilePattern(String.raw`\b\d(?:[ -]?\d){12,18}\b`), group: 0, accept: hasLuhnDigit }],
  token: [
    { pattern: compilePattern(String.raw`\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?`), group: 0 },
    { pattern: compilePattern(String.raw`(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})`), group: 1 },
    {
      pattern: compilePattern(
        String.raw`\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{16,})\b`,
      ),
      group: 0,
    },
    {
      pattern: compilePattern(
        String.raw`(?i)(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|(?:access|refresh|auth|id)?[_-]?token)["']?\s*[:=]\s*["']?([^\s"',;&<>{}]{3,})`,
      ),
      group: 1,
    },
  ],
  ip: [
    { pattern: compilePattern(String.raw`[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}`), group: 0, accept: isAddress },
    { pattern: compilePattern(String.raw`\b\d{1,3}(?:\.\d{1,3}){3}\b`), group: 0, accept: (text) => isIP(text) === 4 },
  ],
} satisfies Readonly<Record<string, readonly Finder[]>>;

const NAMES = ['email', 'card', 'token', 'ip'] as const;

const settings = z.strictObject({
  patterns: z.array(z.enum(NAMES, `is none of ${NAMES.join(', ')}`)).default([...NAMES]),
  expressions: z.array(textSetting).default([]),
  source: textSetting.optional(),
  replacement: z.string().default('<redacted>'),
});

export const redactKind: StageKind = stageKind(settings, ({ patterns, expressions, source, replacement }) => {
  const own = expressions.map((expression): Finder => {
    const pattern = compilePattern(expression);
    return { pattern, group: pattern.groupCount() > 0 ? 1 : 0 };
  });
  const finders: readonly Finder[] = [...patterns.flatMap((name): readonly Finder[] => READY_MADE[name]), ...own];
  return changing((entry) => {
    const input = inputOf(entry, source);
    if (input === undefined) return;
    const text = finders.reduce((left, finder) => takeOut(left, finder, replacement), input);
    if (source === undefined) entry.line = text;
    else entry.extracted.set(source, text);
  });
});

function takeOut(text: string, { pattern, group, accept }: Finder, replacement: string): string {
  const matcher = pattern.matcher(text);
  let result = '';
  let end = 0;
  while (matcher.find()) {
    const found = matcher.group(group);
    if (found === null || found === '' || accept?.(found, around(text, matcher.start(group), matcher.end(group))) === false) continue;
    result += text.slice(end, matcher.start(group)) + replacement;
    end = matcher.end(group);
  }
  return end === 0 ? text : result + text.slice(end);
}

/** The characters before and after a part. */
function around(text: string, start: number, end: number): string {
  return (text[start - 1] ?? '') + (text[end] ?? '');
}

/** An address of IPv6 that stands alone: in `std::vector` there is none. */
function isAddress(text: string, neighbours: string): boolean {
  return isIP(text) === 6 && /\d/.test(text) && !/[\w:]/.test(neighbours);
}

/** The check digit that numbers of payment cards have. Source: ISO/IEC 7812-1. */
function hasLuhnDigit(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '').split('').reverse().map(Number);
  const sum = digits.reduce((total, digit, i) => total + (i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit), 0);
  return sum % 10 === 0 && new Set(digits).size > 1;
}
