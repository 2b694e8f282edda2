// Every relationship that starts from a node of a twin, and those by which identifiers lead to it.
// Moments are text, because the driver takes long over each.
// params: $twin
// returns: one record ([[element id from, type, properties, element id to, labels and properties of a source or a purpose, else null]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (n:Twin {id: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Belief {twin: $twin})
    USING INDEX SEEK n:Belief(twin)
    RETURN n
    UNION ALL
    MATCH (n:Goal {twin: $twin})
    USING INDEX SEEK n:Goal(twin)
    RETURN n
    UNION ALL
    MATCH (n:Metric {twin: $twin})
    USING INDEX SEEK n:Metric(twin)
    RETURN n
    UNION ALL
    MATCH (n:Decision {twin: $twin})
    USING INDEX SEEK n:Decision(twin)
    RETURN n
    UNION ALL
    MATCH (n:LayerRecord {twin: $twin})
    USING INDEX SEEK n:LayerRecord(twin)
    RETURN n
    UNION ALL
    MATCH (n:Forecast {twin: $twin})
    USING INDEX SEEK n:Forecast(twin)
    RETURN n
    UNION ALL
    MATCH (n:Evidence {twin: $twin})
    USING INDEX SEEK n:Evidence(twin)
    RETURN n
    UNION ALL
    MATCH (n:Event {twin: $twin})
    USING INDEX SEEK n:Event(twin)
    RETURN n
    UNION ALL
    MATCH (n:Commit {twin: $twin})
    USING INDEX SEEK n:Commit(twin, rev)
    WHERE n.rev > 0
    RETURN n
    UNION ALL
    MATCH (n:Quarantine {twin: $twin})
    USING INDEX SEEK n:Quarantine(twin)
    RETURN n
  }
  MATCH (n)-[r]->(m)
  WHERE NOT m:Checkpoint
  WITH n, r, m, properties(r) AS p
  RETURN [elementId(n), type(r), CASE WHEN isEmpty(p) THEN p ELSE p {.*, valid_from: toString(p.valid_from), valid_to: toString(p.valid_to), deadline: toString(p.deadline)} END, elementId(m), CASE WHEN m:Source OR m:Purpose THEN [labels(m), m {.*}] END]
} + COLLECT {
  MATCH (n:Identifier)-[r:IDENTIFIES]->(m:Twin {id: $twin})
  USING INDEX SEEK m:Twin(id)
  RETURN [elementId(n), type(r), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to), deadline: toString(r.deadline)}, elementId(m), null]
} AS edges
