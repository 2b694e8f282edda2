// The tenants for which definitions were published.
// returns: one record ([tenant])
// mode: read
RETURN COLLECT {
  MATCH (s:DefinitionSet)
  WHERE s.tenant > '' AND s.number = 1
  RETURN s.tenant
} AS tenants
