// Lock a twin, check its rev if one is expected, and let it be no twin any more: nobody finds it or writes to it then.
// params: $twin, $expected (null: whatever it is), $values (who erases it, why, when)
// returns: one record (the rev it had, whether it was taken); none if there is no such twin
// mode: write
MATCH (t:Twin {id: $twin})
SET t.lock = randomUUID()
WITH t, t.rev AS rev
CALL (t, rev) {
  WITH t, rev
  WHERE $expected IS NULL OR rev = $expected
  REMOVE t:Twin
  SET t:Erasing
  SET t = $values
  RETURN count(t) AS taken
}
RETURN rev, taken = 1 AS taken
