// What each tenant may do: the defaults of `limits` under the tenant's own. A reload replaces all at once; who asks again sees the new ones.

import type { Config, TenantLimits } from '../config.ts';

/** The limits of a tenant, as they are now. */
export type LimitsOf = (tenant: string) => TenantLimits;

type LimitSettings = Pick<Config, 'limits' | 'tenants'>;

export class TenantLimitsTable {
  #settings: LimitSettings;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  readonly of: LimitsOf = (tenant) => this.#settings.tenants.get(tenant) ?? this.#settings.limits;

  apply(settings: LimitSettings): void {
    this.#settings = settings;
  }
}
