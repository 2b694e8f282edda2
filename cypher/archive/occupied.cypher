// Whether a tenant has twins or definitions.
// params: $tenant
// returns: one record (true or false)
// mode: read
RETURN EXISTS {
  MATCH (t:Twin {tenant: $tenant})
  USING INDEX SEEK t:Twin(tenant, name)
  WHERE t.name > ''
} OR EXISTS {
  MATCH (s:DefinitionSet {tenant: $tenant})
  USING INDEX SEEK s:DefinitionSet(tenant, number)
  WHERE s.number > 0
} AS occupied
