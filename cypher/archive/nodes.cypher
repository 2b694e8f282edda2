// Every node of a twin but its checkpoints, with the resolutions of its forecasts and the identifiers that lead to it.
// Moments are text, because the driver takes long over each.
// params: $twin
// returns: one record ([[element id, labels, properties]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (n:Twin {id: $twin})
    RETURN n, n {.*, head_time: toString(n.head_time), last_updated: toString(n.last_updated)} AS properties
    UNION ALL
    MATCH (n:Belief {twin: $twin})
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Goal {twin: $twin})
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Metric {twin: $twin})
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Decision {twin: $twin})
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:LayerRecord {twin: $twin})
    RETURN n, n {.*} AS properties
    UNION ALL
    MATCH (n:Forecast {twin: $twin})
    RETURN n, n {.*, made_at: toString(n.made_at), due: toString(n.due), since: toString(n.since), stored_at: toString(n.stored_at)} AS properties
    UNION ALL
    MATCH (n:Evidence {twin: $twin})
    RETURN n, n {.*, time: toString(n.time)} AS properties
    UNION ALL
    MATCH (n:Event {twin: $twin})
    RETURN n, n {.*, time: toString(n.time)} AS properties
    UNION ALL
    MATCH (n:Commit {twin: $twin})
    WHERE n.rev > 0
    RETURN n, n {.*, at: toString(n.at), head_time: toString(n.head_time)} AS properties
    UNION ALL
    MATCH (n:Quarantine {twin: $twin})
    RETURN n, n {.*, since: toString(n.since), due: toString(n.due)} AS properties
    UNION ALL
    MATCH (:Forecast {twin: $twin})-[:RESOLVED_AS]->(n:Resolution)
    RETURN n, n {.*, at: toString(n.at), resolved_at: toString(n.resolved_at)} AS properties
    UNION ALL
    MATCH (n:Identifier)-[:IDENTIFIES]->(:Twin {id: $twin})
    RETURN DISTINCT n, n {.*} AS properties
  }
  RETURN [elementId(n), labels(n), properties]
} AS nodes
