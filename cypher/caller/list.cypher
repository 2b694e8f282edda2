// All keys of a tenant, or of every tenant, in the order in which they were made.
// params: $tenant (null: every tenant)
// returns: one record ([[id, tenant, actor, scopes, purposes, person, created_at, revoked_at, expires_at, last_used_at]])
// mode: read
RETURN COLLECT {
  MATCH (k:ApiKey)
  WHERE $tenant IS NULL OR k.tenant = $tenant
  RETURN [k.id, k.tenant, k.actor, k.scopes, k.purposes, k.person, toString(k.created_at), toString(k.revoked_at),
          toString(k.expires_at), toString(k.last_used_at)]
  ORDER BY k.created_at, k.id
} AS keys
