// The evidence of every event of a twin that stated something.
// params: $twin
// returns: one record ([[event id, [evidence id]]])
// mode: read
RETURN COLLECT {
  MATCH (v:Evidence {twin: $twin})
  USING INDEX SEEK v:Evidence(twin)
  MATCH (v)-[:FROM]->(e:Event)
  WITH e.id AS event, collect(v.id) AS evidence
  RETURN [event, evidence]
} AS evidence
