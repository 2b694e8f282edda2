// Note how far a twin of an analyst's copy was brought.
// params: $id, $values (rev, life, sight, rows, forecasts, resolutions)
// returns: one record (true)
// mode: write
MERGE (c:CopiedTwin {id: $id})
SET c += $values
REMOVE c.lock
RETURN true AS marked
