// The next checkpoints of a twin up to a rev, in their order.
// params: $twin, $life, $rev, $kind and $number (those after it; "" and 0: from the first), $limit
// returns: one record ([[id, kind, number, rev after which it begins, last rev, rows, sealed block]])
// mode: read
MATCH (c:Checkpoint {twin: $twin})
USING INDEX SEEK c:Checkpoint(twin)
WHERE c.life = $life AND c.rev <= $rev AND (c.kind > $kind OR (c.kind = $kind AND c.number > $number))
WITH c ORDER BY c.kind, c.number LIMIT $limit
RETURN collect([c.id, c.kind, c.number, c.after, c.rev, c.rows, c.sealed]) AS checkpoints
