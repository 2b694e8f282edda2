// All evidence of some events of a twin: of those named, those that evidence named came from, those that a source spoke in.
// params: $twin, $ids [id of an event, or of evidence], $sources [source id]
// returns: one record ([evidence id])
// mode: read
RETURN COLLECT {
  CALL () {
    UNWIND $ids AS id
    MATCH (e:Event {id: id})
    RETURN e
  UNION
    UNWIND $ids AS id
    MATCH (:Evidence {id: id})-[:FROM]->(e:Event)
    RETURN e
  UNION
    UNWIND $sources AS source
    MATCH (:Source {id: source})<-[:REPORTED_BY]-(v:Evidence {twin: $twin})-[:FROM]->(e:Event)
    USING INDEX v:Evidence(twin)
    RETURN e
  }
  WITH e
  WHERE e.twin = $twin
  MATCH (e)<-[:FROM]-(v:Evidence)
  RETURN v.id
} AS evidence
