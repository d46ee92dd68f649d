// What can be the id of a tenant. Settings name tenants as requests do.
//
// Source: Mimir documentation, "About tenant IDs".

export const TENANT_ID_LENGTH_MAX = 150;

const ALLOWED = /^[A-Za-z0-9!\-_.*'()]+$/;
const RESERVED: readonly string[] = ['.', '..', '__mimir_cluster'];

/** Why `id` cannot be a tenant's; undefined when it can. */
export function tenantIdMistake(id: string): string | undefined {
  if (id === '') return 'a tenant id is empty';
  if (id.length > TENANT_ID_LENGTH_MAX) return `a tenant id is longer than ${TENANT_ID_LENGTH_MAX} characters`;
  if (!ALLOWED.test(id)) return `the tenant id ${JSON.stringify(id)} has characters beyond letters, digits and !-_.*'()`;
  if (RESERVED.includes(id)) return `${JSON.stringify(id)} cannot be a tenant id`;
  return undefined;
}
