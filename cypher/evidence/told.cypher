// What some pieces of evidence of a twin say, and who said so.
// params: $twin, $ids [evidence id]
// returns: one record ([evidence with its source])
// mode: read
RETURN COLLECT {
  UNWIND $ids AS id
  MATCH (e:Evidence {id: id})-[:REPORTED_BY]->(s:Source)
  WHERE e.twin = $twin
  RETURN [e.id, e.twin, e.event, s.id, toString(e.time), e.summary, e.sealed, s.tenant, s.name]
} AS evidence
