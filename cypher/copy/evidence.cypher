// Pieces of evidence of a twin with their event and source, without words.
// params: $twin, $ids [evidence id]
// returns: one record ([[id, time, summary, event id, event type, event time, source id, source name]])
// mode: read
RETURN COLLECT {
  UNWIND $ids AS id
  MATCH (e:Evidence {id: id})-[:REPORTED_BY]->(s:Source)
  USING INDEX SEEK e:Evidence(id)
  WHERE e.twin = $twin
  MATCH (e)-[:FROM]->(v:Event)
  RETURN [e.id, toString(e.time), e.summary, v.id, v.type, toString(v.time), s.id, s.name]
} AS evidence
