// Set events aside, each with its reason; one that is already there keeps its first time and takes the new reason.
// params: $events [{id, tenant, twin, identifiers, code, reason, since, due, sealed}]
// returns: one record (how many)
// mode: write
UNWIND $events AS row
MERGE (q:Quarantine {id: row.id})
ON CREATE SET q.since = datetime(row.since), q.tenant = row.tenant
SET q.twin = row.twin, q.identifiers = row.identifiers, q.code = row.code, q.reason = row.reason, q.due = datetime(row.due),
    q.sealed = row.sealed
RETURN count(q) AS kept
