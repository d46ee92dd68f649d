// What scripts assume of the program besides its defaults.

const DELAYED_NAMES: readonly string[] = [];

/** `path=value` settings of the program that a script of this name runs against. Its name says when it is about dropping names at once. */
export function scriptSettings(name: string): readonly string[] {
  return name.includes('delayed_name_removal_disabled') ? [] : DELAYED_NAMES;
}
