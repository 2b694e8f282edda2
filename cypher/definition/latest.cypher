// The number of the definition set in force in a tenant.
// params: $tenant
// returns: one record (the number, 0 if nothing was published)
// mode: read
RETURN COLLECT {
  MATCH (s:DefinitionSet {tenant: $tenant})
  RETURN s.number ORDER BY s.number DESC LIMIT 1
}[0] AS number
