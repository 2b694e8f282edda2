// What the key of a hash grants.
// params: $hash
// returns: one record ([id, tenant, actor, scopes, purposes, person, created_at, revoked_at, expires_at, last_used_at], or null if there is none)
// mode: read
RETURN COLLECT {
  MATCH (k:ApiKey {hash: $hash})
  RETURN [k.id, k.tenant, k.actor, k.scopes, k.purposes, k.person, toString(k.created_at), toString(k.revoked_at),
          toString(k.expires_at), toString(k.last_used_at)]
}[0] AS key
