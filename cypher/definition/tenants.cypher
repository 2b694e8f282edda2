// The tenants for which definitions were published.
// returns: one record ([tenant])
// mode: read
RETURN COLLECT {
  MATCH (s:DefinitionSet)
  USING INDEX SEEK s:DefinitionSet(tenant, number)
  WHERE s.tenant > '' AND s.number = 1
  RETURN s.tenant
} AS tenants
