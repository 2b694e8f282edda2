// The policy in force in a tenant, the newest, and the number of the definition set in force.
// params: $tenant
// returns: one record (number, at, actor, document, number of the set or null); none if no policy was published
// mode: read
MATCH (p:Policy)
USING INDEX SEEK p:Policy(tenant, number)
WHERE p.tenant = $tenant AND p.number > 0
WITH p ORDER BY p.number DESC LIMIT 1
RETURN p.number, toString(p.at), p.actor, p.document, COLLECT {
  MATCH (s:DefinitionSet {tenant: $tenant})
  RETURN s.number ORDER BY s.number DESC LIMIT 1
}[0] AS definitions
