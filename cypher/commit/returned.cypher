// Take note that events which were withdrawn came again, and by which identifier, if by any; those that are still so.
// params: $returned [{id, via}]
// returns: one record (how many)
// mode: write
UNWIND $returned AS row
MATCH (e:Event {id: row.id})
USING INDEX SEEK e:Event(id)
WHERE e.withdrawn IS NOT NULL
REMOVE e.withdrawn
SET e.via = row.via
RETURN count(e) AS events
