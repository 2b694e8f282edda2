// Store what a new key grants, under the hash of its secret.
// params: $key (properties of ApiKey), $hash
// returns: one record (the id)
// mode: write
CREATE (k:ApiKey {hash: $hash})
SET k += $key
RETURN k.id AS id
