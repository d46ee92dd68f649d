// The state of the settings page: which of its sections is open, and which rows of a section are found.

import type { Address } from '../../data/address.ts';
import type { Named } from '../../data/decode.ts';

export const SECTIONS = [
  ['status', 'Status'],
  ['cardinality', 'Cardinality'],
  ['flags', 'Flags'],
  ['config', 'Configuration'],
] as const;

export type Section = (typeof SECTIONS)[number][0];

export interface SettingsState {
  readonly section: Section;
  readonly find: string;
}

export function readSettings(address: Address): SettingsState {
  return { section: SECTIONS.find(([section]) => section === address['section'])?.[0] ?? 'status', find: address['find'] ?? '' };
}

export function settingsAddress(state: SettingsState): Address {
  return { section: state.section === 'status' ? undefined : state.section, find: state.find || undefined };
}

/** A section begins with nothing to find. */
export function openSection(section: Section): SettingsState {
  return { section, find: '' };
}

export function findFacts(facts: readonly (readonly [string, string])[], find: string): readonly (readonly [string, string])[] {
  const word = find.trim().toLowerCase();
  return facts.filter(([name, value]) => `${name} ${value}`.toLowerCase().includes(word));
}

/** Facts that say something: a field that is empty, or a zero about a runtime that is not this program's, is left out. */
export function tellingFacts(facts: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return facts.filter(([name, value]) => value !== '' && !(value === '0' && /^(?:GO|goroutine)/.test(name)));
}

export interface Share extends Named {
  /** Of the greatest in the list, between 0 and 1. */
  readonly share: number;
}

/** The greatest rows, each with its share of the greatest of all, for a bar beside the number. */
export function shares(rows: readonly Named[], max: number): readonly Share[] {
  const sorted = rows.toSorted((a, b) => b.value - a.value).slice(0, max);
  const greatest = sorted[0]?.value ?? 0;
  return sorted.map((row) => ({ ...row, share: greatest > 0 ? row.value / greatest : 0 }));
}

/** `serverStartTime` as `Server start time`; names that are flags stay as they are. */
export function factTitle(name: string): string {
  if (/[-._]/.test(name) || /^[A-Z]+$/.test(name)) return name;
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/\b[A-Z](?=[a-z])/g, (c) => c.toLowerCase());
}
