// Strip some of the events of a twin that is being erased to the hashes that recognise them when they come again.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Event {twin: $twin})
USING INDEX SEEK n:Event(twin)
WITH n LIMIT $limit
REMOVE n:Event, n.id, n.twin, n.type, n.time, n.via, n.withdrawn, n.taken_back, n.sealed
WITH count(*) AS events
CALL (events) {
  MATCH (t:Erasing {id: $twin})
  USING INDEX SEEK t:Erasing(id)
  SET t.events = coalesce(t.events, 0) + events
  RETURN count(t) AS counted
}
RETURN events
