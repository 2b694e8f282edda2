// Note that a key may not be used any more; the first moment stays.
// params: $id, $at
// returns: one record ([id, tenant, actor, scopes, purposes, person, created_at, revoked_at, expires_at, last_used_at]); none if no such key
// mode: write
MATCH (k:ApiKey {id: $id})
USING INDEX SEEK k:ApiKey(id)
SET k.revoked_at = coalesce(k.revoked_at, $at)
RETURN [k.id, k.tenant, k.actor, k.scopes, k.purposes, k.person, toString(k.created_at), toString(k.revoked_at),
          toString(k.expires_at), toString(k.last_used_at)] AS key
