// The bearings of a twin that some rev has closed.
// params: $twin, $rev (the last rev to read)
// returns: one record (rows as twin/bearings returns them)
// mode: read
MATCH (e:Evidence)-[r:BEARS_ON]->(b:Belief)
USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
WHERE r.twin = $twin AND r.rev_to < 2147483647 AND r.rev_from <= $rev
WITH e, r, b ORDER BY r.rev_from, e.id, r.revision_id
RETURN collect([
  r.revision_id, e.id, r.log_likelihood_ratio, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
  r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, r.rev_from, r.rev_to, b.id, r.source, r.stance, r.half_life,
  r.shared_origin, r.source_kind, r.definition, r.origin, r.shared_across
]) AS bearings
