// Delete the definitions of an analyst's copy, before those in force now are written, and note which these are.
// params: $id, $tenant, $definitions
// returns: one record (true)
// mode: write
CALL () {
  MATCH (s:DefinitionSet {tenant: $tenant})
  USING INDEX SEEK s:DefinitionSet(tenant, number)
  WHERE s.number > 0
  DETACH DELETE s
}
CALL () {
  MATCH (c:Catalog {tenant: $tenant})
  USING INDEX SEEK c:Catalog(tenant, catalog, version)
  WHERE c.catalog > '' AND c.version > ''
  OPTIONAL MATCH (c)-[:DEFINES]->(d:Definition)
  DETACH DELETE d, c
}
MATCH (c:Copy {id: $id})
USING INDEX SEEK c:Copy(id)
SET c.definitions = $definitions
RETURN true AS forgotten
