// Store forecasts of twins that are still there, each under its own id and only once; the twins are locked in order.
// params: $forecasts [{id, twin, tenant, made_at, due, since, stored_at, …}], sorted by twin
// returns: one record (how many were stored)
// mode: write
UNWIND $forecasts AS row
MATCH (t:Twin {id: row.twin})
USING INDEX SEEK t:Twin(id)
SET t.lock = randomUUID()
WITH t, row
WHERE NOT EXISTS { MATCH (f:Forecast {id: row.id}) USING INDEX SEEK f:Forecast(id) }
CREATE (t)-[:FORECASTS]->(f:Forecast)
SET f = row {.*, made_at: datetime(row.made_at), due: datetime(row.due), since: datetime(row.since),
  stored_at: datetime(row.stored_at)}
RETURN count(f) AS stored
