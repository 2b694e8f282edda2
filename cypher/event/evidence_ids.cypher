// All evidence of some events of a twin: of those named, those that evidence named came from, those that a source reported in.
// params: $twin, $ids [id of an event, or of evidence], $sources [source id]
// returns: one record ([evidence id])
// mode: read
RETURN COLLECT {
  CALL () {
    UNWIND $ids AS id
    MATCH (e:Event {id: id})
    USING INDEX SEEK e:Event(id)
    RETURN e
  UNION
    UNWIND $ids AS id
    MATCH (v:Evidence {id: id})-[:FROM]->(e:Event)
    USING INDEX SEEK v:Evidence(id)
    RETURN e
  UNION
    UNWIND $sources AS source
    MATCH (s:Source {id: source})<-[:REPORTED_BY]-(v:Evidence {twin: $twin})-[:FROM]->(e:Event)
    USING INDEX SEEK s:Source(id)
    USING INDEX SEEK v:Evidence(twin)
    RETURN e
  }
  WITH e
  WHERE e.twin = $twin
  MATCH (e)<-[:FROM]-(v:Evidence)
  RETURN v.id
} AS evidence
