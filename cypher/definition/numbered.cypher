// The catalogs of one numbered set, in the order of their names.
// params: $tenant, $number
// returns: one record ([catalog document as JSON])
// mode: read
RETURN COLLECT {
  MATCH (:DefinitionSet {tenant: $tenant, number: $number})-[:INCLUDES]->(c:Catalog)
  RETURN c.document ORDER BY c.catalog
} AS documents
