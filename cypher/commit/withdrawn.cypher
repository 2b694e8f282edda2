// Note of events that what they stated was withdrawn: sent again, they are taken in again, unless the person took it back.
// params: $withdrawn [{evidence, rev, taken_back (true or null)}]
// returns: one record (how many)
// mode: write
UNWIND $withdrawn AS row
MATCH (v:Evidence {id: row.evidence})-[:FROM]->(e:Event)
USING INDEX SEEK v:Evidence(id)
SET e.withdrawn = row.rev, e.taken_back = row.taken_back
RETURN count(DISTINCT e) AS events
