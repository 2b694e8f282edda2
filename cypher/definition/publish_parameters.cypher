// Put a parameter set in force by the next numbered set; a uniqueness constraint stops two sets of one number.
// params: $tenant, $number, $at, $parameters (its own number), $document, $kept [{catalog, version}]
// returns: one record (the number)
// mode: write
CREATE (s:DefinitionSet {tenant: $tenant, number: $number, at: $at})
CREATE (p:ParameterSet {tenant: $tenant, number: $parameters, at: $at, document: $document})
CREATE (s)-[:APPLIES]->(p)
WITH s
CALL (s) {
  UNWIND $kept AS row
  MATCH (k:Catalog {tenant: $tenant, catalog: row.catalog, version: row.version})
  USING INDEX SEEK k:Catalog(tenant, catalog, version)
  CREATE (s)-[:INCLUDES]->(k)
}
RETURN s.number AS number
