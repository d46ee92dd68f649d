// Rows of `sources` and `attribute_keys` as blocks.

import { type ColumnData, encodeBlock } from '../../storage/native.ts';
import type { StoredKeyNote } from './catalogue-store.ts';
import { type SourceNote, flatAttributes } from './span-sources.ts';

export function encodeSources(tenant: string, notes: readonly SourceNote[]): Uint8Array {
  const text = (value: (note: SourceNote) => string): ColumnData => ({ kind: 'String', values: notes.map(value) });
  const map = (value: (note: SourceNote) => readonly string[]): ColumnData => ({
    kind: 'Map(LowCardinality(String), String)',
    values: notes.map(value),
  });
  return encodeBlock([
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows: notes.length } },
    { name: 'day', data: { kind: 'Int32', values: Int32Array.from(notes, ({ day }) => day) } },
    { name: 'source', data: { kind: 'UInt64', values: BigUint64Array.from(notes, ({ source }) => source.id) } },
    { name: 'resource', data: map(({ source }) => flatAttributes(source.resource)) },
    { name: 'resource_schema', data: text(({ source }) => source.resourceSchemaUrl) },
    { name: 'scope_name', data: text(({ source }) => source.scopeName) },
    { name: 'scope_version', data: text(({ source }) => source.scopeVersion) },
    { name: 'scope_attrs', data: map(({ source }) => flatAttributes(source.scopeAttributes)) },
    { name: 'scope_schema', data: text(({ source }) => source.scopeSchemaUrl) },
  ]);
}

export function encodeNotes(tenant: string, notes: readonly StoredKeyNote[]): Uint8Array {
  const text = (value: (note: StoredKeyNote) => string): ColumnData => ({ kind: 'String', values: notes.map(value) });
  return encodeBlock([
    { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows: notes.length } },
    { name: 'day', data: { kind: 'Int32', values: Int32Array.from(notes, ({ day }) => day) } },
    { name: 'scope', data: text(({ scope }) => scope) },
    { name: 'key', data: text(({ key }) => key) },
    { name: 'type', data: text(({ type }) => type) },
    { name: 'lineage', data: { kind: 'UInt32', values: Uint32Array.from(notes, ({ lineage }) => lineage) } },
    { name: 'place', data: text(({ place }) => place) },
  ]);
}
