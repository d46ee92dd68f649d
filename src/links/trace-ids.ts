// Ids of traces where people and programs put them: in labels and fields, under many names, and in the text of a line.

const TRACE_ID = /^[0-9a-f]{32}$/i;
/** Some systems leave out the half of an id that is zero. */
const SHORT_TRACE_ID = /^[0-9a-f]{16}$/i;
const TRACE_FIELD = /^(?:.*[._])?trace[._-]?id$/i;
/** Ids of other things that look alike: of hosts, machines, boots, containers. */
const OTHER_FIELD = /^(?:.*[._])?(?:host|machine|boot|container|image|instance|device|cloud)[._-]?id$/i;
const SPAN_FIELD = /^(?:.*[._])?span[._-]?id$/i;
const IN_TEXT = /(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])/gi;
const ZEROS = /^0+$/;
/** Ids of one text that become links. */
const IDS_MAX = 20;

/** Whether a field's value is the id of a trace: by its form, or a shorter one by the field's name. */
export function isTraceId(name: string, value: string): boolean {
  if (ZEROS.test(value) || OTHER_FIELD.test(name)) return false;
  return TRACE_ID.test(value) || (TRACE_FIELD.test(name) && SHORT_TRACE_ID.test(value));
}

/** The ids of traces in fields and in a text, in lower case, each once, at most 20; those of fields that are called so come first. */
export function traceIdsIn(fields: Iterable<readonly [name: string, value: string]>, text = ''): readonly string[] {
  const inFields = [...fields].filter(([name, value]) => isTraceId(name, value));
  const named = inFields.filter(([name]) => TRACE_FIELD.test(name));
  const inText = [...text.matchAll(IN_TEXT)].map(([id]) => id).filter((id) => !ZEROS.test(id));
  const all = [...[...named, ...inFields].map(([, value]) => value), ...inText];
  return [...new Set(all.map((id) => id.toLowerCase()))].slice(0, IDS_MAX);
}

/** The id of a span among fields, in lower case. */
export function spanIdIn(fields: Iterable<readonly [name: string, value: string]>): string | undefined {
  for (const [name, value] of fields) {
    if (SPAN_FIELD.test(name) && SHORT_TRACE_ID.test(value) && !ZEROS.test(value)) return value.toLowerCase();
  }
  return undefined;
}
