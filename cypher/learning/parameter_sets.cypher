// The parameter sets of a tenant by number, the newest first.
// params: $tenant, $limit
// returns: one record ([the set's document as JSON])
// mode: read
RETURN COLLECT {
  MATCH (p:ParameterSet)
  USING INDEX SEEK p:ParameterSet(tenant, number)
  WHERE p.tenant = $tenant AND p.number > 0
  RETURN p.document ORDER BY p.number DESC LIMIT $limit
} AS documents
