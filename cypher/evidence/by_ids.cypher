// Some pieces of evidence of a twin, with their sources.
// params: $twin, $ids [evidence id]
// returns: one record ([evidence with its source])
// mode: read
RETURN COLLECT {
  UNWIND $ids AS id
  MATCH (v:Event)<-[:FROM]-(e:Evidence {id: id})-[:REPORTED_BY]->(s:Source)
  USING INDEX SEEK e:Evidence(id)
  WHERE e.twin = $twin
  RETURN [e.id, e.twin, v.id, s.id, toString(e.time), e.summary, e.sealed, s.tenant, s.name]
} AS evidence
