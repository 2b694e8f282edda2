// Let go of events that have been taken in.
// params: $tenant, $ids
// returns: one record (how many)
// mode: write
UNWIND $ids AS id
MATCH (q:Quarantine {id: id, tenant: $tenant})
USING INDEX SEEK q:Quarantine(id)
DELETE q
RETURN count(*) AS released
