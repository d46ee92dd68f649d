// What scripts assume of the program besides its defaults. A script's name says when it is about something else.

/** `path=value` settings of the program that a script of this name runs against. */
export function scriptSettings(name: string): readonly string[] {
  const delayed = name.includes('delayed_name_removal_disabled') ? [] : ['query.delayedNameRemoval=true'];
  const typed = name.includes('type_and_unit') ? ['query.typeAndUnitLabels=true'] : [];
  return [...delayed, ...typed, 'query.useStartTimestamps=true'];
}
