// Delete the keys of a person whose twin is erased in the database of another shard.
// params: $tenant, $person
// returns: one record (how many)
// mode: write
MATCH (k:ApiKey {tenant: $tenant, person: $person})
DELETE k
RETURN count(*) AS forgotten
