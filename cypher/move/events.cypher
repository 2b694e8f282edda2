// Delete some of the events of a twin that is not in this database any more, so that they can come back with it.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Event {twin: $twin})
USING INDEX SEEK n:Event(twin)
WITH n LIMIT $limit
DETACH DELETE n
RETURN count(*) AS events
