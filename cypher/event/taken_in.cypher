// An event that a twin has taken in, found by its id or by that of evidence it yielded: the rev that it came with, and its
// valid time.
// params: $twin, $ids [id of an event, or of evidence]
// returns: one record (event id, rev, time); none if the twin has no such event
// mode: read
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
}
WITH e
WHERE e.twin = $twin
MATCH (e)<-[:CAUSED_BY]-(c:Commit)
RETURN e.id AS event, c.rev AS rev, toString(e.time) AS time
ORDER BY rev LIMIT 1
