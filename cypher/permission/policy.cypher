// The policy in force in a tenant, the newest.
// params: $tenant
// returns: one record (number, at, actor, document); none if no policy was published
// mode: read
MATCH (p:Policy)
WHERE p.tenant = $tenant AND p.number > 0
RETURN p.number, toString(p.at), p.actor, p.document ORDER BY p.number DESC LIMIT 1
