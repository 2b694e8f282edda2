// Lock what an analyst's copy knows of a twin: a write of which the end was not seen lands before, or not at all.
// params: $id
// returns: one record (id, rev, life, sight, rows, forecasts, resolutions; all but the id are null if it was not copied)
// mode: write
MERGE (c:CopiedTwin {id: $id})
SET c.lock = true
RETURN c.id, c.rev, c.life, c.sight, c.rows, c.forecasts, c.resolutions
