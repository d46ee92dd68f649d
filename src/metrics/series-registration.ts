// Rows of new series (or streams, which are alike) on their way to disk: one for every day on which a series has samples.
//
//   samples of a request ─▶ series without a row for their day ─▶ writer of the table ─▶ label index
//
// Whoever finds a series registered waits until its row is on disk.

import type { Labels } from '../query/labels.ts';
import { labelValue, METRIC_NAME } from '../query/labels.ts';
import { type Column, encodeBlock, numbered } from '../storage/native.ts';
import type { TableWriter } from '../storage/writer.ts';
import type { Registration, SeriesIndex } from './series-index.ts';
import { NO_DAY, type SeriesRegistry } from './series-registry.ts';

/** What is kept of a tenant's registrations. */
export interface Registering {
  readonly name: string;
  registry: SeriesRegistry;
  /** Rows of new series on their way to disk: whoever has samples of them waits too. */
  registration: Promise<void>;
  registrationsUnderWay: number;
}

export interface RegistrationTarget {
  readonly writer: TableWriter;
  readonly index: SeriesIndex | undefined;
}

/** Stores rows whose days are noted in the registry already; resolves when these, and all that were under way before, are on disk. */
export function registerSeries(tenant: Registering, rows: readonly Registration[], { writer, index }: RegistrationTarget): Promise<void> {
  if (rows.length === 0) return tenant.registrationsUnderWay === 0 ? Promise.resolve() : tenant.registration;
  const { registry } = tenant;
  tenant.registrationsUnderWay++;
  const stored = writer.append(encodeSeries(tenant.name, registry, rows), rows.length).then(
    () => index?.registered(tenant.name, registry, rows),
    (error: unknown) => {
      for (const { series } of rows) registry.day[series] = NO_DAY;
      throw error;
    },
  );
  tenant.registration = Promise.all([tenant.registrationsUnderWay > 1 ? tenant.registration : undefined, stored])
    .then(() => undefined)
    .finally(() => tenant.registrationsUnderWay--);
  return tenant.registration;
}

function encodeSeries(tenant: string, registry: SeriesRegistry, rows: readonly Registration[]): Uint8Array {
  const names = new Map<string, number>();
  const labels: readonly Labels[] = rows.map(({ series }) => registry.labels(series));
  const indexes = Uint32Array.from(labels, (set) => numbered(names, labelValue(set, METRIC_NAME)));
  return encodeBlock([
    tenantColumn(tenant, rows.length),
    { name: 'day', data: { kind: 'Int32', values: Int32Array.from(rows, (row) => row.day) } },
    { name: 'name', data: { kind: 'LowCardinality(String)', dictionary: [...names.keys()], indexes } },
    { name: 'metric', data: { kind: 'UInt32', values: Uint32Array.from(rows, ({ series }) => registry.metric[series] as number) } },
    { name: 'series', data: { kind: 'UInt64', values: BigUint64Array.from(rows, ({ series }) => registry.id(series)) } },
    { name: 'labels', data: { kind: 'Map(LowCardinality(String), String)', values: labels } },
  ]);
}

/** The column that all tables begin with, of rows of one tenant. */
export function tenantColumn(tenant: string, rows: number): Column {
  return { name: 'tenant', data: { kind: 'constant LowCardinality(String)', value: tenant, rows } };
}
