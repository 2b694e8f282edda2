// The evidence of every event of a twin that said something.
// params: $twin
// returns: one record ([[event id, [evidence id]]])
// mode: read
RETURN COLLECT {
  MATCH (v:Evidence {twin: $twin})
  MATCH (v)-[:FROM]->(e:Event)
  WITH e.id AS event, collect(v.id) AS evidence
  RETURN [event, evidence]
} AS said
