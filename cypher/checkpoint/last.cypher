// The newest checkpoint of each kind of a twin's rows.
// params: $twin, $life
// returns: one record ([[kind, number, last rev]])
// mode: read
MATCH (c:Checkpoint {twin: $twin})
USING INDEX SEEK c:Checkpoint(twin)
WHERE c.life = $life
WITH c ORDER BY c.number
WITH c.kind AS kind, collect([c.number, c.rev])[-1] AS newest
RETURN collect([kind, newest[0], newest[1]]) AS last
