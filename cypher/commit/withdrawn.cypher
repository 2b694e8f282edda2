// Note of events that what they said was withdrawn: sent again, they are taken in again.
// params: $withdrawn [{evidence, rev}]
// returns: one record (how many)
// mode: write
UNWIND $withdrawn AS row
MATCH (:Evidence {id: row.evidence})-[:FROM]->(e:Event)
SET e.withdrawn = row.rev
RETURN count(DISTINCT e) AS events
