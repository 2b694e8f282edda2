// The catalogs of one numbered set, in the order of their names, and what was learned that it applies.
// params: $tenant, $number
// returns: one record ([catalog document as JSON], the parameter set's document as JSON or null)
// mode: read
RETURN
  COLLECT {
    MATCH (s:DefinitionSet {tenant: $tenant, number: $number})-[:INCLUDES]->(c:Catalog)
    USING INDEX SEEK s:DefinitionSet(tenant, number)
    RETURN c.document ORDER BY c.catalog
  } AS documents,
  COLLECT {
    MATCH (s:DefinitionSet {tenant: $tenant, number: $number})-[:APPLIES]->(p:ParameterSet)
    USING INDEX SEEK s:DefinitionSet(tenant, number)
    RETURN p.document
  }[0] AS parameters
