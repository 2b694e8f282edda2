// Every node of a twin but its checkpoints, with the resolutions of its forecasts and the identifiers that lead to it.
// Moments are text, because the driver takes long over each.
// params: $twin
// returns: one record ([[element id, labels, properties]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (n:Twin {id: $twin})
    USING INDEX SEEK n:Twin(id)
    RETURN n, n {.*, head_time: toString(n.head_time), last_updated: toString(n.last_updated)} AS properties
    UNION ALL
    MATCH (n:Belief {twin: $twin})
    USING INDEX SEEK n:Belief(twin)
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Goal {twin: $twin})
    USING INDEX SEEK n:Goal(twin)
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Metric {twin: $twin})
    USING INDEX SEEK n:Metric(twin)
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Decision {twin: $twin})
    USING INDEX SEEK n:Decision(twin)
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:LayerRecord {twin: $twin})
    USING INDEX SEEK n:LayerRecord(twin)
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Forecast {twin: $twin})
    USING INDEX SEEK n:Forecast(twin)
    RETURN n, n {.*, made_at: toString(n.made_at), due: toString(n.due), since: toString(n.since), stored_at: toString(n.stored_at)} AS properties
    UNION ALL
    MATCH (n:Evidence {twin: $twin})
    USING INDEX SEEK n:Evidence(twin)
    RETURN n, n {.*, time: toString(n.time)} AS properties
    UNION ALL
    MATCH (n:Event {twin: $twin})
    USING INDEX SEEK n:Event(twin)
    RETURN n, n {.*, time: toString(n.time)} AS properties
    UNION ALL
    MATCH (n:Commit {twin: $twin})
    USING INDEX SEEK n:Commit(twin, rev)
    WHERE n.rev > 0
    RETURN n, n {.*, at: toString(n.at), head_time: toString(n.head_time)} AS properties
    UNION ALL
    MATCH (n:Quarantine {twin: $twin})
    USING INDEX SEEK n:Quarantine(twin)
    RETURN n, n {.*, since: toString(n.since), due: toString(n.due)} AS properties
    UNION ALL
    MATCH (f:Forecast {twin: $twin})-[:RESOLVED_AS]->(n:Resolution)
    USING INDEX SEEK f:Forecast(twin)
    RETURN n, n {.*, at: toString(n.at), resolved_at: toString(n.resolved_at)} AS properties
    UNION ALL
    MATCH (n:Identifier)-[:IDENTIFIES]->(t:Twin {id: $twin})
    USING INDEX SEEK t:Twin(id)
    RETURN DISTINCT n, n {.*} AS properties
  }
  RETURN [elementId(n), labels(n), properties]
} AS nodes
