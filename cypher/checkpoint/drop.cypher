// Drop the checkpoints of a twin; its rows stay.
// params: $twin
// returns: one record (how many were dropped)
// mode: write
MATCH (c:Checkpoint {twin: $twin})
USING INDEX SEEK c:Checkpoint(twin)
DETACH DELETE c
RETURN count(*) AS dropped
