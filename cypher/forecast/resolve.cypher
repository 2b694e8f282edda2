// Store resolutions of forecasts that are still there, each under its own id and only once.
// params: $resolutions [{id, forecast, twin, number, happened, at, grade, rev, resolved_at}], sorted by twin
// returns: one record (how many were stored)
// mode: write
UNWIND $resolutions AS row
MATCH (t:Twin {id: row.twin})
USING INDEX SEEK t:Twin(id)
SET t.lock = randomUUID()
WITH row
MATCH (f:Forecast {id: row.forecast})
USING INDEX SEEK f:Forecast(id)
WHERE NOT EXISTS { MATCH (r:Resolution {id: row.id}) USING INDEX SEEK r:Resolution(id) }
CREATE (f)-[:RESOLVED_AS]->(r:Resolution)
SET r = row {.*, at: datetime(row.at), resolved_at: datetime(row.resolved_at)}
RETURN count(r) AS stored
