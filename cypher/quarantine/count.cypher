// How many events are in quarantine, of all tenants.
// returns: one record (the number)
// mode: read
MATCH (q:Quarantine)
RETURN count(q) AS events
