// An event that a twin has taken in: the rev that it came with, and its valid time.
// params: $twin, $event (its id)
// returns: one record (rev, time); none if the twin has no such event
// mode: read
MATCH (e:Event {id: $event})<-[:CAUSED_BY]-(c:Commit)
WHERE e.twin = $twin
RETURN c.rev AS rev, toString(e.time) AS time
ORDER BY rev LIMIT 1
