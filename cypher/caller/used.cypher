// Note when keys were last used; a later moment stays.
// params: $used [{id, at}]
// returns: one record (how many keys there are of them)
// mode: write
UNWIND $used AS row
MATCH (k:ApiKey {id: row.id})
USING INDEX SEEK k:ApiKey(id)
SET k.last_used_at = CASE WHEN k.last_used_at > row.at THEN k.last_used_at ELSE row.at END
RETURN count(k) AS noted
