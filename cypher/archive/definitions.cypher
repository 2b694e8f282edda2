// All that is defined and learned in a tenant, and how it is connected.
// Properties are [name, value, whether it is a moment as text], because the driver takes long over each moment.
// params: $tenant
// returns: one record ([[element id, labels, properties]], [[element id from, type, properties, element id to, null]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (n:DefinitionSet {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (n:Catalog {tenant: $tenant})
    WHERE n.catalog > '' AND n.version > ''
    RETURN n
    UNION ALL
    MATCH (n:Policy {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (n:ParameterSet {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (c:Catalog {tenant: $tenant})-[:DEFINES]->(n:Definition)
    WHERE c.catalog > '' AND c.version > ''
    RETURN n
  }
  WITH DISTINCT n
  RETURN [elementId(n), labels(n), [k IN keys(n) | CASE WHEN n[k] IS :: ZONED DATETIME THEN [k, toString(n[k]), true] ELSE [k, n[k], false] END]]
} AS nodes, COLLECT {
  CALL () {
    MATCH (n:DefinitionSet {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (n:Catalog {tenant: $tenant})
    WHERE n.catalog > '' AND n.version > ''
    RETURN n
    UNION ALL
    MATCH (n:Policy {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (n:ParameterSet {tenant: $tenant})
    WHERE n.number > 0
    RETURN n
    UNION ALL
    MATCH (c:Catalog {tenant: $tenant})-[:DEFINES]->(n:Definition)
    WHERE c.catalog > '' AND c.version > ''
    RETURN n
  }
  WITH DISTINCT n
  MATCH (n)-[r]->(m)
  RETURN [elementId(n), type(r), [k IN keys(r) | CASE WHEN r[k] IS :: ZONED DATETIME THEN [k, toString(r[k]), true] ELSE [k, r[k], false] END], elementId(m), null]
} AS edges
