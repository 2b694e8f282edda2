// The evidence of a twin by the type of its event and its source, for categories that name these.
// params: $twin
// returns: one record ([[type, source, [evidence id]]])
// mode: read
RETURN COLLECT {
  MATCH (v:Evidence {twin: $twin})
  USING INDEX SEEK v:Evidence(twin)
  MATCH (v)-[:FROM]->(e:Event)
  MATCH (v)-[:REPORTED_BY]->(s:Source)
  WITH e.type AS type, s.name AS source, collect(v.id) AS evidence
  RETURN [type, source, evidence]
} AS evidence
