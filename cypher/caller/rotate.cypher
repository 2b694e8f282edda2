// Store a key that takes the place of another, which expires at a moment unless it does so before.
// params: $id (the key that is replaced), $until, $key (properties of ApiKey), $hash
// returns: one record (the id); none if there is no such key
// mode: write
MATCH (old:ApiKey {id: $id})
USING INDEX SEEK old:ApiKey(id)
SET old.expires_at = CASE WHEN old.expires_at < $until THEN old.expires_at ELSE $until END
CREATE (k:ApiKey {hash: $hash})
SET k += $key
RETURN k.id AS id
