// What tenants have set for themselves over `/api/overrides`: kept in one small file, laid over the settings of the tenant.
//
//   POST, PATCH, DELETE ─▶ version checked ─▶ file beside, fsync, rename ─▶ in force
//   settings of the tenant ─▶ overlay ─▶ what metrics from spans are made by
//
// Source: Tempo documentation, "User-configurable overrides"; `modules/overrides/userconfigurable`.

import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../base/replace-file.ts';
import { RequestError } from '../../base/request-error.ts';
import { overlaid, type SpanMetricsLimits } from './overrides-overlay.ts';
import { type Overrides, overridesSchema, parseOverrides } from './overrides-schema.ts';

/** Tenants that may have overrides. */
const TENANTS_MAX = 10_000;
/** The version to name where there are no overrides yet. Source: Tempo `tempodb/backend`, `VersionNew`. */
export const NEW_VERSION = '0';

export interface VersionedOverrides {
  readonly overrides: Overrides;
  /** Opaque to callers; changes with every change. */
  readonly version: string;
}

interface Kept {
  /** The last version given to any overrides; never given again. */
  readonly lastVersion: number;
  readonly tenants: ReadonlyMap<string, VersionedOverrides>;
}

export type Change = 'done' | 'version-mismatch' | 'not-found';

export class TraceOverrides {
  readonly #file: string;
  #kept: Kept;
  /** Changes follow one another. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, kept: Kept) {
    this.#file = file;
    this.#kept = kept;
  }

  /** Reads what was kept; the file's directory exists. A file that cannot be read stops the start: what it held would be lost with the next change. */
  static async open(file: string): Promise<TraceOverrides> {
    return new TraceOverrides(file, await readKept(file));
  }

  get(tenant: string): VersionedOverrides | undefined {
    return this.#kept.tenants.get(tenant);
  }

  /** Settings of tenants with what they have set laid over them; the same object as long as neither changes. */
  over<T extends SpanMetricsLimits>(limitsOf: (tenant: string) => T): (tenant: string) => T {
    const known = new Map<string, { readonly base: T; readonly set: VersionedOverrides; readonly limits: T }>();
    return (tenant) => {
      const base = limitsOf(tenant);
      const set = this.get(tenant);
      if (set === undefined) {
        known.delete(tenant);
        return base;
      }
      const found = known.get(tenant);
      if (found?.base === base && found.set === set) return found.limits;
      const limits = { ...base, ...overlaid(base, set.overrides) };
      known.set(tenant, { base, set, limits });
      return limits;
    };
  }

  /** Replaces a tenant's overrides, which must be of the version that is named. */
  async set(tenant: string, overrides: Overrides, version: string): Promise<Change> {
    return this.#change((kept) => {
      const current = kept.tenants.get(tenant)?.version ?? NEW_VERSION;
      if (current !== version) return 'version-mismatch';
      return withTenant(kept, tenant, overrides);
    });
  }

  /** Changes parts of a tenant's overrides: a merge patch of JSON (RFC 7396). Throws `bad_data` where there is nothing right left. */
  async patch(tenant: string, patch: unknown): Promise<void> {
    await this.#change((kept) => withTenant(kept, tenant, parseOverrides(merged(kept.tenants.get(tenant)?.overrides ?? {}, patch))));
  }

  async delete(tenant: string, version: string): Promise<Change> {
    return this.#change((kept) => {
      const current = kept.tenants.get(tenant);
      if (current === undefined) return 'not-found';
      if (current.version !== version) return 'version-mismatch';
      return { ...kept, tenants: new Map([...kept.tenants].filter(([each]) => each !== tenant)) };
    });
  }

  async #change(change: (kept: Kept) => Kept | Exclude<Change, 'done'>): Promise<Change> {
    const done = this.#turn.then(async (): Promise<Change> => {
      const next = change(this.#kept);
      if (typeof next === 'string') return next;
      await replaceFile(this.#file, JSON.stringify({ lastVersion: next.lastVersion, tenants: Object.fromEntries(next.tenants) }));
      this.#kept = next;
      return 'done';
    });
    // The next change is not to blame for this one.
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function withTenant({ lastVersion, tenants }: Kept, tenant: string, overrides: Overrides): Kept {
  if (!tenants.has(tenant) && tenants.size >= TENANTS_MAX)
    throw new RequestError('rate_limited', `${tenants.size} tenants have overrides already, ${TENANTS_MAX} at most`);
  const version = lastVersion + 1;
  return { lastVersion: version, tenants: new Map([...tenants, [tenant, { overrides, version: String(version) }]]) };
}

/** Source: RFC 7396, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name), value));
  }
  return Object.fromEntries(result);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readKept(file: string): Promise<Kept> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { lastVersion: 0, tenants: new Map() };
    throw error;
  }
  const kept: unknown = JSON.parse(text);
  if (!isRecord(kept) || typeof kept['lastVersion'] !== 'number' || !isRecord(kept['tenants']))
    throw new Error(`${file} does not hold overrides`);
  const tenants = Object.entries(kept['tenants']).map(([tenant, each]): [string, VersionedOverrides] => {
    if (!isRecord(each) || typeof each['version'] !== 'string') throw new Error(`${file} does not hold overrides of ${tenant}`);
    return [tenant, { overrides: overridesSchema.parse(each['overrides']), version: each['version'] }];
  });
  return { lastVersion: kept['lastVersion'], tenants: new Map(tenants) };
}
