// The measurements of a twin that no rev has closed, from the rev that opened them on: a page, in the order of these revs.
// params: $twin, $after (the rev to begin with), $rev (the last rev to read), $skip (how many to leave out), $limit
// returns: one record ([[revision id, evidence, value, valid from and valid to in microseconds, rev from, rev to, metric, source,
//          label, whether it answers, definition, origin]])
// mode: read
MATCH (e:Evidence)-[r:COUNTS_IN]->(m:Metric)
USING INDEX SEEK r:COUNTS_IN(twin, rev_to, rev_from)
WHERE r.twin = $twin AND r.rev_to = 2147483647 AND r.rev_from >= $after AND r.rev_from <= $rev
WITH e, r, m ORDER BY r.rev_from, e.id, r.revision_id SKIP $skip LIMIT $limit
RETURN collect([
  r.revision_id, e.id, r.value, r.valid_from.epochSeconds * 1000000 + r.valid_from.microsecond,
  r.valid_to.epochSeconds * 1000000 + r.valid_to.microsecond, r.rev_from, r.rev_to, m.id, r.source, r.label, r.answers,
  r.definition, r.origin
]) AS measurements
