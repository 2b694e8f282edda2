// Store resolutions of forecasts that are still there, each under its own id and only once.
// params: $resolutions [{id, forecast, twin, number, happened, at, grade, rev, resolved_at}], sorted by twin
// returns: one record (how many were stored)
// mode: write
UNWIND $resolutions AS row
MATCH (t:Twin {id: row.twin})
SET t.lock = randomUUID()
WITH row
MATCH (f:Forecast {id: row.forecast})
WHERE NOT EXISTS { MATCH (:Resolution {id: row.id}) }
CREATE (f)-[:RESOLVED_AS]->(r:Resolution)
SET r = row {.*, at: datetime(row.at), resolved_at: datetime(row.resolved_at)}
RETURN count(r) AS stored
