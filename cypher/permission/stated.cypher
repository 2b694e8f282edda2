// What of some purposes is stated and valid at a moment, with the twins of which just that is stated; of the others, nothing.
// params: $purposes [id of a purpose], $now
// returns: one record ([[[[purpose, category, recipient, allowed, stated by], the latest statement last], [twin]]])
// mode: read
RETURN COLLECT {
  MATCH (p:Purpose)<-[r:PERMITS]-(t:Twin)
  USING INDEX SEEK p:Purpose(id)
  WHERE p.id IN $purposes AND r.rev_to > t.rev AND r.valid_from <= datetime($now) AND r.valid_to > datetime($now)
  WITH t, r ORDER BY r.valid_from, CASE r.origin WHEN 'provided' THEN r.rev_from ELSE 0 END
  WITH t.id AS twin, collect([r.purpose, r.category, r.recipient, r.allowed, r.stated_by]) AS stated
  WITH stated, collect(twin) AS twins
  RETURN [stated, twins]
} AS stated
