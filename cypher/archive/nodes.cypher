// Every node of a twin but its checkpoints, with the resolutions of its forecasts and the identifiers that lead to it.
// Properties are [name, value, whether it is a moment as text], because the driver takes long over each moment.
// params: $twin
// returns: one record ([[element id, labels, properties]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (n:Twin {id: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Belief {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Goal {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Metric {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Decision {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Forecast {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Evidence {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Event {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (n:Commit {twin: $twin})
    WHERE n.rev > 0
    RETURN n
    UNION ALL
    MATCH (n:Quarantine {twin: $twin})
    RETURN n
    UNION ALL
    MATCH (:Forecast {twin: $twin})-[:RESOLVED_AS]->(n:Resolution)
    RETURN n
    UNION ALL
    MATCH (n:Identifier)-[:IDENTIFIES]->(:Twin {id: $twin})
    RETURN n
  }
  WITH DISTINCT n
  RETURN [elementId(n), labels(n), [k IN keys(n) | CASE WHEN n[k] IS :: ZONED DATETIME THEN [k, toString(n[k]), true] ELSE [k, n[k], false] END]]
} AS nodes
