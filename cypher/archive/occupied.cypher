// Whether a tenant has twins or definitions.
// params: $tenant
// returns: one record (true or false)
// mode: read
RETURN EXISTS { MATCH (:Twin {tenant: $tenant}) } OR EXISTS { MATCH (:DefinitionSet {tenant: $tenant}) } AS occupied
