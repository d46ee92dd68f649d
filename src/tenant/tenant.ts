// Who a request is for: the tenants that `X-Scope-OrgID` names. Below the server nobody reads the header.
//
// Source: Mimir documentation, "Tenant federation".

import { RequestError } from '../base/request-error.ts';
import { tenantIdMistake } from '../base/tenant-id.ts';
import { TENANTS_PER_READ_MAX } from '../limits.ts';

export const TENANT_HEADER = 'x-scope-orgid';

/** The tenant of a request that names none. */
export const ANONYMOUS = 'anonymous';

const ONLY_ANONYMOUS: readonly string[] = [ANONYMOUS];

/** The tenants of a read, sorted and each once: `a|b` names several. Throws `bad_data`. */
export function readTenants(header: string | undefined): readonly string[] {
  if (header === undefined || header === '') return ONLY_ANONYMOUS;
  const ids = [...new Set(header.split('|'))].sort();
  if (ids.length > TENANTS_PER_READ_MAX)
    throw new RequestError('bad_data', `X-Scope-OrgID: more than ${TENANTS_PER_READ_MAX} tenants in one read`);
  for (const id of ids) {
    const mistake = tenantIdMistake(id);
    if (mistake !== undefined) throw new RequestError('bad_data', `X-Scope-OrgID: ${mistake}`);
  }
  return ids;
}

/** The one tenant of a write. Throws `bad_data`, also when the header names several. */
export function writeTenant(header: string | undefined): readonly string[] {
  const ids = readTenants(header);
  if (ids.length > 1) throw new RequestError('bad_data', `X-Scope-OrgID: a write goes to one tenant, not to ${ids.length}`);
  return ids;
}
