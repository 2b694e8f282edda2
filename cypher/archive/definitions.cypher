// All that is defined and learned in a tenant, and how it is connected.
// Moments are text, because the driver takes long over each.
// params: $tenant
// returns: one record ([[element id, labels, properties]], [[element id from, type, properties, element id to, null]])
// mode: read
CALL () {
  MATCH (n:DefinitionSet {tenant: $tenant})
  USING INDEX SEEK n:DefinitionSet(tenant, number)
  WHERE n.number > 0
  RETURN n
  UNION ALL
  MATCH (n:Catalog {tenant: $tenant})
  USING INDEX SEEK n:Catalog(tenant, catalog, version)
  WHERE n.catalog > '' AND n.version > ''
  RETURN n
  UNION ALL
  MATCH (n:Policy {tenant: $tenant})
  USING INDEX SEEK n:Policy(tenant, number)
  WHERE n.number > 0
  RETURN n
  UNION ALL
  MATCH (n:ParameterSet {tenant: $tenant})
  USING INDEX SEEK n:ParameterSet(tenant, number)
  WHERE n.number > 0
  RETURN n
  UNION ALL
  MATCH (c:Catalog {tenant: $tenant})-[:DEFINES]->(n:Definition)
  USING INDEX SEEK c:Catalog(tenant, catalog, version)
  WHERE c.catalog > '' AND c.version > ''
  RETURN n
}
WITH DISTINCT n
WITH collect(n) AS found
RETURN [n IN found | [elementId(n), labels(n), n {.*, at: toString(n.at)}]] AS nodes, COLLECT {
  UNWIND found AS n
  MATCH (n)-[r]->(m)
  RETURN [elementId(n), type(r), r {.*}, elementId(m), null]
} AS edges
