// Lock the twins, in order, check that each is still at the rev of the life its changes were computed from, and move it on.
// params: $twins [{id, tenant, name, life, expected, rev, head_time, last_updated, definitions}], sorted by id
// returns: one record ([[id, rev] of every twin that is elsewhere]); nothing is to be written unless it is empty
// mode: write
UNWIND $twins AS want
MERGE (t:Twin {id: want.id})
ON CREATE SET t.rev = 0, t.tenant = want.tenant, t.name = want.name, t.life = want.life
SET t.lock = randomUUID()
WITH t, want, t.rev AS found, t.life <> want.life OR EXISTS { MATCH (:Erasing {id: want.id}) } AS gone
SET t.rev = CASE WHEN found = want.expected THEN want.rev ELSE found END
WITH t, want, found, gone
WHERE found <> want.expected OR gone
RETURN collect([t.id, found]) AS elsewhere
