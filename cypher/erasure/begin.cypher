// Lock a twin, check its rev if one is expected, and let it be no twin any more: nobody finds it or writes to it then.
// A twin of which there are only events that were set aside is one for this moment.
// params: $twin, $expected (null: whatever it is), $values (who erases it, why, when)
// returns: one record (the rev it had, whether it was taken); none if there is no such twin
// mode: write
CALL () {
  MATCH (q:Quarantine {twin: $twin})
  USING INDEX SEEK q:Quarantine(twin)
  WHERE $expected IS NULL
  WITH q LIMIT 1
  MERGE (t:Twin {id: $twin})
  ON CREATE SET t.rev = 0
  RETURN count(*) AS set_aside
}
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
SET t.lock = randomUUID()
WITH t, t.rev AS rev
CALL (t, rev) {
  WITH t, rev
  WHERE $expected IS NULL OR rev = $expected
  REMOVE t:Twin
  SET t:Erasing
  WITH t, t.life AS life
  SET t = $values
  SET t.life = life
  RETURN count(t) AS taken
}
RETURN rev, taken = 1 AS taken
