// The checkpoints of a twin up to a rev, in their order.
// params: $twin, $life, $rev
// returns: one record ([[id, kind, number, rev after which it begins, last rev, rows, sealed block]])
// mode: read
MATCH (c:Checkpoint {twin: $twin})
WHERE c.life = $life AND c.rev <= $rev
WITH c ORDER BY c.kind, c.number
RETURN collect([c.id, c.kind, c.number, c.after, c.rev, c.rows, c.sealed]) AS checkpoints
