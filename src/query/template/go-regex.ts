// Regular expressions in templates: RE2's, replaced and counted as Go's regexp does it.

import { RE2JS } from 're2js';

import { checkLength, type TemplateLimits } from './function.ts';
import { TemplateCallError } from './template-error.ts';

const compiled = new Map<string, RE2JS>();
const COMPILED_MAX = 500;
const PATTERN_LENGTH_MAX = 64 * 1024;

/** A compiled expression that is not anchored; a bounded cache keeps those in use. Throws `TemplateCallError` with the engine's words. */
function compileGoRegex(source: string): RE2JS {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (source.length > PATTERN_LENGTH_MAX)
    throw new TemplateCallError(`regular expression of ${source.length} characters, ${PATTERN_LENGTH_MAX} at most`);
  const regex = compileOrRefuse(source);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(source, regex);
  return regex;
}

function compileOrRefuse(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    throw new TemplateCallError(cause instanceof Error ? cause.message : `error parsing regexp: ${source}`, { cause });
  }
}

type Matcher = ReturnType<RE2JS['matcher']>;

/** The matches that Go's `FindAll` and `ReplaceAll` know: an empty one directly behind another is none. */
function* matches(regex: RE2JS, text: string): Generator<Matcher> {
  const matcher = regex.matcher(text);
  let previousEnd = -1;
  for (let at = 0; at <= text.length && matcher.find(at);) {
    const start = matcher.start();
    const end = matcher.end();
    if (end > start || start !== previousEnd) yield matcher;
    previousEnd = end;
    at = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}

/** How often an expression matches. */
export function countMatches(source: string, text: string): number {
  let count = 0;
  for (const _ of matches(compileGoRegex(source), text)) count++;
  return count;
}

/** Replaces every match; `replacement` may hold `$1`, `${1}` and `${name}`. */
export function replaceMatches(source: string, text: string, replacement: string, limits: TemplateLimits): string {
  const parts = expansionParts(replacement);
  return replaced(source, text, limits, (matcher) => {
    let out = '';
    for (const part of parts) out += typeof part === 'string' ? part : groupOf(matcher, part.group);
    return out;
  });
}

/** Replaces every match by a text as it is. */
export function replaceMatchesLiterally(source: string, text: string, replacement: string, limits: TemplateLimits): string {
  return replaced(source, text, limits, () => replacement);
}

function replaced(source: string, text: string, limits: TemplateLimits, replace: (matcher: Matcher) => string): string {
  let out = '';
  let copied = 0;
  for (const matcher of matches(compileGoRegex(source), text)) {
    out += text.slice(copied, matcher.start()) + replace(matcher);
    copied = matcher.end();
    checkLength(out.length, limits);
  }
  return out + text.slice(copied);
}

type ExpansionPart = string | { readonly group: string };

/** Source: Go `regexp.Expand`: a name is as long as it can be; `$$` is a dollar sign; one that begins no name stands for itself. */
function expansionParts(template: string): readonly ExpansionPart[] {
  const parts: ExpansionPart[] = [];
  let at = 0;
  for (const match of template.matchAll(/\$(?:(\$)|(\w+)|\{(\w+)\})/g)) {
    parts.push(template.slice(at, match.index));
    const group = match[2] ?? match[3];
    parts.push(group === undefined ? '$' : { group });
    at = match.index + match[0].length;
  }
  parts.push(template.slice(at));
  return parts.filter((part) => part !== '');
}

function groupOf(matcher: Matcher, group: string): string {
  if (/^\d+$/.test(group)) return Number(group) <= matcher.groupCount() ? (matcher.group(Number(group)) ?? '') : '';
  return matcher.getNamedGroups()[group] ?? '';
}
