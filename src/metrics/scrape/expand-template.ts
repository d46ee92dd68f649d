// `$1`, `${name}` and `$$` in the replacements of relabelling, expanded as Go's `regexp.Expand` does.

/** What of a matcher an expansion asks for. */
export interface Groups {
  group(group: number | string): string | null;
  groupCount(): number;
}

export interface NamedGroups {
  namedGroups(): object;
}

const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/**
 * The template with its references replaced. A reference takes the longest name that follows (`$1x` is the group `1x`); one that names no
 * group, or a group that took no part, is empty; a `$` that begins no reference stays.
 */
export function expandTemplate(template: string, groups: Groups, names: NamedGroups): string {
  if (!template.includes('$')) return template;
  return template.replaceAll(REFERENCE, (_, dollar?: string, braced?: string, bare?: string) =>
    dollar === undefined ? groupText(braced ?? bare ?? '', groups, names) : '$',
  );
}

function groupText(name: string, groups: Groups, names: NamedGroups): string {
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) {
    const index = Number(name);
    return index <= groups.groupCount() ? (groups.group(index) ?? '') : '';
  }
  return Object.hasOwn(names.namedGroups(), name) ? (groups.group(name) ?? '') : '';
}
