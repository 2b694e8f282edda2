// Whether a tenant has twins or definitions.
// params: $tenant
// returns: one record (true or false)
// mode: read
RETURN EXISTS {
  MATCH (t:Twin {tenant: $tenant})
  WHERE t.name > ''
} OR EXISTS {
  MATCH (s:DefinitionSet {tenant: $tenant})
  WHERE s.number > 0
} AS occupied
